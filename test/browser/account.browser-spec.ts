import type { Browser, BrowserContext, Page } from 'playwright-core';
import { findAccessibilityViolations } from './accessibility.js';
import { launchBrowser } from './browser.js';
import { DemoPage } from './demo-page.js';
import { DemoProcess } from './demo-process.js';

const [OLD, NEW] = ['correct horse 1', 'battery staple 2'];

describe('The account page in Chromium', () => {
  let demo: DemoProcess;
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  let emails = 0;

  beforeAll(async () => {
    [demo, browser] = await Promise.all([
      DemoProcess.start({ NODE_ENV: 'test', EMAIL_VERIFICATION: 'OPTIONAL' }),
      launchBrowser(),
    ]);
  });

  afterAll(async () => {
    await browser.close();
    await demo.stop();
  });

  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
  });

  const newEmail = (): string => `person-${String(++emails)}@example.org`;

  async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<DemoPage> {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
    contexts.push(context);
    return DemoPage.open(context, demo.origin, '/auth');
  }

  async function signUp(options: Parameters<Browser['newContext']>[0] = {}): Promise<DemoPage & { address: string }> {
    const [tab, address] = [await open(options), newEmail()];
    await tab.page.getByRole('link', { name: 'Create an account' }).click();
    await tab.submit('Create account', address, OLD);
    await tab.page.waitForURL(`${demo.origin}/`);
    await tab.goto('/auth/account');
    return Object.assign(tab, { address });
  }

  const current = (page: Page) => page.getByLabel('Current password', { exact: true });
  const next = (page: Page) => page.getByLabel('New password', { exact: true });

  it('is reached from the home page, and shows this device and the others', async () => {
    const tab = await signUp();
    await tab.goto('/');
    await tab.page.getByRole('link', { name: 'Account', exact: true }).click();
    await tab.heading('Your account').waitFor();
    const other = await open();
    await other.submit('Sign in', tab.address, OLD);
    await other.page.waitForURL(`${demo.origin}/`);
    await tab.page.reload();
    expect(await tab.page.getByText('this device').count()).toBe(1);
    await tab.page.getByRole('button', { name: 'Sign out Chrome on Linux' }).click();
    await tab.page.getByText('That device is signed out.').waitFor();
    await other.goto('/auth/account');
    await other.heading('Welcome back').waitFor();
    expect(tab.complaints).toEqual([]);
  });

  it('changes the password by keyboard alone', async () => {
    const tab = await signUp();
    const { page } = tab;
    await page.getByRole('link', { name: 'Change password' }).focus();
    await page.keyboard.press('Enter');
    await tab.heading('Change password').waitFor();
    await tab.isFocused(current(page));
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByRole('link', { name: 'Choose a password' }).focus();
    await page.keyboard.press('Enter');
    await tab.isFocused(next(page));
    await page.keyboard.type(NEW);
    await current(page).focus();
    await page.keyboard.type(OLD);
    await page.keyboard.press('Enter');
    await page.getByText('Your password has been changed').waitFor();
    await tab.button('Sign out').click();
    await tab.heading('You are signed out').waitFor();
    await tab.goto('/auth');
    await tab.submit('Sign in', tab.address, NEW);
    await page.waitForURL(`${demo.origin}/`);
    expect(tab.complaints).toEqual([]);
  });

  it('changes the email by the link of the mail', async () => {
    const tab = await signUp();
    const { page } = tab;
    const address = newEmail();
    await page.getByRole('link', { name: 'Change email' }).click();
    await tab.email.fill(address);
    await current(page).fill(OLD);
    await tab.button('Send the link').click();
    await page.getByText('We have sent a link to the new address.').waitFor();
    await tab.goto('/dev/mailbox');
    const message = page.getByRole('listitem').filter({ hasText: address });
    while ((await message.count()) === 0) {
      await page.reload();
    }
    await message.getByRole('link').click();
    await page.frameLocator('iframe').getByRole('link', { name: 'Confirm address' }).click();
    await tab.heading('Thank you').waitFor();
    await tab.goto('/auth/account');
    await page.getByText(address).waitFor();
    await page.getByText('confirmed', { exact: false }).first().waitFor();
  });

  it('deletes the account', async () => {
    const tab = await signUp();
    await tab.page.getByRole('link', { name: 'Delete the account' }).click();
    await current(tab.page).fill(OLD);
    await tab.button('Delete the account for good').click();
    await tab.heading('You are signed out').waitFor();
    await tab.goto('/auth');
    await tab.submit('Sign in', tab.address, OLD);
    await tab.page.getByText('No account has this email and password.').waitFor();
  });

  it('works without JavaScript', async () => {
    const tab = await signUp({ javaScriptEnabled: false });
    await tab.page.getByRole('link', { name: 'Change password' }).click();
    await current(tab.page).fill('wrong horse 1');
    await next(tab.page).fill(NEW);
    await tab.button('Change password').click();
    await tab.page.getByRole('link', { name: 'This is not your current password.' }).waitFor();
    await current(tab.page).fill(OLD);
    await next(tab.page).fill(NEW);
    await tab.button('Change password').click();
    await tab.page.getByText('Your password has been changed').waitFor();
    await tab.button('Sign out').click();
    await tab.heading('You are signed out').waitFor();
  });

  describe.each([
    { width: 360, height: 740, colorScheme: 'light' as const },
    { width: 360, height: 740, colorScheme: 'dark' as const },
    { width: 1280, height: 800, colorScheme: 'light' as const },
    { width: 1280, height: 800, colorScheme: 'dark' as const },
  ])('at $width px, $colorScheme', ({ width, height, colorScheme }) => {
    it('has fine pages', async () => {
      const options = { viewport: { width, height }, colorScheme };
      const tab = await signUp(options);
      const other = await open(options);
      await other.submit('Sign in', tab.address, OLD);
      await other.page.waitForURL(`${demo.origin}/`);
      for (const path of ['account', 'account?done=password', 'account/password', 'account/email', 'account/delete']) {
        await tab.goto(`/auth/${path}`);
        expect(await findAccessibilityViolations(tab.page)).toEqual([]);
        expect(await tab.page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
      }
      await tab.goto('/auth/account/password');
      await tab.button('Change password').click();
      await tab.page.getByRole('alert').getByRole('link').first().waitFor();
      expect(await findAccessibilityViolations(tab.page)).toEqual([]);
      expect(tab.complaints).toEqual([]);
    });
  });
});
