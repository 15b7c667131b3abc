import type { Browser, BrowserContext } from 'playwright-core';
import { findAccessibilityViolations } from './accessibility.js';
import { launchBrowser } from './browser.js';
import { DemoPage } from './demo-page.js';
import { DemoProcess } from './demo-process.js';

let browser: Browser;
let demo: DemoProcess;
let context: BrowserContext;

beforeAll(async () => {
  [browser, demo] = await Promise.all([launchBrowser(), DemoProcess.start()]);
});
afterAll(async () => {
  await browser.close();
  await demo.stop();
});
beforeEach(async () => {
  context = await browser.newContext();
});
afterEach(() => context.close());

/** From the sign-in page to the page of the pretended provider. */
async function goToProvider(page: DemoPage): Promise<void> {
  await page.page.getByRole('link', { name: 'Continue with Development' }).click();
  await page.heading('Who do you want to be?').waitFor();
}

describe('signing in with a provider, by clicking', () => {
  it('goes from the button to the provider, back, and signed in', async () => {
    const page = await DemoPage.open(context, demo.origin, '/auth');
    await goToProvider(page);
    expect(await findAccessibilityViolations(page.page)).toStrictEqual([]);
    await page.email.fill('grace@example.com');
    await page.button('Continue').click();
    await page.isHome('grace@example.com');
    const userId = await page.fact('User id');
    await page.button('Sign out').click();
    await page.isAuth();

    // The same person once more, into the same account.
    await goToProvider(page);
    await page.email.fill('grace@example.com');
    await page.button('Continue').click();
    await page.isHome('grace@example.com');
    expect(await page.fact('User id')).toBe(userId);
    expect(page.complaints).toStrictEqual([]);
  });

  it('comes back to a message after a cancel at the provider', async () => {
    const page = await DemoPage.open(context, demo.origin, '/auth');
    await goToProvider(page);
    await page.button('Cancel').click();
    await page.heading('Welcome back').waitFor();
    expect(await page.alert.textContent()).toContain('You cancelled the sign-in');
    await page.isFocused(page.alert);
    expect(await findAccessibilityViolations(page.page)).toStrictEqual([]);
    expect(page.complaints).toStrictEqual([]);
  });

  it('says so where the provider gives no email', async () => {
    const page = await DemoPage.open(context, demo.origin, '/auth');
    await goToProvider(page);
    await page.email.fill('');
    await page.button('Continue').click();
    await page.heading('Welcome back').waitFor();
    expect(await page.alert.textContent()).toContain('no email address');
  });

  it('does not take an answer that another browser asked for', async () => {
    const page = await DemoPage.open(context, demo.origin, '/auth');
    await goToProvider(page);
    // The attacker says yes, and keeps the answer for somebody else.
    const fields = await page.page
      .locator('input[type=hidden]')
      .evaluateAll((inputs) =>
        inputs.map((input: { getAttribute(name: string): string | null }) => [
          input.getAttribute('name'),
          input.getAttribute('value'),
        ]),
      );
    const answer = await context.request.post(page.page.url(), {
      form: {
        ...(Object.fromEntries(fields) as Record<string, string>),
        email: 'mallory@example.com',
        decision: 'allow',
      },
      maxRedirects: 0,
    });
    const callback = new URL(answer.headers()['location'] ?? '');
    expect(callback.searchParams.has('code')).toBe(true);
    const otherContext = await browser.newContext();
    const victim = await DemoPage.open(otherContext, demo.origin, callback.pathname + callback.search);
    await victim.heading('You are not signed in').waitFor();
    expect(await victim.alert.textContent()).toContain('another browser');
    expect(await otherContext.cookies()).toStrictEqual([]);
    await otherContext.close();
  });
});

describe('signing in with a provider by plain redirects', () => {
  it('ends on the page asked for, signed in', async () => {
    const page = await DemoPage.open(context, demo.origin, '/auth/signin/development?redirectToPath=/?from=redirect');
    await page.heading('Who do you want to be?').waitFor();
    await page.email.fill('edsger@example.com');
    await page.button('Continue').click();
    await page.heading('Hello, edsger@example.com').waitFor();
    expect(page.page.url()).toBe(`${demo.origin}/?from=redirect`);
    expect((await context.cookies()).map(({ name }) => name)).not.toContainEqual(expect.stringContaining('redirect'));
    expect(page.complaints).toStrictEqual([]);
  });

  it('works in a browser that signed out with the SDK before', async () => {
    const page = await DemoPage.open(context, demo.origin, '/auth');
    await page.signUp('barbara@example.com', 'correct horse 1');
    await page.button('Sign out').click();
    await page.isAuth();
    await page.goto('/auth/signin/development');
    await page.email.fill('barbara@example.com');
    await page.button('Continue').click();
    await page.isHome('barbara@example.com');
  });

  it('leads to the sign-in page after a cancel, with a message', async () => {
    const page = await DemoPage.open(context, demo.origin, '/auth/signin/development');
    await page.button('Cancel').click();
    await page.page.waitForURL(`${demo.origin}/auth?error=access_denied`);
    await page.page.getByText('You cancelled the sign-in').waitFor();
    await page.heading('Welcome back').waitFor();
  });
});
