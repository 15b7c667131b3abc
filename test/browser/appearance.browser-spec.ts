import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext } from 'playwright-core';
import { findAccessibilityViolations } from './accessibility.js';
import { launchBrowser } from './browser.js';
import { DemoPage } from './demo-page.js';
import { DemoProcess } from './demo-process.js';

const screenshots = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));
const password = 'correct horse 1';

/** Set to write docs/screenshots anew; a test run otherwise leaves the files of the repository alone. */
const updateScreenshots = process.env['UPDATE_SCREENSHOTS'] === '1';

describe.each([
  { width: 360, height: 740, colorScheme: 'light' as const },
  { width: 360, height: 740, colorScheme: 'dark' as const },
  { width: 1280, height: 800, colorScheme: 'light' as const },
  { width: 1280, height: 800, colorScheme: 'dark' as const },
])('The demo at $width px, $colorScheme', ({ width, height, colorScheme }) => {
  let demo: DemoProcess;
  let browser: Browser;
  let context: BrowserContext;
  let tab: DemoPage;

  beforeAll(async () => {
    [demo, browser] = await Promise.all([
      DemoProcess.start(updateScreenshots ? { PORT: '3000' } : {}),
      launchBrowser(),
    ]);
    context = await browser.newContext({
      viewport: { width, height },
      colorScheme,
      reducedMotion: 'reduce',
      deviceScaleFactor: width < 500 ? 2 : 1,
    });
    tab = await DemoPage.open(context, demo.origin, '/auth');
  });

  afterAll(async () => {
    await browser.close();
    await demo.stop();
  });

  /** Checks what must hold for every page, and takes its picture. */
  async function expectToBeFine(name: string): Promise<void> {
    expect(await findAccessibilityViolations(tab.page)).toEqual([]);
    expect(await tab.page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
    if (updateScreenshots) {
      await mkdir(screenshots, { recursive: true });
      await tab.page.screenshot({
        path: join(screenshots, `${name}-${String(width)}-${colorScheme}.png`),
        fullPage: true,
        caret: 'hide',
      });
    }
  }

  it('has a fine sign-in page', async () => {
    await tab.isAuth();
    await expectToBeFine('sign-in');
  });

  it('has a fine sign-in page after a wrong password', async () => {
    await tab.submit('Sign in', 'ada@example.org', password);
    await tab.alert.getByText('No account has this email and password.').waitFor();
    await expectToBeFine('wrong-password');
  });

  it('has a fine sign-up page with errors', async () => {
    await tab.goto('/auth?show=signup');
    await tab.submit('Create account', 'ada@nowhere', 'short');
    await tab.alert.getByText('Email is invalid').waitFor();
    await expectToBeFine('sign-up-errors');
  });

  it('has a fine page for a signed-in person', async () => {
    await tab.goto('/auth');
    await tab.signUp('ada@example.org', password);
    await tab.button('Like').click();
    await tab.isLogged('1 like');
    await tab.button('Refresh').click();
    await tab.isLogged('New tokens');
    await tab.page.mouse.move(0, 0);
    await expectToBeFine('home');
  });
});
