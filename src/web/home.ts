import { attemptRefreshingSession, doesSessionExist, signOut } from 'supertokens-web-js/recipe/session';
import { ApiError, getEmail, getSessionInfo, likeComment, type SessionInfo } from './api.js';
import { startAuthClient, type SessionEvent } from './auth-client.js';
import { element } from './element.js';
import { failureMessage } from './failure-message.js';

const linesOfLog = 8;

const page = element('page', HTMLElement);
const alert = element('alert', HTMLElement);
const log = element('log', HTMLOListElement);
const lifetime = element('lifetime', HTMLProgressElement);
const expiry = element('expiry', HTMLElement);

/** When the access token was issued and when it expires, in milliseconds. */
let accessToken = { issuedAt: 0, expiresAt: 0 };

let isLeaving = false;

/** Goes to another page, once: an event of the session and the call that caused it may both ask for it. */
function leaveFor(path: '/auth' | '/auth/verify-email'): void {
  if (!isLeaving) {
    isLeaving = true;
    location.replace(path);
  }
}

/** Adds a line to the log, the newest on top. */
function note(what: string, result: string): void {
  const now = new Date();
  const time = document.createElement('time');
  time.dateTime = now.toISOString();
  time.textContent = now.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const code = document.createElement('code');
  code.textContent = what;
  const outcome = document.createElement('span');
  outcome.textContent = result;
  const line = document.createElement('li');
  line.append(time, code, outcome);
  log.prepend(line);
  while (log.childElementCount > linesOfLog) {
    log.lastElementChild?.remove();
  }
}

function noteSessionEvent(event: SessionEvent): void {
  if (event.action === 'REFRESH_SESSION') {
    note('POST /auth/session/refresh', 'New tokens');
  } else if (event.action === 'UNAUTHORISED' || event.action === 'SIGN_OUT') {
    leaveFor('/auth');
  }
}

/** Shows who is signed in. */
async function load(): Promise<void> {
  const [info, email] = await Promise.all([getSessionInfo(), getEmail()]);
  show(info);
  element('greeting', HTMLElement).textContent = `Hello, ${email}`;
}

function show(info: SessionInfo): void {
  element('user-id', HTMLElement).textContent = info.userId;
  element('session-handle', HTMLElement).textContent = info.sessionHandle;
  element('payload', HTMLElement).textContent = JSON.stringify(info.accessTokenPayload, null, 2);
  accessToken = {
    issuedAt: Number(info.accessTokenPayload['iat']) * 1000,
    expiresAt: Number(info.accessTokenPayload['exp']) * 1000,
  };
  showTimeLeft();
}

function showTimeLeft(): void {
  const left = Math.max(0, accessToken.expiresAt - Date.now());
  expiry.textContent = left === 0 ? 'Expired. The next call renews it.' : `in ${duration(Math.ceil(left / 1000))}`;
  lifetime.value = left / (accessToken.expiresAt - accessToken.issuedAt);
}

function duration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const parts = [
    [hours, 'h'],
    [minutes, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts
    .slice(first)
    .map(([amount, unit]) => `${String(amount)} ${unit}`)
    .join(' ');
}

/** Makes a button do something that takes a while: once at a time, and with its failure shown. */
function onClick(id: string, action: () => Promise<void>): void {
  const button = element(id, HTMLButtonElement);
  let busy = false;
  button.addEventListener('click', () => {
    if (busy) {
      return;
    }
    busy = true;
    button.setAttribute('aria-disabled', 'true');
    alert.textContent = '';
    void action()
      .catch(showFailure)
      .finally(() => {
        busy = false;
        button.removeAttribute('aria-disabled');
      });
  });
}

function showFailure(failure: unknown): void {
  if (failure instanceof ApiError && failure.status === 401) {
    leaveFor('/auth');
  } else if (failure instanceof ApiError && failure.status === 403) {
    // The session is good, and what is missing is a verified address.
    leaveFor('/auth/verify-email');
  } else {
    alert.textContent = failureMessage(failure);
  }
}

/** Shows the page to whoever has a session, and sends everybody else to the sign-in page. */
async function open(): Promise<void> {
  if (!(await doesSessionExist())) {
    leaveFor('/auth');
    return;
  }
  try {
    await load();
    setInterval(showTimeLeft, 1000);
  } catch (failure) {
    showFailure(failure);
  }
  page.hidden = false;
  page.removeAttribute('aria-busy');
}

onClick('like', async () => {
  const likes = await likeComment();
  note('POST /like-comment', likes === 1 ? '1 like' : `${String(likes)} likes`);
  show(await getSessionInfo());
});

onClick('refresh', async () => {
  await attemptRefreshingSession();
  show(await getSessionInfo());
});

onClick('sign-out', async () => {
  await signOut();
  leaveFor('/auth');
});

// Another tab may have signed out, or in as somebody else, in the meantime.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && !page.hidden) {
    doesSessionExist()
      .then(async (exists) => {
        if (exists) {
          await load();
        } else {
          leaveFor('/auth');
        }
      })
      .catch(showFailure);
  }
});

// A page that comes back from the browser's memory shows what was true when it was left.
addEventListener('pageshow', (event) => {
  if (event.persisted) {
    location.reload();
  }
});

startAuthClient(noteSessionEvent);
void open().catch(showFailure);
