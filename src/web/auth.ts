import { signIn, signUp } from 'supertokens-web-js/recipe/emailpassword';
import { doesSessionExist } from 'supertokens-web-js/recipe/session';
import { startAuthClient } from './auth-client.js';
import { element } from './element.js';
import { failureMessage } from './failure-message.js';
import { continueWith, getProviders, redirectErrorMessage } from './social.js';

type Mode = 'signin' | 'signup';

interface Wording {
  title: string;
  heading: string;
  lead: string;
  submit: string;
  submitting: string;
  question: string;
  link: string;
  href: string;
}

const wordings: Record<Mode, Wording> = {
  signin: {
    title: 'Sign in · Nestward demo',
    heading: 'Welcome back',
    lead: 'Sign in to the Nestward demo.',
    submit: 'Sign in',
    submitting: 'Signing in…',
    question: 'New here?',
    link: 'Create an account',
    href: '/auth?show=signup',
  },
  signup: {
    title: 'Create an account · Nestward demo',
    heading: 'Create your account',
    lead: 'An email and a password are all it takes.',
    submit: 'Create account',
    submitting: 'Creating your account…',
    question: 'You have an account already?',
    link: 'Sign in',
    href: '/auth',
  },
};

/** What came of an attempt: in, or the messages that belong to fields and the one that belongs to the form. */
type Outcome =
  { done: true } | { done: false; fields: readonly { id: string; error: string }[]; message?: string; focus?: string };

class Field {
  readonly input: HTMLInputElement;
  private readonly error: HTMLElement;

  constructor(readonly id: string) {
    this.input = element(id, HTMLInputElement);
    this.error = element(`${id}-error`, HTMLElement);
    this.input.addEventListener('input', () => {
      this.show('');
    });
  }

  show(error: string): void {
    this.error.textContent = error;
    if (error === '') {
      this.input.removeAttribute('aria-invalid');
    } else {
      this.input.setAttribute('aria-invalid', 'true');
    }
  }
}

const form = element('form', HTMLFormElement);
const alert = element('alert', HTMLElement);
const submit = element('submit', HTMLButtonElement);
const switchLink = element('switch-link', HTMLAnchorElement);
const reveal = element('reveal', HTMLButtonElement);
const hint = element('password-hint', HTMLElement);
const email = new Field('email');
const password = new Field('password');
const fields = [email, password];

let mode: Mode = 'signin';
let busy = false;

function modeOfAddress(): Mode {
  return new URLSearchParams(location.search).get('show') === 'signup' ? 'signup' : 'signin';
}

function showMode(next: Mode): void {
  mode = next;
  const wording = wordings[mode];
  document.title = wording.title;
  element('heading', HTMLElement).textContent = wording.heading;
  element('lead', HTMLElement).textContent = wording.lead;
  element('switch-question', HTMLElement).textContent = wording.question;
  switchLink.textContent = wording.link;
  switchLink.href = wording.href;
  submit.textContent = wording.submit;
  hint.hidden = mode === 'signin';
  password.input.autocomplete = mode === 'signin' ? 'current-password' : 'new-password';
  password.input.setAttribute(
    'aria-describedby',
    mode === 'signin' ? 'password-error' : 'password-hint password-error',
  );
  clearMessages();
}

function clearMessages(): void {
  alert.textContent = '';
  for (const field of fields) {
    field.show('');
  }
}

function showPassword(visible: boolean): void {
  password.input.type = visible ? 'text' : 'password';
  element('reveal-verb', HTMLElement).textContent = visible ? 'Hide' : 'Show';
}

function setBusy(next: boolean): void {
  busy = next;
  form.setAttribute('aria-busy', String(busy));
  submit.setAttribute('aria-disabled', String(busy));
  submit.textContent = busy ? wordings[mode].submitting : wordings[mode].submit;
}

/** Empty fields need no server to be found; everything else is the server's to judge. */
function findEmptyFields(): { id: string; error: string }[] {
  const empty: { id: string; error: string }[] = [];
  if (email.input.value.trim() === '') {
    empty.push({ id: email.id, error: 'Enter your email address' });
  }
  if (password.input.value === '') {
    empty.push({ id: password.id, error: mode === 'signin' ? 'Enter your password' : 'Choose a password' });
  }
  return empty;
}

async function attempt(): Promise<Outcome> {
  const empty = findEmptyFields();
  if (empty.length > 0) {
    return { done: false, fields: empty };
  }
  const formFields = fields.map(({ id, input }) => ({ id, value: input.value }));
  try {
    const answer = mode === 'signin' ? await signIn({ formFields }) : await signUp({ formFields });
    switch (answer.status) {
      case 'OK':
        return { done: true };
      case 'FIELD_ERROR':
        return { done: false, fields: answer.formFields };
      case 'WRONG_CREDENTIALS_ERROR':
        return { done: false, fields: [], message: 'No account has this email and password.', focus: password.id };
      case 'SIGN_IN_NOT_ALLOWED':
      case 'SIGN_UP_NOT_ALLOWED':
        return { done: false, fields: [], message: answer.reason };
    }
  } catch (failure) {
    return { done: false, fields: [], message: failureMessage(failure) };
  }
}

function showFailure(outcome: Extract<Outcome, { done: false }>): void {
  const messages = outcome.message === undefined ? [] : [outcome.message];
  for (const { id, error } of outcome.fields) {
    const field = fields.find((candidate) => candidate.id === id);
    if (field === undefined) {
      messages.push(error);
    } else {
      field.show(error);
    }
  }
  alert.textContent = messages.join(' ');
  const first = fields.find(({ id, input }) => id === outcome.focus || input.hasAttribute('aria-invalid'));
  first?.input.focus();
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (busy) {
    return;
  }
  clearMessages();
  showPassword(false);
  setBusy(true);
  void attempt().then((outcome) => {
    if (outcome.done) {
      location.replace('/');
      return;
    }
    setBusy(false);
    showFailure(outcome);
  });
});

reveal.addEventListener('click', () => {
  showPassword(password.input.type === 'password');
});

switchLink.addEventListener('click', (event) => {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
    return;
  }
  event.preventDefault();
  if (busy) {
    return;
  }
  history.pushState(null, '', switchLink.href);
  showMode(modeOfAddress());
  email.input.focus();
});

addEventListener('popstate', () => {
  showMode(modeOfAddress());
});

/** Whether the server takes this browser's session, which is the one thing that keeps two pages from sending to each other. */
async function isSignedIn(): Promise<boolean> {
  return (await doesSessionExist()) && (await fetch('/sessioninfo')).ok;
}

/** Puts a button for each provider below the form. */
async function showProviders(): Promise<void> {
  const items = (await getProviders()).map(({ id, name }) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button wide';
    button.textContent = `Continue with ${name}`;
    button.addEventListener('click', () => {
      if (busy) {
        return;
      }
      clearMessages();
      busy = true;
      button.setAttribute('aria-disabled', 'true');
      continueWith(id).catch((failure: unknown) => {
        busy = false;
        button.removeAttribute('aria-disabled');
        alert.textContent = failureMessage(failure);
      });
    });
    const item = document.createElement('li');
    item.append(button);
    return item;
  });
  element('provider-list', HTMLUListElement).replaceChildren(...items);
  element('providers', HTMLElement).hidden = items.length === 0;
}

// A page that comes back from the browser's memory is not on its way to a provider any more.
addEventListener('pageshow', (event) => {
  if (event.persisted) {
    location.reload();
  }
});

startAuthClient();
showMode(modeOfAddress());
alert.textContent = redirectErrorMessage(new URLSearchParams(location.search).get('error'));
showProviders().catch(() => {
  // The form works without them.
});
email.input.focus();
isSignedIn().then(
  (signedIn) => {
    if (signedIn) {
      location.replace('/');
    }
  },
  () => {
    // Without an answer nobody can tell, and the form is right for whoever is not signed in.
  },
);
