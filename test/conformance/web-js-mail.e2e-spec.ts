import { MailServer, type ReceivedMail } from '../email/mail-server.js';
import type { Browser } from './browser.js';
import type { BrowserTab } from './browser-tab.js';
import { API, startConformanceWorld, WEBSITE, type ConformanceWorld } from './conformance-app.js';
import { loadWebJs, type WebJsSdk } from './sdk.js';

const [OLD, NEW] = ['old-passw0rd', 'new-passw0rd'];

type Page = WebJsSdk & { readonly tab: BrowserTab };

describe.each(['cookie', 'header'] as const)('supertokens-web-js and mail in %s mode', (tokenTransferMethod) => {
  let world: ConformanceWorld;
  let mailServer: MailServer;
  let emails = 0;

  beforeAll(async () => {
    mailServer = await MailServer.start();
    world = await startConformanceWorld({
      email: mailServer.delivery,
      emailVerification: { mode: 'REQUIRED' },
    });
  });

  afterAll(async () => {
    await world.close();
    await mailServer.stop();
  });

  const newEmail = (): string => `person-${String(++emails)}@example.com`;

  async function openPage(browser: Browser, url = `${WEBSITE}/`): Promise<Page> {
    const tab = browser.openTab(url);
    const sdk = await loadWebJs(tab);
    sdk.SuperTokens.init({
      appInfo: { appName: 'Test', apiDomain: API, apiBasePath: '/auth' },
      recipeList: [sdk.EmailPassword.init(), sdk.EmailVerification.init(), sdk.Session.init({ tokenTransferMethod })],
    });
    return { ...sdk, tab };
  }

  const openLink = (browser: Browser, { link }: ReceivedMail): Promise<Page> => openPage(browser, link.href);

  async function signUp(): Promise<Page & { email: string; browser: Browser }> {
    const browser = world.openBrowser();
    const page = await openPage(browser);
    const email = newEmail();
    expect((await page.EmailPassword.signUp(form({ email, password: OLD }))).status).toBe('OK');
    return { ...page, email, browser };
  }

  const form = (fields: Readonly<Record<string, string>>) => ({
    formFields: Object.entries(fields).map(([id, value]) => ({ id, value })),
  });
  const signIn = async ({ EmailPassword }: Page, email: string, password: string): Promise<string> =>
    (await EmailPassword.signIn(form({ email, password }))).status;
  const getStatus = async ({ tab }: Page): Promise<number> => (await tab.fetch(`${API}/me`)).status;

  describe('verification', () => {
    it('is what the claims say is missing, until the link of the mail is followed', async () => {
      const page = await signUp();
      const validate = async (): Promise<string[]> =>
        (await page.Session.validateClaims({ overrideGlobalClaimValidators: (validators) => validators })).map(
          ({ id }) => id,
        );
      expect(await validate()).toEqual(['st-ev']);
      expect(await getStatus(page)).toBe(403);
      expect(await page.EmailVerification.isEmailVerified()).toMatchObject({ status: 'OK', isVerified: false });
      expect(await page.EmailVerification.sendVerificationEmail()).toMatchObject({ status: 'OK' });

      const linked = await openLink(page.browser, await mailServer.waitForMail(page.email));
      expect(linked.EmailVerification.getTenantIdFromURL()).toBe('public');
      expect(await linked.EmailVerification.verifyEmail()).toMatchObject({ status: 'OK' });
      expect(await validate()).toEqual([]);
      expect(await getStatus(page)).toBe(200);
      expect(await page.EmailVerification.sendVerificationEmail()).toMatchObject({
        status: 'EMAIL_ALREADY_VERIFIED_ERROR',
      });
      expect(await linked.EmailVerification.verifyEmail()).toMatchObject({
        status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR',
      });
    });

    it('reaches the first browser when the link is followed in another one', async () => {
      const page = await signUp();
      await page.EmailVerification.sendVerificationEmail();
      const linked = await openLink(world.openBrowser(), await mailServer.waitForMail(page.email));
      expect(await linked.EmailVerification.verifyEmail()).toMatchObject({ status: 'OK' });
      expect(await page.EmailVerification.isEmailVerified()).toMatchObject({ status: 'OK', isVerified: true });
      expect(await getStatus(page)).toBe(200);
    });
  });

  describe('a forgotten password', () => {
    it('is replaced by the link of the mail, and ends the sessions', async () => {
      const page = await signUp();
      const elsewhere = await openPage(world.openBrowser());
      expect(await elsewhere.EmailPassword.sendPasswordResetEmail(form({ email: page.email }))).toMatchObject({
        status: 'OK',
      });
      const linked = await openLink(world.openBrowser(), await mailServer.waitForMail(page.email, 'Reset'));
      expect(linked.EmailPassword.getResetPasswordTokenFromURL()).toMatch(/^[\w-]{43}$/);
      expect(await linked.EmailPassword.submitNewPassword(form({ password: 'short' }))).toMatchObject({
        status: 'FIELD_ERROR',
      });
      expect(await linked.EmailPassword.submitNewPassword(form({ password: NEW }))).toMatchObject({ status: 'OK' });
      expect(await linked.EmailPassword.submitNewPassword(form({ password: NEW }))).toMatchObject({
        status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR',
      });
      expect(await signIn(linked, page.email, OLD)).toBe('WRONG_CREDENTIALS_ERROR');
      expect(await signIn(linked, page.email, NEW)).toBe('OK');
      // The link has proven the address as well.
      expect(await getStatus(linked)).toBe(200);
      expect(await page.Session.attemptRefreshingSession()).toBe(false);
      expect(await page.Session.doesSessionExist()).toBe(false);
    });

    it('is answered alike for an email without an account', async () => {
      const page = await openPage(world.openBrowser());
      expect(await page.EmailPassword.sendPasswordResetEmail(form({ email: newEmail() }))).toMatchObject({
        status: 'OK',
      });
    });
  });
});
