import type { Browser, BrowserContext } from 'playwright-core';
import { findAccessibilityViolations } from './accessibility.js';
import { launchBrowser } from './browser.js';
import { ReactPage } from './react-page.js';
import { ReactSite, type ReactSiteOptions } from './react-site.js';

const password = 'correct horse 1';

let browser: Browser;
let site: ReactSite;
let context: BrowserContext;
let tab: ReactPage;
let people = 0;

const newEmail = (): string => `person-${String(++people)}@example.org`;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
});

/** Starts a website for the tests of a block, and a browser without cookies for each. */
function useSite(options: ReactSiteOptions): void {
  beforeAll(async () => {
    site = await ReactSite.start(options);
  });

  afterAll(async () => {
    await site.stop();
  });

  beforeEach(async () => {
    context = await browser.newContext();
    tab = await ReactPage.open(context, site, '/');
    // To leave before the SDK has seen that there is no session would leave its lock behind, for which the next page waits.
    await tab.isAuth();
  });

  afterEach(async () => {
    const { complaints } = tab;
    await context.close();
    expect(complaints).toEqual([]);
  });
}

/** The session's cookies of the API's host, which no script can read. */
async function sessionCookies(of: BrowserContext): Promise<string[]> {
  const cookies = await of.cookies();
  return cookies
    .filter(({ name, httpOnly }) => httpOnly && /^s(Access|Refresh)Token$/.test(name))
    .map(({ name }) => name);
}

/** Waits until the access token that the page shows has expired. */
async function isExpired(one: ReactPage): Promise<void> {
  const { exp } = await one.payload();
  await one.page.waitForFunction(`Date.now() > ${String(Number(exp) * 1000)}`);
}

describe.each<{ name: string } & ReactSiteOptions>([
  {
    name: 'on another origin of the same site, by cookies',
    host: 'localhost',
    tokenTransferMethod: 'cookie',
    emailVerification: 'OPTIONAL',
  },
  {
    name: 'on another site, by headers',
    host: '127.0.0.1',
    tokenTransferMethod: 'header',
    emailVerification: 'off',
  },
])('The React example $name', (options) => {
  useSite({ ...options, environment: { ACCESS_TOKEN_LIFETIME: '5' } });

  it('sends from / to the sign-in page, and after a sign-up back', async () => {
    await tab.text('Sign Up').click();
    const email = newEmail();
    await tab.submit({ email, password });
    await tab.isHome(email);
    expect(await sessionCookies(context)).toHaveLength(options.tokenTransferMethod === 'cookie' ? 2 : 0);
    expect(await findAccessibilityViolations(tab.page)).toEqual([]);
  });

  it('says what is wrong with a sign-up', async () => {
    const email = newEmail();
    await tab.signUp(email, 'short');
    await tab.text('Password must contain at least 8 characters, including a number').waitFor();
    await tab.submit({ email, password });
    await tab.isHome(email);
    await tab.button('Sign out').click();
    await tab.isAuth();
    await tab.signUp(email.toUpperCase(), password);
    await tab.text('This email already exists. Please sign in instead.').waitFor();
  });

  it('says the same of a wrong password and of an unknown email', async () => {
    const email = newEmail();
    await tab.signUp(email, password);
    await tab.isHome(email);
    await tab.button('Sign out').click();
    await tab.isAuth();
    for (const fields of [
      { email, password: 'wrong password 1' },
      { email: newEmail(), password },
    ]) {
      await tab.submit(fields);
      await tab.text('Incorrect email and password combination').waitFor();
      await tab.goto('/auth');
    }
    await tab.signIn(email, password);
    await tab.isHome(email);
  });

  it('signs out, and in again as the same person', async () => {
    const email = newEmail();
    await tab.signUp(email, password);
    await tab.isHome(email);
    const { sub } = await tab.payload();
    await tab.button('Sign out').click();
    await tab.isAuth();
    expect(tab.answers).toContain('POST /auth/signout 200');
    expect(await sessionCookies(context)).toEqual([]);
    await tab.goto('/');
    await tab.isAuth();

    await tab.signIn(email, password);
    await tab.isHome(email);
    expect((await tab.payload())['sub']).toBe(sub);
  });

  it('signs in with a provider, twice as the same person', async () => {
    const email = newEmail();
    await tab.signInWithProvider(email);
    await tab.isHome(email);
    const { sub } = await tab.payload();
    await tab.button('Sign out').click();
    await tab.isAuth();
    await tab.signInWithProvider(email);
    await tab.isHome(email);
    expect((await tab.payload())['sub']).toBe(sub);
  });

  it('comes back to the sign-in page from a provider that was cancelled', async () => {
    await tab.goto('/auth');
    await tab.text('Continue with Development').click();
    await tab.button('Cancel').click();
    await tab.isAuth();
    await tab.text('Something went wrong. Please try again.').waitFor();
  });

  it('refreshes an expired session for a call and for a page', async () => {
    const email = newEmail();
    await tab.signUp(email, password);
    await tab.isHome(email);
    const { sessionHandle, exp } = await tab.payload();
    await isExpired(tab);
    await tab.button('Like').click();
    await tab.text('1 like').waitFor();
    expect(tab.answers).toContain('POST /auth/session/refresh 200');
    await tab.page.locator('pre', { hasNotText: `"exp": ${String(exp)}` }).waitFor({ state: 'attached' });

    await isExpired(tab);
    tab.answers.length = 0;
    await tab.page.reload();
    await tab.isHome(email);
    expect(tab.answers).toContain('POST /auth/session/refresh 200');
    expect((await tab.payload())['sessionHandle']).toBe(sessionHandle);
  });

  it('refreshes in two tabs at the same time, and signs out in both', async () => {
    const email = newEmail();
    await tab.signUp(email, password);
    await tab.isHome(email);
    const second = await ReactPage.open(context, site, '/');
    await second.isHome(email);
    for (let round = 1; round <= 2; round++) {
      await Promise.all([tab, second].map(isExpired));
      await Promise.all([tab, second].map((one) => one.button('Like').click()));
      await Promise.all([tab, second].map((one) => one.text(/^[1-9]\d* likes?$/).waitFor()));
      await Promise.all([tab, second].map((one) => one.page.reload()));
      await Promise.all([tab, second].map((one) => one.isHome(email)));
    }
    const refreshes = [...tab.answers, ...second.answers].filter((answer) => answer.includes('/auth/session/refresh'));
    // The first one is of a browser without a session, before the sign-up.
    expect(new Set(refreshes.slice(1))).toEqual(new Set(['POST /auth/session/refresh 200']));

    await second.button('Sign out').click();
    await second.isAuth();
    await tab.button('Like').click();
    await tab.isAuth();
    expect(second.complaints).toEqual([]);
  });

  it('signs out everywhere', async () => {
    const email = newEmail();
    await tab.signUp(email, password);
    await tab.isHome(email);
    const otherContext = await browser.newContext();
    const other = await ReactPage.open(otherContext, site, '/');
    await other.isAuth();
    await other.signIn(email, password);
    await other.isHome(email);

    await other.button('Sign out everywhere').click();
    await other.isAuth();
    expect(other.complaints).toEqual([]);
    await otherContext.close();
    // An access token is good until it expires.
    await isExpired(tab);
    tab.answers.length = 0;
    await tab.button('Like').click();
    await tab.isAuth();
    expect(tab.answers).toContain('POST /auth/session/refresh 401');
    expect(await sessionCookies(context)).toEqual([]);
    await tab.signIn(email, password);
    await tab.isHome(email);
  });

  it('leads to the sign-in page when the session was taken away', async () => {
    const email = newEmail();
    await tab.signUp(email, password);
    await tab.isHome(email);
    await context.clearCookies({ name: /^(s(Access|Refresh)Token|st-(access|refresh)-token)$/ });
    await tab.button('Like').click();
    await tab.isAuth();
  });
});

describe('The React example where emails must be verified', () => {
  useSite({ emailVerification: 'REQUIRED' });

  const isAskedToVerify = async (one: ReactPage): Promise<void> => {
    await one.page.waitForURL(`${site.origin}/auth/verify-email`);
    await one.text('Verify your email!').waitFor();
  };

  it('keeps an unverified person out until they follow the mail', async () => {
    const email = newEmail();
    await tab.signUp(email, password);
    await isAskedToVerify(tab);
    await tab.goto('/');
    await isAskedToVerify(tab);
    const status = await tab.page.evaluate<number>(
      `fetch('${site.api.origin}/like-comment', { method: 'POST' }).then((response) => response.status)`,
    );
    expect(status).toBe(403);

    await tab.followMail(email, /^Verify your address/);
    await tab.text('Email verification successful!').waitFor();
    await tab.text(/^continue$/i).click();
    await tab.isHome(email);
    await tab.button('Like').click();
    await tab.text('1 like').waitFor();
  });

  it('lets in a browser whose person followed the mail in another one', async () => {
    const email = newEmail();
    await tab.signUp(email, password);
    await isAskedToVerify(tab);
    const otherContext = await browser.newContext();
    const other = await ReactPage.open(otherContext, site, '/');
    await other.isAuth();
    await other.followMail(email, /^Verify your address/);
    // Nobody is signed in there, so the page waits for a person before it uses the token, and not for a mail scanner.
    await other.text(/^continue$/i).click();
    await other.text('Email verification successful!').waitFor();
    await otherContext.close();

    await tab.goto('/');
    await tab.isHome(email);
  });

  it('refuses a link that was used', async () => {
    const email = newEmail();
    await tab.signUp(email, password);
    await isAskedToVerify(tab);
    await tab.followMail(email, /^Verify your address/);
    await tab.text('Email verification successful!').waitFor();
    await tab.page.reload();
    await tab.text('The email verification link has expired').waitFor();
  });

  it('sends another mail to who asks for it', async () => {
    const email = newEmail();
    await tab.signUp(email, password);
    await isAskedToVerify(tab);
    await tab.text('Resend Email').click();
    await tab.text('Email resent').waitFor();
    await tab.followMail(email, /^Verify your address/);
    await tab.text('Email verification successful!').waitFor();
  });

  it('believes a provider that vouches for the address, and no other', async () => {
    const verified = newEmail();
    await tab.signInWithProvider(verified);
    await tab.isHome(verified);
    await tab.button('Sign out').click();
    await tab.isAuth();
    await tab.signInWithProvider(newEmail(), { vouchesForEmail: false });
    await isAskedToVerify(tab);
  });

  it('resets a forgotten password by a mail, once', async () => {
    const email = newEmail();
    await tab.signInWithProvider(newEmail());
    await tab.signUp(email, password);
    await isAskedToVerify(tab);
    await tab.text('Logout').click();
    await tab.isAuth();

    await tab.text('Forgot password?').click();
    await tab.submit({ email });
    await tab.page.getByText(`A password reset email has been sent to ${email}`).waitFor();
    await tab.followMail(email, /^Reset your password/);
    const link = tab.page.url();
    await tab.submit({ password: 'another horse 2', 'confirm-password': 'another horse 2' });
    await tab.text('Your password has been updated successfully').waitFor();

    await tab.signIn(email, password);
    await tab.text('Incorrect email and password combination').waitFor();
    // The mail has proved the address too.
    await tab.signIn(email, 'another horse 2');
    await tab.isHome(email);
    await tab.button('Sign out').click();
    await tab.isAuth();

    await tab.page.goto(link);
    await tab.submit({ password: 'third horse 3', 'confirm-password': 'third horse 3' });
    await tab.text('Invalid password reset token').waitFor();
  });

  it('does not tell whether an email has an account', async () => {
    const email = newEmail();
    await tab.goto('/auth/reset-password');
    await tab.submit({ email });
    await tab.page.getByText(`A password reset email has been sent to ${email}, if it exists`).waitFor();
  });
});
