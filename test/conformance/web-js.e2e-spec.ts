import type { UserInput } from 'supertokens-web-js/recipe/session/index.js';
import { Browser } from './browser.js';
import type { BrowserTab } from './browser-tab.js';
import { API, COLOR, startConformanceWorld, WEBSITE, welcomeClaim, type ConformanceWorld } from './conformance-app.js';
import { loadWebJs, type WebJsSdk } from './sdk.js';

type SessionEvent = Parameters<NonNullable<UserInput['onHandleEvent']>>[0];

const REFRESH = '/auth/session/refresh';
const HOUR = 3600;
const password = 'passw0rd';

/** A page of the website with the SDK in it. */
interface Page extends WebJsSdk {
  readonly tab: BrowserTab;
  readonly events: SessionEvent[];
}

describe.each(['cookie', 'header'] as const)('supertokens-web-js in %s mode', (tokenTransferMethod) => {
  let world: ConformanceWorld;
  let emails = 0;

  beforeAll(async () => {
    world = await startConformanceWorld({
      emailPassword: {
        passwordHashing: { memoryCost: 64, timeCost: 1, parallelism: 1 },
        signUpFeature: {
          formFields: [
            {
              id: 'age',
              optional: true,
              validate: (value) => (Number(value) < 18 ? 'You must be over 18' : undefined),
            },
          ],
        },
      },
    });
  });

  afterAll(async () => {
    await world.close();
  });

  const newEmail = (): string => `person-${String(++emails)}@example.com`;

  const form = (email: string, more: Readonly<Record<string, string>> = {}) => ({
    formFields: Object.entries({ email, password, ...more }).map(([id, value]) => ({ id, value })),
  });

  async function openPage(browser = world.openBrowser(), transferMethod = tokenTransferMethod): Promise<Page> {
    const tab = browser.openTab(`${WEBSITE}/`);
    const sdk = await loadWebJs(tab);
    const events: SessionEvent[] = [];
    sdk.SuperTokens.init({
      appInfo: { appName: 'Test', apiDomain: API, apiBasePath: '/auth' },
      recipeList: [
        sdk.EmailPassword.init(),
        sdk.Session.init({ tokenTransferMethod: transferMethod, onHandleEvent: (event) => events.push(event) }),
      ],
    });
    return { ...sdk, tab, events };
  }

  /** A page of a person who has just signed up. */
  async function signUp(browser: Browser = world.openBrowser()): Promise<Page & { email: string; browser: Browser }> {
    const page = await openPage(browser);
    const email = newEmail();
    expect((await page.EmailPassword.signUp(form(email))).status).toBe('OK');
    // A browser that knows nothing asks for a refresh first, because there may be a session.
    browser.requests.length = 0;
    return { ...page, email, browser };
  }

  const getMe = async ({ tab }: Page): Promise<{ status: number; body: unknown }> => {
    const response = await tab.fetch(`${API}/me`);
    return { status: response.status, body: await response.json() };
  };

  /** The names of the session's tokens that a browser still has, whichever way they travel. */
  const tokensOf = async ({ browser, tab }: { browser: Browser; tab: BrowserTab }): Promise<string[]> => [
    ...(await browser.jar.getCookies(`${API}${REFRESH}`))
      .map(({ key }) => key)
      .filter((key) => key === 'sAccessToken' || key === 'sRefreshToken'),
    ...(tab.cookie.match(/st-(access|refresh)-token(?==[^;])/g) ?? []),
  ];

  const stealRefreshToken = async ({ browser, tab }: { browser: Browser; tab: BrowserTab }): Promise<string> => {
    const token =
      tokenTransferMethod === 'cookie'
        ? (await browser.jar.getCookies(`${API}${REFRESH}`)).find(({ key }) => key === 'sRefreshToken')?.value
        : /st-refresh-token=([^;]+)/.exec(tab.cookie)?.[1];
    return token ?? '';
  };

  const actionsOf = ({ events }: Page): string[] => events.map(({ action }) => action);

  describe('signing up and in', () => {
    it('signs up: OK, the user, and a session', async () => {
      const page = await openPage();
      const email = newEmail();
      expect(await page.Session.doesSessionExist()).toBe(false);
      const result = await page.EmailPassword.signUp(form(email));
      expect(result).toMatchObject({ status: 'OK' });
      if (result.status !== 'OK') {
        return;
      }
      const { user } = result;
      expect(user).toMatchObject({
        emails: [email],
        isPrimaryUser: false,
        tenantIds: ['public'],
        phoneNumbers: [],
        thirdParty: [],
        loginMethods: [{ recipeId: 'emailpassword', email, verified: false, recipeUserId: user.id }],
      });
      expect(await page.Session.doesSessionExist()).toBe(true);
      expect(await page.Session.getUserId()).toBe(user.id);
      expect(await getMe(page)).toEqual({ status: 200, body: { userId: user.id } });
      expect(actionsOf(page)).toContain('SESSION_CREATED');
      expect(page.tab.complaints).toEqual([]);
    });

    it('shows a taken email at its field', async () => {
      const { email } = await signUp();
      const page = await openPage();
      expect(await page.EmailPassword.signUp(form(email))).toMatchObject({
        status: 'FIELD_ERROR',
        formFields: [{ id: 'email', error: 'This email already exists. Please sign in instead.' }],
      });
      expect(await page.Session.doesSessionExist()).toBe(false);
    });

    it('shows what is wrong with fields', async () => {
      const page = await openPage();
      const result = await page.EmailPassword.signUp(form('ada', { password: 'short', age: '12' }));
      expect(result.status).toBe('FIELD_ERROR');
      expect(
        'formFields' in result ? new Map(result.formFields.map(({ id, error }) => [id, error])) : undefined,
      ).toEqual(
        new Map([
          ['email', 'Email is invalid'],
          ['password', 'Password must contain at least 8 characters, including a number'],
          ['age', 'You must be over 18'],
        ]),
      );
    });

    it('tells whether an email exists', async () => {
      const { email, EmailPassword } = await signUp();
      expect(await EmailPassword.doesEmailExist({ email })).toMatchObject({ status: 'OK', doesExist: true });
      expect(await EmailPassword.doesEmailExist({ email: newEmail() })).toMatchObject({ doesExist: false });
    });

    it('signs in: OK, the user, and a session', async () => {
      const { email, Session } = await signUp();
      const page = await openPage();
      const result = await page.EmailPassword.signIn(form(email.toUpperCase()));
      expect(result).toMatchObject({ status: 'OK', user: { id: await Session.getUserId(), emails: [email] } });
      expect((await getMe(page)).status).toBe(200);
    });

    it('does not sign in with a wrong password, or without an account', async () => {
      const { email } = await signUp();
      const page = await openPage();
      for (const wrong of [form(email, { password: 'wr0ngpass' }), form(newEmail())]) {
        expect(await page.EmailPassword.signIn(wrong)).toMatchObject({ status: 'WRONG_CREDENTIALS_ERROR' });
      }
      expect(await page.Session.doesSessionExist()).toBe(false);
      expect((await page.tab.fetch(`${API}/me`)).status).toBe(401);
      expect((await page.tab.fetch(`${API}/open`)).status).toBe(200);
    });

    it('signs another person in, in the place of the first', async () => {
      const first = await signUp();
      const firstId = await first.Session.getUserId();
      const { email } = await signUp();
      await first.EmailPassword.signIn(form(email));
      expect(await first.Session.getUserId()).not.toBe(firstId);
      expect((await getMe(first)).body).toEqual({ userId: await first.Session.getUserId() });
    });
  });

  describe('a session', () => {
    it('keeps its tokens where the mode says', async () => {
      const { browser, tab } = await signUp();
      const names = (await browser.jar.getCookies(`${API}${REFRESH}`)).map(({ key }) => key);
      const isCookieMode = tokenTransferMethod === 'cookie';
      expect(names.includes('sAccessToken') && names.includes('sRefreshToken')).toBe(isCookieMode);
      expect(/(^|; )st-access-token=/.test(tab.cookie)).toBe(!isCookieMode);
      // Scripts never see the cookies of the session.
      expect(tab.cookie).not.toMatch(/sAccessToken|sRefreshToken/);
      await tab.fetch(`${API}/me`);
      const { headers } = browser.requests.at(-1) ?? { headers: new Headers() };
      expect(headers.has('authorization')).toBe(!isCookieMode);
      expect(headers.get('cookie')?.includes('sRefreshToken') ?? false).toBe(false);
      expect(headers.get('st-auth-mode')).toBe(tokenTransferMethod);
    });

    it('survives a reload of the page', async () => {
      const { browser, Session } = await signUp();
      const reloaded = await openPage(browser);
      expect(await reloaded.Session.doesSessionExist()).toBe(true);
      expect(await reloaded.Session.getUserId()).toBe(await Session.getUserId());
      expect((await getMe(reloaded)).status).toBe(200);
      expect(browser.count(REFRESH)).toBe(0);
    });

    it('shows its payload, and changes of it at once', async () => {
      const page = await signUp();
      const before: unknown = await page.Session.getAccessTokenPayloadSecurely();
      expect(before).toMatchObject({ sub: await page.Session.getUserId(), tId: 'public', welcome: { v: false } });
      await page.tab.fetch(`${API}/color`, { method: 'POST' });
      expect(await page.Session.getAccessTokenPayloadSecurely()).toMatchObject({ color: COLOR });
      expect(actionsOf(page)).toContain('ACCESS_TOKEN_PAYLOAD_UPDATED');
      expect(page.browser.count(REFRESH)).toBe(0);
    });

    it('is refreshed by attemptRefreshingSession', async () => {
      const page = await signUp();
      expect(await page.Session.attemptRefreshingSession()).toBe(true);
      expect(page.browser.count(REFRESH)).toBe(1);
      expect(actionsOf(page)).toContain('REFRESH_SESSION');
      expect((await getMe(page)).status).toBe(200);
      expect(await (await openPage()).Session.attemptRefreshingSession()).toBe(false);
    });

    it('is refreshed by itself when the access token has expired, and the call is repeated', async () => {
      const page = await signUp();
      for (let round = 1; round <= 3; round++) {
        world.clock.advanceSeconds(HOUR);
        expect((await getMe(page)).status).toBe(200);
        expect(page.browser.count(REFRESH)).toBe(round);
      }
      expect(page.tab.complaints).toEqual([]);
    });

    it('is refreshed for a call that changes something', async () => {
      const page = await signUp();
      world.clock.advanceSeconds(HOUR);
      const response = await page.tab.fetch(`${API}/like`, { method: 'POST' });
      expect([response.status, await response.json()]).toEqual([200, { userId: await page.Session.getUserId() }]);
    });

    it('is refreshed once for 20 calls at once with an expired token', async () => {
      const page = await signUp();
      world.clock.advanceSeconds(HOUR);
      const answers = await Promise.all(Array.from({ length: 20 }, () => getMe(page)));
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
      expect(page.browser.count(REFRESH)).toBe(1);
    });

    it('is refreshed when somebody asks whether there is one', async () => {
      const page = await signUp();
      world.clock.advanceSeconds(HOUR);
      expect(await page.Session.doesSessionExist()).toBe(true);
      expect(page.browser.count(REFRESH)).toBe(1);
    });

    it('is refreshed by a call by XMLHttpRequest', async () => {
      const page = await signUp();
      expect((await page.tab.callByXhr('GET', `${API}/me`)).status).toBe(200);
      world.clock.advanceSeconds(HOUR);
      const answer = await page.tab.callByXhr('POST', `${API}/like`);
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.text)).toEqual({ userId: await page.Session.getUserId() });
      expect(page.browser.count(REFRESH)).toBe(1);
    });

    it('goes on after an answer to a refresh has been lost', async () => {
      const page = await signUp();
      world.clock.advanceSeconds(HOUR);
      page.browser.loseNextAnswer(REFRESH);
      await expect(getMe(page)).rejects.toThrow('Failed to fetch');
      expect(await page.Session.doesSessionExist()).toBe(true);
      expect((await getMe(page)).status).toBe(200);
      world.clock.advanceSeconds(HOUR);
      expect((await getMe(page)).status).toBe(200);
    });

    it('is one for all tabs: they refresh it once, and go on', async () => {
      const first = await signUp();
      const tabs = [first, await openPage(first.browser), await openPage(first.browser)];
      for (let round = 1; round <= 2; round++) {
        world.clock.advanceSeconds(HOUR);
        const answers = await Promise.all(tabs.flatMap((tab) => [getMe(tab), getMe(tab)]));
        expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
        expect(first.browser.count(REFRESH)).toBe(round);
      }
    });

    it('ends with signOut, for all tabs and for the server', async () => {
      const page = await signUp();
      const other = await openPage(page.browser);
      const [handle = ''] = await world.sessions.getAllSessionHandlesForUser(await page.Session.getUserId());
      await page.Session.signOut();
      expect(actionsOf(page)).toContain('SIGN_OUT');
      for (const tab of [page, other]) {
        expect(await tab.Session.doesSessionExist()).toBe(false);
        expect((await tab.tab.fetch(`${API}/me`)).status).toBe(401);
      }
      expect(await world.sessions.getSessionInformation(handle)).toBeUndefined();
      const names = (await page.browser.jar.getCookies(`${API}${REFRESH}`)).map(({ key }) => key);
      expect(names).not.toContain('sAccessToken');
      expect(names).not.toContain('sRefreshToken');
      // And the next person can sign in.
      expect((await page.EmailPassword.signIn(form(page.email))).status).toBe('OK');
      expect((await getMe(other)).status).toBe(200);
    });

    it('ends with signOut when the access token has expired', async () => {
      const page = await signUp();
      const userId = await page.Session.getUserId();
      world.clock.advanceSeconds(HOUR);
      await page.Session.signOut();
      expect(await page.Session.doesSessionExist()).toBe(false);
      expect(await world.sessions.getAllSessionHandlesForUser(userId)).toEqual([]);
    });

    it('ends when a handler revokes it', async () => {
      const page = await signUp();
      await page.tab.fetch(`${API}/revoke`, { method: 'POST' });
      expect(await page.Session.doesSessionExist()).toBe(false);
      expect(actionsOf(page)).toContain('SIGN_OUT');
    });

    it('ends at its next refresh once the server has revoked it', async () => {
      const page = await signUp();
      await world.sessions.revokeAllSessionsForUser(await page.Session.getUserId());
      expect((await getMe(page)).status).toBe(200);
      world.clock.advanceSeconds(HOUR);
      expect((await page.tab.fetch(`${API}/me`)).status).toBe(401);
      expect(await page.Session.doesSessionExist()).toBe(false);
      expect(await tokensOf(page)).toEqual([]);
      expect(page.events.find(({ action }) => action === 'UNAUTHORISED')).toMatchObject({
        sessionExpiredOrRevoked: true,
      });
    });

    it('ends at once where a route asks the database', async () => {
      const page = await signUp();
      expect((await page.tab.fetch(`${API}/checked`)).status).toBe(200);
      await world.sessions.revokeAllSessionsForUser(await page.Session.getUserId());
      expect((await page.tab.fetch(`${API}/checked`)).status).toBe(401);
      expect(await tokensOf(page)).toEqual([]);
      expect(await page.Session.doesSessionExist()).toBe(false);
      expect(actionsOf(page)).toContain('UNAUTHORISED');
    });

    it('ends once a stolen refresh token has been used', async () => {
      const page = await signUp();
      const thief = await world.sessions.refreshSessionWithoutRequestResponse(await stealRefreshToken(page));
      await world.sessions.getSessionWithoutRequestResponse(thief.getAccessToken());
      world.clock.advanceSeconds(HOUR);
      expect((await page.tab.fetch(`${API}/me`)).status).toBe(401);
      expect(await page.Session.doesSessionExist()).toBe(false);
      expect(await tokensOf(page)).toEqual([]);
      const { refreshToken = '' } = thief.getAllSessionTokensDangerously();
      await expect(world.sessions.refreshSessionWithoutRequestResponse(refreshToken)).rejects.toThrow();
    });

    it('ends when a thief comes after its person has refreshed it', async () => {
      const page = await signUp();
      const stolen = await stealRefreshToken(page);
      world.clock.advanceSeconds(HOUR);
      expect((await getMe(page)).status).toBe(200);
      world.clock.advanceSeconds(60);
      await expect(world.sessions.refreshSessionWithoutRequestResponse(stolen)).rejects.toThrow();
      world.clock.advanceSeconds(HOUR);
      expect((await page.tab.fetch(`${API}/me`)).status).toBe(401);
      expect(await page.Session.doesSessionExist()).toBe(false);
      expect(await tokensOf(page)).toEqual([]);
    });

    it('is refreshed for a route that also serves people without one', async () => {
      const greet = async ({ tab }: Page): Promise<unknown> => (await tab.fetch(`${API}/greeting`)).json();
      expect(await greet(await openPage())).toEqual({ userId: null });
      const page = await signUp();
      world.clock.advanceSeconds(HOUR);
      expect(await greet(page)).toEqual({ userId: await page.Session.getUserId() });
      expect(page.browser.count(REFRESH)).toBe(1);
    });

    it.each([
      ['ahead', 2 * HOUR],
      ['behind', -2 * HOUR],
    ])('is refreshed when its time has come on a device whose clock is %s', async (_name, seconds) => {
      const page = await signUp(world.openBrowser(seconds * 1000));
      for (let round = 0; round <= 2; round++) {
        expect(await page.Session.doesSessionExist()).toBe(true);
        expect((await getMe(page)).status).toBe(200);
        expect(await page.Session.getAccessTokenPayloadSecurely()).toMatchObject({ tId: 'public' });
        expect(page.browser.count(REFRESH)).toBe(round);
        world.clock.advanceSeconds(HOUR);
      }
    });

    it('travels in the other way after the website has changed its mind and the person has signed in again', async () => {
      const before = await signUp();
      const other = tokenTransferMethod === 'cookie' ? 'header' : 'cookie';
      const after = await openPage(before.browser, other);
      expect((await after.EmailPassword.signIn(form(before.email))).status).toBe('OK');
      expect((await getMe(after)).status).toBe(200);
      world.clock.advanceSeconds(HOUR);
      expect((await getMe(after)).status).toBe(200);
      expect((await tokensOf({ browser: before.browser, tab: after.tab })).sort()).toEqual(
        other === 'cookie' ? ['sAccessToken', 'sRefreshToken'] : ['st-access-token', 'st-refresh-token'],
      );
    });

    it('lasts for 100 days without a visit, and not for longer', async () => {
      const page = await signUp();
      world.clock.advanceSeconds(99 * 24 * HOUR);
      expect((await getMe(page)).status).toBe(200);
      world.clock.advanceSeconds(101 * 24 * HOUR);
      expect(await page.Session.doesSessionExist()).toBe(false);
    });
  });

  describe('claims', () => {
    it('that a route asks for and that fail are told, and pass once they are true', async () => {
      const page = await signUp();
      const refused = await page.tab.fetch(`${API}/vip`);
      expect(refused.status).toBe(403);
      const reason = { message: 'wrong value', expectedValue: true, actualValue: false };
      expect(await page.Session.getInvalidClaimsFromResponse({ response: refused })).toEqual([
        { id: welcomeClaim.key, reason },
      ]);
      expect(page.events.find(({ action }) => action === 'API_INVALID_CLAIM')).toMatchObject({
        claimValidationErrors: [{ id: 'welcome', reason }],
      });
      expect(page.browser.count(REFRESH)).toBe(0);
      expect(await page.Session.doesSessionExist()).toBe(true);

      expect((await page.tab.fetch(`${API}/welcome`, { method: 'POST' })).status).toBe(200);
      expect((await page.tab.fetch(`${API}/vip`)).status).toBe(200);
    });

    it('are read and checked in the page as the server wrote them', async () => {
      const page = await signUp();
      const claim = new page.Session.BooleanClaim({ id: 'welcome', refresh: () => Promise.resolve() });
      expect(await page.Session.getClaimValue({ claim })).toBe(false);
      const validate = () =>
        page.Session.validateClaims({
          overrideGlobalClaimValidators: (validators) => [...validators, claim.validators.isTrue()],
        });
      expect(await validate()).toMatchObject([{ id: 'welcome' }]);
      await page.tab.fetch(`${API}/welcome`, { method: 'POST' });
      expect(await page.Session.getClaimValue({ claim })).toBe(true);
      expect(await validate()).toEqual([]);
    });

    it('are fetched again by the page once they are too old', async () => {
      const page = await signUp();
      let fetches = 0;
      const claim = new page.Session.BooleanClaim({
        id: 'welcome',
        refresh: async () => {
          fetches++;
          await page.tab.fetch(`${API}/welcome`, { method: 'POST' });
        },
      });
      const validate = () =>
        page.Session.validateClaims({
          overrideGlobalClaimValidators: (validators) => [...validators, claim.validators.isTrue(300)],
        });
      expect(await validate()).toMatchObject([{ id: 'welcome' }]);
      expect(fetches).toBe(0);
      world.clock.advanceSeconds(301);
      expect(await validate()).toEqual([]);
      expect(await validate()).toEqual([]);
      expect(fetches).toBe(1);
    });
  });
});

describe('what the app says to a person', () => {
  let world: ConformanceWorld;

  beforeAll(async () => {
    world = await startConformanceWorld({
      emailPassword: {
        passwordHashing: { memoryCost: 64, timeCost: 1, parallelism: 1 },
        beforeSignUp: ({ email }) =>
          email.startsWith('general')
            ? { status: 'GENERAL_ERROR', message: 'We are closed today' }
            : { status: 'SIGN_UP_NOT_ALLOWED', reason: 'By invitation only' },
      },
    });
  });

  afterAll(async () => {
    await world.close();
  });

  it('reaches the page as an error that the SDK marks, and as a result with a reason', async () => {
    const tab = world.openBrowser().openTab(WEBSITE);
    const { SuperTokens, EmailPassword, Session } = await loadWebJs(tab);
    SuperTokens.init({
      appInfo: { appName: 'Test', apiDomain: API, apiBasePath: '/auth' },
      recipeList: [EmailPassword.init(), Session.init()],
    });
    const formFields = (email: string) => ({
      formFields: [
        { id: 'email', value: email },
        { id: 'password', value: password },
      ],
    });
    await expect(EmailPassword.signUp(formFields('general@example.com'))).rejects.toMatchObject({
      isSuperTokensGeneralError: true,
      message: 'We are closed today',
    });
    expect(await EmailPassword.signUp(formFields('ada@example.com'))).toMatchObject({
      status: 'SIGN_UP_NOT_ALLOWED',
      reason: 'By invitation only',
    });
    expect(await Session.doesSessionExist()).toBe(false);
  });
});
