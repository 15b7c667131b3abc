import { Controller, Get } from '@nestjs/common';
import {
  GeneralErrorException,
  Session,
  SessionContainer,
  SessionService,
  UserService,
  VerifySession,
  developmentProvider,
} from 'nestward';
import { PageClient, readFieldError, readForm, readHeading, readLink, readSummary, readTitle } from './page-client.js';
import { startPageApp, type PageApp } from './page-app.js';

const password = 'correct horse 1';

@Controller('whoami')
class WhoAmIController {
  @Get()
  @VerifySession()
  find(@Session() session: SessionContainer): { userId: string } {
    return { userId: session.getUserId() };
  }
}

let app: PageApp;
let client: PageClient;
let emails = 0;

const newEmail = (): string => `person-${String(++emails)}@example.com`;

beforeAll(async () => {
  app = await startPageApp(
    {},
    { controllers: [WhoAmIController], auth: { thirdParty: { providers: [developmentProvider()] } } },
  );
});
afterAll(() => app.close());
beforeEach(() => {
  client = new PageClient(app.url);
});

const others: PageApp[] = [];

/** Another app, for one test. */
async function startOther(...parameters: Parameters<typeof startPageApp>): Promise<PageApp> {
  const other = await startPageApp(...parameters);
  others.push(other);
  return other;
}

afterEach(() => Promise.all(others.splice(0).map((other) => other.close())));

/** What the API says about the session that this browser has. */
async function whoAmI(of: PageClient = client): Promise<number> {
  return (await of.get('/whoami')).status;
}

describe('sign-up by a form', () => {
  it('makes a session in cookies and leads to /', async () => {
    const answer = await client.signUp(newEmail());
    expect(answer.status).toBe(303);
    expect(answer.location).toBe('/');
    expect([...client.cookies.keys()].sort()).toEqual(['nestward-form', 'sAccessToken', 'sRefreshToken']);
    expect(await whoAmI()).toBe(200);
  });

  it('shows each problem in a summary and beside its field, and keeps the email and no password', async () => {
    const answer = await client.submit('/auth?show=signup', { email: 'ada@nowhere', password: 'short' });
    expect(answer.status).toBe(422);
    expect(readTitle(answer)).toBe('Error: Create account · Test');
    const [email, weak] = ['Email is invalid', 'Password must contain at least 8 characters, including a number'];
    expect(readSummary(answer)).toEqual([email, weak]);
    expect(readFieldError(answer, 'email')).toBe(email);
    expect(readFieldError(answer, 'password')).toBe(weak);
    expect(readForm(answer).fields).toMatchObject({ email: 'ada@nowhere', password: '' });
    expect(answer.text).not.toContain('short');
    expect(await whoAmI()).toBe(401);
  });

  it('names empty fields', async () => {
    const answer = await client.submit('/auth?show=signup', { email: ' ', password: '' });
    expect(readSummary(answer)).toEqual(['Enter your email address', 'Choose a password']);
  });

  it('says that an email is taken', async () => {
    const email = newEmail();
    await client.signUp(email);
    const answer = await new PageClient(app.url).signUp(email);
    expect(answer.status).toBe(422);
    expect(readFieldError(answer, 'email')).toBe('This email already exists. Please sign in instead.');
  });

  it('has no way to add fields that the form does not have', async () => {
    const answer = await client.submit('/auth?show=signup', { email: newEmail(), password, role: 'admin' });
    expect(answer.status).toBe(303);
  });
});

describe('sign-in by a form', () => {
  let email: string;

  beforeEach(async () => {
    email = newEmail();
    await new PageClient(app.url).signUp(email);
  });

  it('makes a session and leads on', async () => {
    const answer = await client.submit('/auth', { email: ` ${email.toUpperCase()} `, password });
    expect(answer.status).toBe(303);
    expect(answer.location).toBe('/');
    expect(await whoAmI()).toBe(200);
  });

  it('makes the frontend SDK ask for the session', async () => {
    const answer = await client.submit('/auth', { email, password });
    expect(answer.headers.getSetCookie().join()).toContain('st-last-access-token-update=; ');
  });

  it('puts the session into cookies, whatever a request asks for', async () => {
    const form = readForm(await client.get('/auth'));
    const answer = await client.post(form.action, { ...form.fields, email, password }, { 'st-auth-mode': 'header' });
    expect(answer.headers.get('st-access-token')).toBeNull();
    expect(client.cookies.has('sAccessToken')).toBe(true);
  });

  it('says the same of a wrong password and of an unknown email', async () => {
    const wrong = await client.submit('/auth', { email, password: 'wrong password 1' });
    const unknown = await client.submit('/auth', { email: newEmail(), password });
    expect(wrong.status).toBe(422);
    expect(readSummary(wrong)).toEqual(['No account has this email and password.']);
    expect([unknown.status, readSummary(unknown)]).toEqual([wrong.status, readSummary(wrong)]);
    expect(await whoAmI()).toBe(401);
  });

  it('leads on whoever is signed in already', async () => {
    await client.submit('/auth', { email, password });
    expect((await client.get('/auth')).location).toBe('/');
    expect((await client.get('/auth?redirectToPath=%2Fcart%3Fa%3D1')).location).toBe('/cart?a=1');
    expect((await client.get('/auth?show=signup')).location).toBe('/');
  });

  it('shows the form to a session that was ended', async () => {
    await client.submit('/auth', { email, password });
    const other = new PageClient(app.url);
    client.cookies.forEach((value, name) => other.cookies.set(name, value));
    const form = readForm(await client.get('/auth/sign-out'));
    await client.post(form.action, form.fields);
    expect(readHeading(await other.get('/auth'))).toBe('Welcome back');
  });

  it('lets the script refresh a session whose access token has expired', async () => {
    await client.submit('/auth', { email, password });
    app.clock.advanceSeconds(3_601);
    const page = await client.get('/auth');
    expect(page.status).toBe(200);
    expect(page.text).toContain('data-refresh-session');
    client.cookies.delete('sAccessToken');
    expect((await client.get('/auth')).text).not.toContain('data-refresh-session');
  });

  it('leads to the form by the addresses that forms are posted to', async () => {
    expect((await client.get('/auth/sign-in')).location).toBe('/auth');
    expect((await client.get('/auth/sign-up')).location).toBe('/auth?show=signup');
  });
});

describe('where people go afterwards', () => {
  it('carries redirectToPath through a refused form, the other form and the providers', async () => {
    const path = '/auth?redirectToPath=%2Fcart%3Fa%3D1%26b%3D2%23end';
    const page = await client.get(path);
    expect(readLink(page, 'Create an account')).toBe('/auth?show=signup&redirectToPath=%2Fcart%3Fa%3D1%26b%3D2%23end');
    expect(readLink(page, 'Continue with Development')).toBe(
      '/auth/signin/development?redirectToPath=%2Fcart%3Fa%3D1%26b%3D2%23end',
    );
    const signUp = await client.get(readLink(page, 'Create an account') ?? '');
    const form = readForm(signUp);
    const refused = await client.post(form.action, { ...form.fields, email: 'no', password });
    const again = readForm(refused);
    const answer = await client.post(again.action, { ...again.fields, email: newEmail(), password });
    expect(answer.location).toBe('/cart?a=1&b=2#end');
  });

  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/.//evil.example',
    '\\\\evil.example',
    'javascript:alert(1)',
    '/\tevil.example',
    ' //evil.example',
    'evil.example',
  ])('does not leave the website for %j', async (redirectToPath) => {
    const query = new URLSearchParams({ redirectToPath });
    const page = await client.get(`/auth?show=signup&${String(query)}`);
    const form = readForm(page);
    expect(form.fields).not.toHaveProperty('redirectToPath');
    const answer = await client.post(form.action, { ...form.fields, redirectToPath, email: newEmail(), password });
    expect(answer.location).toBe('/');
    expect((await client.get(`/auth?${String(query)}`)).location).toBe('/');
  });

  it('leads to / where the address would be too long to come back to', async () => {
    const redirectToPath = `/search?q=${'日'.repeat(120)}`;
    const page = await client.get(`/auth?${String(new URLSearchParams({ redirectToPath }))}`);
    expect(readForm(page).fields).not.toHaveProperty('redirectToPath');
    const provider = readLink(page, 'Continue with Development') ?? '';
    expect((await client.get(provider)).status).toBe(302);
  });

  it('goes to the signedInPath of the options', async () => {
    const other = await startOther({ signedInPath: '/home' });
    expect((await new PageClient(other.url).signUp()).location).toBe('/home');
  });
});

describe('providers', () => {
  it.each([
    ['access_denied', 'You cancelled the sign-in. You can try again, or sign in with your email.'],
    ['invalid_state', 'That sign-in took too long, or began in another browser. Please try again.'],
    ['no_email_given_by_provider', 'Your account there has no email address that we may see. Please use another one.'],
    ['provider_unavailable', 'The provider cannot be reached right now. Please try again in a moment.'],
    ['sign_in_up_not_allowed', 'You cannot sign in with this account.'],
    ['<b>anything</b>', 'The provider did not confirm the sign-in. Please try again.'],
  ])('says what %s means', async (error, message) => {
    const page = await client.get(`/auth?${String(new URLSearchParams({ error }))}`);
    expect(page.status).toBe(200);
    expect(readSummary(page)).toEqual([message]);
  });

  it('signs in by links alone, and comes back to the page asked for', async () => {
    const page = await client.get('/auth?redirectToPath=%2Fcart');
    const start = await client.get(readLink(page, 'Continue with Development') ?? '');
    expect(start.status).toBe(302);
    const provider = new URL(start.location ?? '', 'http://localhost:3000');
    const path = provider.pathname + provider.search;
    const form = readForm(await client.get(path));
    const back = await client.post(form.action === '' ? path : form.action, {
      ...form.fields,
      email: newEmail(),
      email_verified: 'yes',
      decision: 'allow',
    });
    const callback = new URL(back.location ?? '');
    const signedIn = await client.get(callback.pathname + callback.search);
    expect(signedIn.location).toBe('http://localhost:3000/cart');
    expect(await whoAmI()).toBe(200);
  });

  it('shows the page of the SDK flow where no redirect of this browser asked for an answer', async () => {
    const page = await client.get('/auth/callback/development?code=abc&state=def');
    expect(page.status).toBe(200);
    expect(page.text).toContain('data-page="callback"');
    expect(page.text).toContain('<noscript>');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});

describe('sign-out', () => {
  it('asks first, ends the session and takes its tokens', async () => {
    await client.signUp(newEmail());
    const other = new PageClient(app.url);
    client.cookies.forEach((value, name) => other.cookies.set(name, value));
    const page = await client.get('/auth/sign-out');
    expect(readHeading(page)).toBe('Sign out?');
    expect(await whoAmI()).toBe(200);
    const form = readForm(page);
    const answer = await client.post(form.action, form.fields);
    expect(answer.location).toBe('/auth/signed-out');
    expect(client.cookies.has('sAccessToken')).toBe(false);
    expect(client.cookies.has('sRefreshToken')).toBe(false);
    expect(readHeading(await client.follow(answer))).toBe('You are signed out');
    expect((await other.get('/auth')).status).toBe(200);
  });

  it('ends a session whose access token has expired too, and takes its tokens', async () => {
    const email = newEmail();
    await client.signUp(email);
    const [user] = await app.app.get(UserService).listUsersByEmail(email);
    const sessions = app.app.get(SessionService);
    app.clock.advanceSeconds(3_601);
    const page = await client.get('/auth/sign-out');
    expect(page.text).toContain('data-refresh-session');
    expect(await sessions.listSessions(user?.id ?? '')).toHaveLength(1);
    const form = readForm(page);
    await client.post(form.action, form.fields);
    expect([...client.cookies.keys()]).toEqual(['nestward-form']);
    expect(await sessions.listSessions(user?.id ?? '')).toEqual([]);
  });

  it('ends nothing by a token that others made', async () => {
    const email = newEmail();
    await client.signUp(email);
    const [user] = await app.app.get(UserService).listUsersByEmail(email);
    const stranger = new PageClient(app.url);
    const form = readForm(await stranger.get('/auth'));
    const token = client.cookies.get('sAccessToken') ?? '';
    stranger.cookies.set('sAccessToken', `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(86)}`);
    expect((await stranger.post('/auth/sign-out', form.fields)).location).toBe('/auth/signed-out');
    expect(await app.app.get(SessionService).listSessions(user?.id ?? '')).toHaveLength(1);
  });

  it('leads whoever is signed out to the page that says so', async () => {
    expect((await client.get('/auth/sign-out')).location).toBe('/auth/signed-out');
  });
});

describe('hooks, limits and fields of the app', () => {
  it('asks the hooks, and shows what they say', async () => {
    const other = await startOther(
      {},
      {
        auth: {
          emailPassword: {
            beforeSignUp: ({ email }) => {
              if (email.startsWith('general')) {
                return { status: 'GENERAL_ERROR', message: 'Closed <today>' };
              }
              if (email.startsWith('throws')) {
                throw new GeneralErrorException('Thrown');
              }
              return email.startsWith('nobody') ? { status: 'SIGN_UP_NOT_ALLOWED', reason: 'Not you' } : undefined;
            },
            beforeSignIn: () => ({ status: 'SIGN_IN_NOT_ALLOWED', reason: 'Not now' }),
          },
        },
      },
    );
    const visitor = new PageClient(other.url);
    for (const [email, message] of [
      ['general@example.com', 'Closed <today>'],
      ['throws@example.com', 'Thrown'],
      ['nobody@example.com', 'Not you'],
    ] as const) {
      const answer = await visitor.signUp(email);
      expect([answer.status, readSummary(answer)]).toEqual([403, [message]]);
    }
    expect((await visitor.signUp('ada@example.com')).status).toBe(303);
    const refused = await new PageClient(other.url).submit('/auth', { email: 'ada@example.com', password });
    expect([refused.status, readSummary(refused)]).toEqual([403, ['Not now']]);
  });

  it('says after how long it is worth trying again', async () => {
    const other = await startOther(
      {},
      { auth: { rateLimits: { signInPerAccountAndAddress: { points: 2, duration: 600 } } } },
    );
    const visitor = new PageClient(other.url);
    const attempt = () => visitor.submit('/auth', { email: 'ada@example.com', password: 'wrong password 1' });
    expect((await attempt()).status).toBe(422);
    expect((await attempt()).status).toBe(422);
    const answer = await attempt();
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(readSummary(answer)).toEqual(['That was too often. Please try again in 10 min.']);
    expect(readForm(answer).fields['email']).toBe('ada@example.com');
  });

  it("has the app's own sign-up fields, with their labels and their checks", async () => {
    const seen: unknown[] = [];
    const other = await startOther(
      { signUpFields: { name: { label: 'Your name', autocomplete: 'name' }, age: { type: 'number' } } },
      {
        auth: {
          emailPassword: {
            signUpFeature: {
              formFields: [
                { id: 'name' },
                { id: 'age', optional: true, validate: (value) => (Number(value) < 18 ? 'Too young' : undefined) },
              ],
            },
            afterSignUp: ({ formFields }) => {
              seen.push(formFields);
            },
          },
        },
      },
    );
    const visitor = new PageClient(other.url);
    const page = await visitor.get('/auth?show=signup');
    expect(page.text).toMatch(/<label for="name">Your name<\/label>/);
    expect(page.text).toMatch(/<label for="age">Age <span class="optional">\(optional\)<\/span>/);
    expect(page.text).toMatch(/<input id="name" name="name" type="text" autocomplete="name" required/);
    const refused = await visitor.submit('/auth?show=signup', { email: 'a@example.com', password, name: '', age: '7' });
    expect(readSummary(refused)).toEqual(['Enter something for “Your name”', 'Too young']);
    expect(readForm(refused).fields).toMatchObject({ age: '7', name: '' });
    const fields = { email: 'a@example.com', password, name: 'Ada', age: '' };
    expect((await visitor.submit('/auth?show=signup', fields)).status).toBe(303);
    expect(seen).toEqual([
      [
        { id: 'name', value: 'Ada' },
        { id: 'email', value: 'a@example.com' },
      ],
    ]);
  });
});
