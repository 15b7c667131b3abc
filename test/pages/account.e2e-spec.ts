import { developmentProvider, EmailPasswordService, SessionService, ThirdPartyService, UserService } from 'nestward';
import { pathOf, startPageApp, type PageApp } from './page-app.js';
import {
  PageClient,
  readFieldError,
  readForm,
  readForms,
  readHeading,
  readLink,
  readSummary,
  type PageAnswer,
  type PageForm,
} from './page-client.js';

const [OLD, NEW] = ['correct horse 1', 'battery staple 2'];
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';

let app: PageApp;
let client: PageClient;
let email: string;
let emails = 0;

const newEmail = (): string => `person-${String(++emails)}@example.com`;

beforeAll(async () => {
  app = await startPageApp(
    {},
    {
      auth: {
        emailVerification: { mode: 'OPTIONAL' },
        thirdParty: { providers: [developmentProvider()] },
        rateLimits: { signUpPerAddress: false },
      },
    },
  );
});
afterAll(() => app.close());
beforeEach(async () => {
  client = new PageClient(app.url, { 'user-agent': FIREFOX });
  email = newEmail();
  await client.signUp(email, OLD);
});

/** Another browser of the same person. */
async function signInElsewhere(): Promise<PageClient> {
  const other = new PageClient(app.url, { 'user-agent': SAFARI });
  expect((await other.submit('/auth', { email, password: OLD })).status).toBe(303);
  return other;
}

/** The form of a page that is posted to a path. */
function formOf(answer: PageAnswer, action: string): PageForm {
  const form = readForms(answer).find((candidate) => candidate.action === action);
  if (form === undefined) {
    throw new Error(`The page has no form for ${action}:\n${answer.text}`);
  }
  return form;
}

const isSignedIn = async (of: PageClient): Promise<boolean> => (await of.get('/auth/account')).status === 200;
const press = (form: PageForm): Promise<PageAnswer> => client.post(form.action, form.fields);
const findUserId = async (): Promise<string> =>
  (await app.app.get(UserService).listUsersByEmail(email))[0]?.id ?? 'nobody';
const canSignIn = async (as: string, password: string): Promise<boolean> =>
  (await app.app.get(EmailPasswordService).verifyCredentials(as, password)).status === 'OK';

describe('the account page', () => {
  it('shows ways to sign in and devices, with this one among them', async () => {
    await signInElsewhere();
    const page = await client.get('/auth/account');
    expect(page.status).toBe(200);
    expect(readHeading(page)).toBe('Your account');
    expect(page.text).toContain(email);
    expect(page.text).toContain('not confirmed');
    expect(page.text).toMatch(/Firefox on Linux<\/strong>\s*<span class="badge">this device/);
    expect(page.text).toContain('Safari on iOS');
    expect(page.text).toContain('127.0.0.1');
    expect(page.text.match(/this device/g)).toHaveLength(1);
    expect(readLink(page, 'Change password')).toBe('/auth/account/password');
    expect(page.headers.get('cache-control')).toBe('no-store');
  });

  it.each(['account', 'account/password', 'account/email', 'account/delete'])(
    'sends whoever is not signed in from %s to the sign-in page, and back',
    async (path) => {
      const answer = await new PageClient(app.url).get(`/auth/${path}`);
      const redirectToPath = encodeURIComponent(`/auth/${path}`);
      expect(answer).toMatchObject({ status: 303, location: `/auth?redirectToPath=${redirectToPath}` });
    },
  );

  it('sends an expired session to the page that renews it', async () => {
    app.clock.advanceSeconds(3601);
    expect((await client.get('/auth/account')).location).toBe('/auth?redirectToPath=%2Fauth%2Faccount');
  });

  it('does not act on a form that comes after the session has expired, and says so', async () => {
    const page = await client.get('/auth/account/password');
    app.clock.advanceSeconds(3601);
    const { action, fields } = readForm(page);
    const answer = await client.post(action, { ...fields, currentPassword: OLD, newPassword: NEW });
    expect(answer.location).toBe(`/auth?redirectToPath=${encodeURIComponent('/auth/account?done=expired')}`);
    expect(await canSignIn(email, OLD)).toBe(true);
    await client.submit('/auth', { email, password: OLD });
    expect((await client.get('/auth/account?done=expired')).text).toContain('so nothing was changed');
  });

  it('ends a session whose user is gone, which would lead in circles', async () => {
    await app.app.get(UserService).deleteUser(await findUserId());
    const tokens = await app.app.get(SessionService).createNewSessionWithoutRequestResponse('somebody-else');
    client.cookies.set('sAccessToken', tokens.getAccessToken());
    const answer = await client.get('/auth/account');
    expect(answer.location).toBe('/auth?redirectToPath=%2Fauth%2Faccount');
    expect((await client.follow(answer)).status).toBe(200);
    expect(client.cookies.has('sAccessToken')).toBe(false);
  });

  it('takes what a browser says of itself for text', async () => {
    const evil = new PageClient(app.url, { 'user-agent': 'Firefox/1 <script>alert(1)</script> Windows' });
    await evil.submit('/auth', { email, password: OLD });
    const page = await client.get('/auth/account');
    expect(page.text).toContain('Firefox on Windows');
    expect(page.text).not.toContain('alert(1)');
  });

  it('signs out one device', async () => {
    const other = await signInElsewhere();
    const answer = await press(formOf(await client.get('/auth/account'), '/auth/account/sign-out'));
    expect(answer.location).toBe('/auth/account?done=session');
    expect((await client.follow(answer)).text).toContain('That device is signed out.');
    expect(await isSignedIn(other)).toBe(false);
    expect(await isSignedIn(client)).toBe(true);
  });

  it('signs out all others', async () => {
    const others = [await signInElsewhere(), await signInElsewhere()];
    const answer = await press(formOf(await client.get('/auth/account'), '/auth/account/sign-out-others'));
    const page = await client.follow(answer);
    expect(page.text).toContain('You are signed out everywhere else.');
    expect(readForms(page).map(({ action }) => action)).toEqual(['/auth/sign-out']);
    expect(await Promise.all(others.map(isSignedIn))).toEqual([false, false]);
  });

  it('signs out nobody else’s device', async () => {
    const stranger = new PageClient(app.url);
    await stranger.signUp(newEmail());
    const [handle = ''] = await app.app.get(SessionService).getAllSessionHandlesForUser(await findUserId());
    const theirs = readForm(await stranger.get('/auth/account/password'));
    const answer = await stranger.post('/auth/account/sign-out', { ...theirs.fields, sessionHandle: handle });
    expect(answer.status).toBe(303);
    expect(await app.app.get(SessionService).getSessionInformation(handle)).toBeDefined();
  });

  it.each(['sign-out', 'sign-out-others', 'password', 'email', 'delete'])(
    'takes no form for %s that does not come from the page',
    async (action) => {
      const other = await signInElsewhere();
      const [handle = ''] = await app.app.get(SessionService).getAllSessionHandlesForUser(await findUserId());
      const fields = { sessionHandle: handle, currentPassword: OLD, newPassword: NEW, email: newEmail() };
      const answer = await client.post(`/auth/account/${action}`, fields, { 'sec-fetch-site': 'cross-site' });
      expect(answer.status).toBe(403);
      expect(await isSignedIn(other)).toBe(true);
      expect(await isSignedIn(client)).toBe(true);
      expect(await canSignIn(email, OLD)).toBe(true);
    },
  );

  it('does not say that something was done because an address says so', async () => {
    expect((await client.get('/auth/account?done=%3Cb%3E')).text).not.toContain('<b>');
    expect((await client.get('/auth/account?done=constructor')).text).not.toContain('class="notice"');
  });
});

describe('changing the password', () => {
  const change = (fields: Record<string, string>): Promise<PageAnswer> =>
    client.submit('/auth/account/password', fields);

  it('asks for the present one, and ends the other sessions', async () => {
    const other = await signInElsewhere();
    const answer = await change({ currentPassword: OLD, newPassword: NEW });
    expect((await client.follow(answer)).text).toContain('Your password has been changed');
    expect(await isSignedIn(client)).toBe(true);
    expect(await isSignedIn(other)).toBe(false);
    expect(await canSignIn(email, NEW)).toBe(true);
    expect((await app.waitForMail(email)).kind).toBe('passwordChanged');
  });

  it('says what is wrong beside the field, and shows no password again', async () => {
    const wrong = await change({ currentPassword: NEW, newPassword: NEW });
    expect(wrong.status).toBe(422);
    expect(readSummary(wrong)).toEqual(['This is not your current password.']);
    expect(readFieldError(wrong, 'currentPassword')).toBe('This is not your current password.');
    const weak = await change({ currentPassword: OLD, newPassword: 'short' });
    expect(readFieldError(weak, 'newPassword')).toContain('at least 8 characters');
    const empty = await change({});
    expect(readSummary(empty)).toEqual(['Enter your password', 'Choose a password']);
    expect(wrong.text + weak.text).not.toMatch(new RegExp(`${OLD}|${NEW}`));
    expect(await canSignIn(email, OLD)).toBe(true);
  });

  it('stops whoever guesses the present one', async () => {
    for (let index = 0; index < 10; index++) {
      await change({ currentPassword: `wrong horse ${String(index)}`, newPassword: NEW });
    }
    const answer = await change({ currentPassword: OLD, newPassword: NEW });
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('900');
    expect(readSummary(answer)).toEqual(['That was too often. Please try again in 15 min.']);
  });
});

describe('changing the email', () => {
  it('sends a link to the new one, which changes it', async () => {
    const next = newEmail();
    const answer = await client.submit('/auth/account/email', { email: next, currentPassword: OLD });
    expect((await client.follow(answer)).text).toContain('We have sent a link to the new address.');
    expect(await canSignIn(email, OLD)).toBe(true);
    const confirmed = await client.submit(pathOf(await app.waitForMail(next)), {});
    expect(readHeading(await client.follow(confirmed))).toBe('Thank you');
    expect(await canSignIn(next, OLD)).toBe(true);
    expect(await canSignIn(email, OLD)).toBe(false);
    expect(await isSignedIn(client)).toBe(true);
  });

  it('is not a way to send mails to people: 5 in an hour, and 5 to each address', async () => {
    const victim = newEmail();
    const ask = async (from: PageClient, to: string): Promise<number> =>
      (await from.submit('/auth/account/email', { email: to, currentPassword: OLD })).status;
    for (let count = 0; count < 5; count++) {
      expect(await ask(client, victim)).toBe(303);
    }
    const refused = await client.submit('/auth/account/email', { email: victim, currentPassword: OLD });
    expect(refused.status).toBe(429);
    expect(readForm(refused).fields['email']).toBe(victim);
    const other = new PageClient(app.url);
    await other.signUp(newEmail(), OLD);
    expect(await ask(other, victim)).toBe(303);
    const known = newEmail();
    expect(await ask(other, known)).toBe(303);
    await app.waitForMail(known);
    expect(app.mails.filter(({ to }) => to === victim)).toHaveLength(5);
  });

  it('says what is wrong beside the field, and keeps what was written', async () => {
    const other = newEmail();
    await new PageClient(app.url).signUp(other);
    const taken = await client.submit('/auth/account/email', { email: other, currentPassword: OLD });
    expect(readFieldError(taken, 'email')).toBe('Another account has this address.');
    expect(readForm(taken).fields).toMatchObject({ email: other, currentPassword: '' });
    const own = await client.submit('/auth/account/email', { email: ` ${email.toUpperCase()}`, currentPassword: OLD });
    expect(readFieldError(own, 'email')).toBe('This is your address already.');
    const bad = await client.submit('/auth/account/email', { email: '"><b>', currentPassword: OLD });
    expect(readFieldError(bad, 'email')).toBe('Email is invalid');
    expect(bad.text).not.toContain('<b>');
    const wrong = await client.submit('/auth/account/email', { email: newEmail(), currentPassword: NEW });
    expect(readFieldError(wrong, 'currentPassword')).toBe('This is not your current password.');
    const empty = await client.submit('/auth/account/email', {});
    expect(readSummary(empty)).toEqual(['Enter your email address', 'Enter your password']);
  });
});

describe('deleting the account', () => {
  it('asks for the password, and leaves nothing', async () => {
    const userId = await findUserId();
    const wrong = await client.submit('/auth/account/delete', { currentPassword: NEW });
    expect(readFieldError(wrong, 'currentPassword')).toBe('This is not your current password.');
    expect((await client.submit('/auth/account/delete', {})).status).toBe(422);
    expect(await app.app.get(UserService).getUser(userId)).toBeDefined();
    const answer = await client.submit('/auth/account/delete', { currentPassword: OLD });
    expect(answer.location).toBe('/auth/signed-out');
    expect([...client.cookies.keys()]).not.toContain('sAccessToken');
    expect(await app.app.get(UserService).getUser(userId)).toBeUndefined();
    expect(await canSignIn(email, OLD)).toBe(false);
  });
});

describe('the account of somebody without a password', () => {
  beforeEach(async () => {
    client = new PageClient(app.url);
    const { user, recipeUserId } = await app.app.get(ThirdPartyService).manuallyCreateOrUpdateUser({
      thirdPartyId: 'development',
      thirdPartyUserId: newEmail(),
      email: newEmail(),
      isVerified: true,
    });
    const session = await app.app
      .get(SessionService)
      .createNewSessionWithoutRequestResponse(user.id, {}, {}, { recipeUserId });
    client.cookies.set('sAccessToken', session.getAccessToken());
  });

  it('names the provider, and has no password to change', async () => {
    const page = await client.get('/auth/account');
    expect(page.text).toContain('<strong>Development</strong>');
    expect(page.text).toContain('confirmed');
    expect(page.text).toContain('Unknown device');
    expect(readLink(page, 'Change password')).toBeUndefined();
    expect((await client.get('/auth/account/password')).location).toBe('/auth/account');
    expect((await client.get('/auth/account/email')).location).toBe('/auth/account');
  });

  it('is deleted soon after a sign-in, and not later', async () => {
    app.clock.advanceSeconds(601);
    const late = await client.get('/auth/account/delete');
    expect(late.text).toContain('sign out, sign in again');
    expect(readForms(late).map(({ action }) => action)).toEqual(['/auth/sign-out']);
    const { fields } = readForm(late);
    expect((await client.post('/auth/account/delete', fields)).status).toBe(403);
    expect(await isSignedIn(client)).toBe(true);
  });

  it('is deleted by a fresh session', async () => {
    const answer = await client.submit('/auth/account/delete', {});
    expect(answer.location).toBe('/auth/signed-out');
  });
});
