import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { findAccessibilityViolations } from './accessibility.js';
import { launchBrowser } from './browser.js';
import { DemoPage } from './demo-page.js';
import { DemoProcess } from './demo-process.js';

const password = 'correct horse 1';

let browser: Browser;
let demo: DemoProcess;
let emails = 0;

const newEmail = (): string => `person-${String(++emails)}@example.org`;

beforeAll(async () => {
  [demo, browser] = await Promise.all([DemoProcess.start({ EMAIL_VERIFICATION: 'REQUIRED' }), launchBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await demo.stop();
});

/** The path of the link in the newest mail to an address, by the demo's mailbox. */
async function findLink(context: BrowserContext, email: string): Promise<string> {
  const page = await context.newPage();
  try {
    for (let attempt = 0; attempt < 100; attempt++) {
      await page.goto(`${demo.origin}/dev/mailbox`);
      const mail = page.getByRole('listitem').filter({ hasText: email }).getByRole('link').first();
      if ((await mail.count()) > 0) {
        await mail.click();
        const link = page.locator('pre a').first();
        const { pathname, search } = new URL((await link.getAttribute('href')) ?? '');
        return pathname + search;
      }
      await page.waitForTimeout(50);
    }
    throw new Error(`There is no mail to ${email}`);
  } finally {
    await page.close();
  }
}

/** Waits until a page shows a path, whatever stands in the query of the page before. */
async function isAt(page: Page, path: string): Promise<void> {
  await page.waitForURL(({ pathname, search }) => pathname + search === path);
}

/** Looks at pages without scripts by axe-core, which is a script: at copies of them. */
class PageCopy {
  private html = '';

  private constructor(private readonly page: Page) {}

  static async open(context: BrowserContext): Promise<PageCopy> {
    const copy = new PageCopy(await context.newPage());
    await copy.page.route('**/*', (route, request) => {
      if (request.isNavigationRequest()) {
        return route.fulfill({ contentType: 'text/html', body: copy.html });
      }
      return request.resourceType() === 'script' ? route.abort() : route.continue();
    });
    return copy;
  }

  async findAccessibilityViolations(original: Page): Promise<string[]> {
    this.html = await original.content();
    await this.page.goto(original.url());
    return findAccessibilityViolations(this.page);
  }
}

describe.each(
  [true, false].flatMap((javaScriptEnabled) =>
    [360, 1280].flatMap((width) =>
      (['light', 'dark'] as const).map((colorScheme) => ({ javaScriptEnabled, width, colorScheme })),
    ),
  ),
)('The pages with JavaScript $javaScriptEnabled at $width px, $colorScheme', (look) => {
  const { javaScriptEnabled, width, colorScheme } = look;
  const viewport = { width, height: width === 360 ? 740 : 800 };
  let copies: BrowserContext | undefined;
  let copy: PageCopy | undefined;
  let context: BrowserContext;
  let tab: DemoPage;

  beforeAll(async () => {
    if (!javaScriptEnabled) {
      copies = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
      copy = await PageCopy.open(copies);
    }
  });
  afterAll(() => copies?.close());

  beforeEach(async () => {
    context = await browser.newContext({ viewport, colorScheme, javaScriptEnabled, reducedMotion: 'reduce' });
    tab = await DemoPage.open(context, demo.origin, '/auth/signed-out');
  });
  afterEach(async () => {
    const { complaints } = tab;
    await context.close();
    expect(complaints).toEqual([]);
  });

  /** Checks what must hold for every page. */
  async function expectToBeFine(): Promise<void> {
    const violations = copy?.findAccessibilityViolations(tab.page) ?? findAccessibilityViolations(tab.page);
    expect(await violations).toEqual([]);
    expect(await tab.page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
  }

  it('are fine, each of them', async () => {
    for (const [path, heading] of [
      ['/auth', 'Welcome back'],
      ['/auth?show=signup', 'Create your account'],
      ['/auth?error=access_denied', 'Welcome back'],
      ['/auth?notice=password_changed', 'Welcome back'],
      ['/auth/reset-password', 'Reset your password'],
      ['/auth/reset-password?sent=1', 'Check your mail'],
      ['/auth/reset-password?token=x', 'Choose a new password'],
      ['/auth/verify-email?token=x', 'Confirm your email address'],
      ['/auth/verify-email?status=verified', 'Thank you'],
      ['/auth/signed-out', 'You are signed out'],
      ['/auth/error', 'Something went wrong'],
    ] as const) {
      await tab.goto(path);
      await tab.heading(heading).waitFor();
      await expectToBeFine();
    }
  });

  it('lead through sign-up, verification, sign-out and a forgotten password', async () => {
    const email = newEmail();
    await tab.goto('/auth?show=signup');
    await tab.submit('Create account', 'nobody@nowhere', 'short');
    await tab.alert.getByText('Email is invalid').waitFor();
    await tab.isFocused(tab.alert);
    await expectToBeFine();
    await tab.submit('Create account', email, password);
    await isAt(tab.page, '/auth/verify-email?sent=1');
    await tab.page.getByText('The message is on its way.').waitFor();
    await expectToBeFine();

    await tab.goto(await findLink(context, email));
    if (!javaScriptEnabled) {
      await tab.button('Confirm my address').click();
    }
    await tab.heading('Thank you').waitFor();
    await expectToBeFine();

    await tab.goto('/auth/sign-out');
    await expectToBeFine();
    await tab.button('Sign out').click();
    await tab.heading('You are signed out').waitFor();

    await tab.goto('/auth');
    await tab.submit('Sign in', email, 'wrong password 1');
    await tab.alert.getByText('No account has this email and password.').waitFor();
    await tab.isFocused(tab.alert);
    await expectToBeFine();
    await tab.page.getByRole('link', { name: 'Forgot your password?' }).click();
    await tab.email.fill(email);
    await tab.button('Send the link').click();
    await tab.heading('Check your mail').waitFor();
    await tab.goto(await findLink(context, email));
    const link = tab.page.url();
    const newPassword = tab.page.getByLabel('New password', { exact: true });
    await newPassword.fill('another horse 2');
    await tab.button('Change the password').click();
    await tab.page.getByText('Your password has been changed.').waitFor();
    await tab.page.goto(link);
    await newPassword.fill('another horse 3');
    await tab.button('Change the password').click();
    await tab.alert.getByText('This link has been used already').waitFor();
    await expectToBeFine();

    await tab.goto('/auth?redirectToPath=/profile');
    await tab.submit('Sign in', email, 'another horse 2');
    await isAt(tab.page, '/profile');
    expect(await tab.page.locator('body').innerText()).toContain(email);
  });
});

describe('The pages in Chromium', () => {
  let context: BrowserContext;
  let tab: DemoPage;

  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    tab = await DemoPage.open(context, demo.origin, '/auth');
  });
  afterEach(() => context.close());

  it.each([true, false])('work by keyboard alone, with JavaScript %s', async (javaScriptEnabled) => {
    const other = await browser.newContext({ javaScriptEnabled });
    const person = await DemoPage.open(other, demo.origin, '/auth?show=signup');
    const { keyboard } = person.page;
    const email = newEmail();
    await person.email.focus();
    await keyboard.press('Enter');
    await person.isFocused(person.alert);
    await keyboard.press('Tab');
    await person.isFocused(person.alert.getByRole('link', { name: 'Enter your email address' }));
    await keyboard.press('Enter');
    await person.isFocused(person.email);
    await keyboard.type(email);
    await keyboard.press('Tab');
    await person.isFocused(person.password);
    await keyboard.type(password);
    if (javaScriptEnabled) {
      await keyboard.press('Tab');
      await person.isFocused(person.button('Show password'));
      await keyboard.press('Space');
      expect(await person.password.getAttribute('type')).toBe('text');
    }
    await keyboard.press('Tab');
    await person.isFocused(person.button('Create account'));
    await keyboard.press('Enter');
    await isAt(person.page, '/auth/verify-email?sent=1');
    await other.close();
  });

  it('fit a window of 320 px, as at a zoom of 400 %, and grow with the text', async () => {
    for (const path of ['/auth', '/auth?show=signup', '/auth/reset-password?token=x', '/auth/error']) {
      await tab.page.setViewportSize({ width: 640, height: 400 });
      await tab.goto(path);
      await tab.page.evaluate(`document.documentElement.style.fontSize = '200%'`);
      expect(await tab.page.evaluate<number>('document.documentElement.scrollWidth')).toBe(640);
      await tab.page.setViewportSize({ width: 320, height: 256 });
      await tab.page.evaluate(`document.documentElement.style.fontSize = ''`);
      expect(await tab.page.evaluate<number>('document.documentElement.scrollWidth')).toBe(320);
    }
  });

  it('move nothing for people who want no motion', async () => {
    await tab.page.emulateMedia({ reducedMotion: 'reduce' });
    const moving = await tab.page.evaluate<number>(
      `[...document.querySelectorAll('*')].filter((e) => parseFloat(getComputedStyle(e).transitionDuration) > 0).length`,
    );
    expect(moving).toBe(0);
  });

  it('renew a session that has expired, and go on', async () => {
    const brief = await DemoProcess.start({ ACCESS_TOKEN_LIFETIME: '5' });
    const own = await browser.newContext();
    const person = await DemoPage.open(own, brief.origin, '/auth?show=signup');
    const email = newEmail();
    await person.submit('Create account', email, password);
    await person.isHome(email);
    await person.page.getByText('Expired. The next call renews it.').waitFor();
    await person.goto('/auth?redirectToPath=/profile');
    await isAt(person.page, '/profile');
    expect(await person.page.locator('body').innerText()).toContain(email);
    await own.close();
    await brief.stop();
  });

  it("finish a sign-in that a frontend's SDK began", async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `
          import { init } from 'supertokens-web-js';
          import { init as session } from 'supertokens-web-js/recipe/session';
          import { init as thirdParty, getAuthorisationURLWithQueryParamsAndSetState } from 'supertokens-web-js/recipe/thirdparty';
          init({ appInfo: { appName: 'x', apiDomain: location.origin, apiBasePath: '/auth' }, recipeList: [session(), thirdParty()] });
          getAuthorisationURLWithQueryParamsAndSetState({
            thirdPartyId: 'development',
            frontendRedirectURI: location.origin + '/auth/callback/development',
          }).then((url) => location.assign(url));`,
        resolveDir: dirname(createRequire(import.meta.url).resolve('supertokens-web-js/package.json')),
      },
      bundle: true,
      write: false,
      format: 'iife',
    });
    const begin = async (): Promise<void> => {
      await tab.goto('/auth');
      await tab.page.evaluate(outputFiles[0]?.text ?? '');
      await tab.heading('Who do you want to be?').waitFor();
    };
    await begin();
    await tab.button('Cancel').click();
    await tab.heading('You are not signed in').waitFor();
    await tab.alert.getByText('You cancelled the sign-in').waitFor();
    expect(await findAccessibilityViolations(tab.page)).toEqual([]);

    await begin();
    await tab.email.fill('');
    await tab.button('Continue').click();
    await tab.alert.getByText('has no email address').waitFor();

    await begin();
    await tab.email.fill('barbara@example.com');
    await tab.button('Continue').click();
    await tab.isHome('barbara@example.com');
    expect(tab.complaints).toEqual([]);
  });
});
