import type { Browser, BrowserContext } from 'playwright-core';
import { launchBrowser } from './browser.js';
import { DemoPage } from './demo-page.js';
import { DemoProcess } from './demo-process.js';

const password = 'correct horse 1';

describe('The demo in Chromium', () => {
  let demo: DemoProcess;
  let browser: Browser;
  let context: BrowserContext;
  let tab: DemoPage;
  let emails = 0;

  const newEmail = (): string => `person-${String(++emails)}@example.org`;

  beforeAll(async () => {
    [demo, browser] = await Promise.all([DemoProcess.start(), launchBrowser()]);
  });

  afterAll(async () => {
    await browser.close();
    await demo.stop();
  });

  beforeEach(async () => {
    context = await browser.newContext();
    tab = await DemoPage.open(context, demo.origin, '/');
  });

  afterEach(async () => {
    const { complaints } = tab;
    await context.close();
    expect(complaints).toEqual([]);
  });

  describe('signed out', () => {
    it('sends from / to /auth', async () => {
      await tab.isAuth();
      await tab.isFocused(tab.email);
    });

    it('answers a protected call with 401', async () => {
      const response = await context.request.post(`${demo.origin}/like-comment`);
      expect(response.status()).toBe(401);
      expect(await response.json()).toEqual({ message: 'unauthorised' });
    });

    it('serves pages that load nothing from elsewhere and run no inline script', async () => {
      const response = await context.request.get(`${demo.origin}/auth`);
      const policy = response.headers()['content-security-policy'];
      expect(policy).toContain("default-src 'none'");
      expect(policy).toMatch(/script-src 'nonce-[\w-]{22}'/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(await response.text()).not.toMatch(/<script(?![^>]* src=)|\son\w+=|\sstyle=/);
    });
  });

  describe('sign-up', () => {
    beforeEach(async () => {
      await tab.isAuth();
      await tab.page.getByRole('link', { name: 'Create an account' }).click();
      await tab.heading('Create your account').waitFor();
    });

    it('shows the messages of bad fields beside them and puts the focus into the summary', async () => {
      await tab.submit('Create account', 'nobody@nowhere', 'short');
      await tab.isFocused(tab.alert);
      expect(await tab.descriptionOf(tab.email)).toBe('Email is invalid');
      expect(await tab.descriptionOf(tab.password)).toContain(
        'Password must contain at least 8 characters, including a number',
      );
      expect(await tab.email.getAttribute('aria-invalid')).toBe('true');
      expect(await tab.password.getAttribute('aria-invalid')).toBe('true');
      await tab.alert.getByRole('link', { name: 'Email is invalid' }).click();
      await tab.isFocused(tab.email);

      await tab.submit('Create account', newEmail(), 'longenough');
      await tab.alert.getByText('Password must contain at least one number').waitFor();
      await tab.isFocused(tab.alert);
      expect(await tab.descriptionOf(tab.email)).toBe('');
      expect(await tab.email.getAttribute('aria-invalid')).toBeNull();
      expect(await tab.descriptionOf(tab.password)).toContain('Password must contain at least one number');
    });

    it('names what is empty or no email address before it is sent', async () => {
      const sent: string[] = [];
      // The browser may still ask for the icon of the page.
      tab.page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
      await tab.button('Create account').click();
      await tab.isFocused(tab.alert);
      expect(await tab.descriptionOf(tab.email)).toBe('Enter your email address');
      expect(await tab.descriptionOf(tab.password)).toContain('Choose a password');
      await tab.submit('Create account', 'not an email', password);
      await tab.isFocused(tab.alert);
      expect(await tab.descriptionOf(tab.email)).toBe('Enter an email address such as ada@example.com');
      expect(await tab.email.getAttribute('aria-invalid')).toBe('true');
      await tab.email.fill('ada@example.org');
      expect(await tab.email.getAttribute('aria-invalid')).toBeNull();
      expect(sent).toEqual([]);
    });

    it('goes to / and shows the session', async () => {
      const email = newEmail();
      await tab.submit('Create account', email, password);
      await tab.isHome(email);

      const { cookies } = await context.storageState();
      expect(cookies.find(({ name }) => name === 'sAccessToken')).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
      const payload = await tab.payload();
      expect(await tab.fact('User id')).toBe(payload['sub']);
      expect(await tab.fact('Session handle')).toBe(payload['sessionHandle']);
      expect(await tab.fact('Access token expires')).toMatch(/^in (1 h 0 min 0 s|59 min \d+ s)$/);
      await expectToChange(() => tab.fact('Access token expires'));
    });

    it('says that an email is taken, in whatever case it is written', async () => {
      const email = newEmail();
      await tab.submit('Create account', email, password);
      await tab.isHome(email);
      await tab.button('Sign out').click();
      await tab.isAuth();

      await tab.goto('/auth?show=signup');
      await tab.submit('Create account', email.toUpperCase(), password);
      await tab.isFocused(tab.alert);
      expect(await tab.descriptionOf(tab.email)).toBe('This email already exists. Please sign in instead.');
    });

    it('makes one account of a double click', async () => {
      const email = newEmail();
      let requests = 0;
      tab.page.on('request', (request) => {
        requests += request.url().endsWith('/auth/sign-up') ? 1 : 0;
      });
      await tab.email.fill(email);
      await tab.password.fill(password);
      await tab.button('Create account').dblclick();
      await tab.isHome(email);
      expect(requests).toBe(1);
    });

    it('shows and hides the password', async () => {
      await tab.password.fill(password);
      await tab.button('Show password').click();
      expect(await tab.password.getAttribute('type')).toBe('text');
      await tab.button('Hide password').click();
      expect(await tab.password.getAttribute('type')).toBe('password');
    });

    it('tells password managers what each field is', async () => {
      expect(await tab.email.getAttribute('autocomplete')).toBe('email');
      expect(await tab.password.getAttribute('autocomplete')).toBe('new-password');
      await tab.page.getByRole('link', { name: 'Sign in' }).click();
      await tab.heading('Welcome back').waitFor();
      expect(await tab.email.getAttribute('autocomplete')).toBe('username');
      expect(await tab.password.getAttribute('autocomplete')).toBe('current-password');
    });

    it('follows the browser back and forth between the two forms', async () => {
      await tab.page.goBack();
      await tab.heading('Welcome back').waitFor();
      await tab.page.goForward();
      await tab.heading('Create your account').waitFor();
    });
  });

  describe('signed in', () => {
    let email: string;

    beforeEach(async () => {
      email = newEmail();
      await tab.signUp(email, password);
    });

    it('counts likes', async () => {
      await tab.button('Like').click();
      await tab.isLogged('1 like');
      await tab.button('Like').click();
      await tab.isLogged('2 likes');
    });

    it('answers /like-comment and /sessioninfo', async () => {
      const likes = await context.request.post(`${demo.origin}/like-comment`);
      expect(await likes.json()).toEqual({ userId: await tab.fact('User id'), likes: 1 });
      const info = await context.request.get(`${demo.origin}/sessioninfo`);
      expect(await info.json()).toEqual({
        sessionHandle: await tab.fact('Session handle'),
        userId: await tab.fact('User id'),
        accessTokenPayload: await tab.payload(),
        sessionData: {},
      });
    });

    it('refreshes the session, which stays the same one with a new access token', async () => {
      const before = await tab.payload();
      await tab.button('Refresh').click();
      await tab.isLogged('POST /auth/session/refresh');
      await expectToChange(async () => (await tab.payload())['refreshTokenHash1'], before['refreshTokenHash1']);
      expect((await tab.payload())['sessionHandle']).toBe(before['sessionHandle']);
      await tab.button('Like').click();
      await tab.isLogged('1 like');
    });

    it('stays signed in when the page is loaded again', async () => {
      const handle = await tab.fact('Session handle');
      await tab.page.reload();
      await tab.isHome(email);
      expect(await tab.fact('Session handle')).toBe(handle);
    });

    it('sends from /auth to /', async () => {
      await tab.goto('/auth');
      await tab.isHome(email);
    });

    it('is signed in in a second tab, and signed out in both', async () => {
      const second = await DemoPage.open(context, demo.origin, '/');
      await second.isHome(email);
      expect(await second.fact('Session handle')).toBe(await tab.fact('Session handle'));
      await second.button('Sign out').click();
      await second.isAuth();
      await tab.button('Like').click();
      await tab.isAuth();
    });

    it('signs out for good', async () => {
      await tab.button('Sign out').click();
      await tab.isAuth();
      const { cookies } = await context.storageState();
      expect(cookies.map(({ name }) => name).filter((name) => /^s(Access|Refresh)Token$/.test(name))).toEqual([]);
      await tab.page.goBack();
      await tab.heading('Create your account').waitFor();
      await tab.goto('/');
      await tab.isAuth();
    });

    it('goes to the sign-in page if somebody takes the cookies away', async () => {
      await context.clearCookies({ name: /^s(Access|Refresh)Token$/ });
      await tab.page.reload();
      await tab.isAuth();
    });

    it('says when the server cannot be reached, and works again afterwards', async () => {
      await context.setOffline(true);
      await tab.button('Like').click();
      await tab.alert.getByText('The server cannot be reached. Check your connection, and try again.').waitFor();
      await context.setOffline(false);
      await tab.button('Like').click();
      await tab.isLogged('1 like');
      expect(await tab.alert.textContent()).toBe('');
    });
  });

  describe('sign-in', () => {
    let email: string;

    beforeEach(async () => {
      email = newEmail();
      await tab.signUp(email, password);
      await tab.button('Sign out').click();
      await tab.isAuth();
    });

    it('takes the person in again, with the same user id and another session', async () => {
      await tab.signIn(email, password);
      const [userId, handle] = [await tab.fact('User id'), await tab.fact('Session handle')];
      await tab.button('Sign out').click();
      await tab.isAuth();
      await tab.signIn(email, password);
      expect(await tab.fact('User id')).toBe(userId);
      expect(await tab.fact('Session handle')).not.toBe(handle);
    });

    it('says the same of a wrong password and of an unknown email', async () => {
      await tab.submit('Sign in', email, 'wrong password 1');
      await tab.isFocused(tab.alert);
      const message = await tab.alert.textContent();
      expect(message).toContain('No account has this email and password.');

      const reply = tab.page.waitForResponse(`${demo.origin}/auth/sign-in`);
      await tab.submit('Sign in', newEmail(), password);
      expect((await reply).status()).toBe(422);
      await tab.isFocused(tab.alert);
      expect(await tab.alert.textContent()).toBe(message);

      await tab.submit('Sign in', email, password);
      await tab.isHome(email);
    });
  });

  it('works by keyboard alone', async () => {
    const { keyboard } = tab.page;
    const email = newEmail();
    await tab.isAuth();
    await tab.isFocused(tab.email);
    await keyboard.press('Tab');
    await tab.isFocused(tab.password);
    await keyboard.press('Tab');
    await tab.isFocused(tab.button('Show password'));
    await keyboard.press('Tab');
    await tab.isFocused(tab.page.getByRole('link', { name: 'Forgot your password?' }));
    await keyboard.press('Tab');
    await tab.isFocused(tab.button('Sign in'));
    await keyboard.press('Tab');
    await tab.isFocused(tab.page.getByRole('link', { name: 'Continue with Development' }));
    await keyboard.press('Tab');
    await tab.isFocused(tab.page.getByRole('link', { name: 'Create an account' }));
    await keyboard.press('Enter');
    await tab.heading('Create your account').waitFor();
    await tab.isFocused(tab.email);
    await keyboard.type(email);
    await keyboard.press('Tab');
    await keyboard.type(password);
    await keyboard.press('Enter');
    await tab.isHome(email);

    await keyboard.press('Tab');
    await tab.isFocused(tab.page.getByRole('link', { name: 'Account', exact: true }));
    await keyboard.press('Tab');
    await tab.isFocused(tab.button('Sign out'));
    await keyboard.press('Tab');
    await tab.isFocused(tab.button('Like'));
    await keyboard.press('Space');
    await tab.isLogged('1 like');
    await tab.isFocused(tab.button('Like'));
    await keyboard.press('Tab');
    await tab.isFocused(tab.button('Refresh'));
    await keyboard.press('Enter');
    await tab.isLogged('New tokens');
    await keyboard.press('Shift+Tab');
    await keyboard.press('Shift+Tab');
    await tab.isFocused(tab.button('Sign out'));
    await keyboard.press('Enter');
    await tab.isAuth();
  });
});

/** Asks until the answer is another one than at first. */
async function expectToChange<T>(ask: () => Promise<T>, first?: T): Promise<void> {
  const before = first ?? (await ask());
  const deadline = Date.now() + 5000;
  while ((await ask()) === before) {
    if (Date.now() > deadline) {
      throw new Error(`It stayed ${String(before)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
