import type * as Website from 'supertokens-website';
import type { AuthOptions } from 'nestward';
import type { TestAppOptions } from '../support/create-app.js';
import type { Browser } from './browser.js';
import type { BrowserTab } from './browser-tab.js';
import { API, COLOR, startConformanceWorld, WEBSITE, type ConformanceWorld } from './conformance-app.js';
import { loadWebsite } from './sdk.js';

const REFRESH = '/auth/session/refresh';
const HOUR = 3600;

type InitOptions = Parameters<typeof Website.init>[0];

interface Page {
  readonly tab: BrowserTab;
  readonly browser: Browser;
  readonly sdk: typeof Website;
  readonly api: string;
}

interface Case {
  readonly name: string;
  readonly auth?: AuthOptions;
  readonly appInfo?: NonNullable<TestAppOptions['appInfo']> & { readonly apiDomain?: string };
  readonly init?: Partial<InitOptions>;
  /** The refresh token's cookie, as far as the case is about it. */
  readonly cookie?: object;
}

const CROSS_SITE = { apiDomain: 'https://api.acme-api.com', websiteDomain: 'https://www.acme.com' };
const SUBDOMAINS = { apiDomain: 'https://api.acme.com', websiteDomain: 'https://www.acme.com' };

/** Apps in whose frontends the SDK must work. The other file of this folder goes deeper, in the first two. */
const CASES: readonly Case[] = [
  { name: 'localhost', cookie: { sameSite: 'lax', secure: false } },
  { name: 'localhost in header mode', init: { tokenTransferMethod: 'header' } },
  { name: 'two subdomains of one site', appInfo: SUBDOMAINS, cookie: { sameSite: 'lax', secure: true } },
  {
    name: 'two subdomains that share their cookies',
    appInfo: SUBDOMAINS,
    auth: { session: { cookieDomain: '.acme.com' } },
    init: { sessionTokenFrontendDomain: '.acme.com' },
    cookie: { domain: 'acme.com', hostOnly: false },
  },
  {
    name: 'two sites: SameSite none, anti-CSRF by a custom header',
    appInfo: CROSS_SITE,
    cookie: { sameSite: 'none', secure: true },
  },
  { name: 'two sites in header mode', appInfo: CROSS_SITE, init: { tokenTransferMethod: 'header' } },
  {
    name: 'anti-CSRF by a token',
    appInfo: CROSS_SITE,
    auth: { session: { antiCsrf: 'VIA_TOKEN' } },
  },
  {
    name: 'another base path',
    appInfo: { apiBasePath: '/api/v2/auth' },
    init: { apiBasePath: '/api/v2/auth' },
    cookie: { path: '/api/v2/auth/session/refresh' },
  },
  {
    name: 'the root as base path',
    appInfo: { apiBasePath: '/' },
    init: { apiBasePath: '/' },
    cookie: { path: '/session/refresh' },
  },
  {
    name: 'other status codes',
    auth: { session: { sessionExpiredStatusCode: 440, invalidClaimStatusCode: 441 } },
    init: { sessionExpiredStatusCode: 440, invalidClaimStatusCode: 441 },
  },
  {
    name: 'an access token that scripts may read',
    auth: { session: { exposeAccessTokenToFrontendInCookieBasedAuth: true } },
  },
  { name: 'a static signing key', auth: { session: { useDynamicAccessTokenSigningKey: false } } },
  { name: 'RS256', auth: { session: { signingAlgorithm: 'RS256' } } },
];

describe.each(CASES)('supertokens-website: $name', ({ auth, appInfo = {}, init = {}, cookie }) => {
  let world: ConformanceWorld;
  const api = appInfo.apiDomain ?? API;
  const refreshPath = `${(init.apiBasePath ?? '/auth').replace(/\/$/, '')}/session/refresh`;
  const isHeaderMode = init.tokenTransferMethod === 'header';

  beforeAll(async () => {
    world = await startConformanceWorld(auth, appInfo);
  });

  afterAll(async () => {
    await world.close();
  });

  async function openPage(browser = world.openBrowser()): Promise<Page> {
    const tab = browser.openTab(`${appInfo.websiteDomain ?? WEBSITE}/page`);
    const sdk = await loadWebsite(tab);
    sdk.init({ apiDomain: api, ...init });
    return { tab, browser, sdk, api };
  }

  async function signIn(): Promise<Page> {
    const page = await openPage();
    expect((await page.tab.fetch(`${api}/login`, { method: 'POST' })).status).toBe(200);
    page.browser.requests.length = 0;
    return page;
  }

  it('signs in, calls, refreshes, changes its payload, and signs out', async () => {
    const page = await signIn();
    const { sdk, tab, browser } = page;
    expect(await sdk.doesSessionExist()).toBe(true);
    expect(await sdk.getUserId()).toBe('login-user');
    expect((await tab.fetch(`${api}/me`)).status).toBe(200);
    expect((await tab.fetch(`${api}/like`, { method: 'POST' })).status).toBe(200);

    for (let round = 1; round <= 3; round++) {
      world.clock.advanceSeconds(HOUR);
      // Each a first use of the tokens that the refresh gave: reading, and changing something.
      const path = round % 2 === 0 ? '/me' : '/color';
      expect((await tab.fetch(`${api}${path}`, { method: round % 2 === 0 ? 'GET' : 'POST' })).status).toBe(200);
      expect((await tab.fetch(`${api}/like`, { method: 'POST' })).status).toBe(200);
      expect(browser.count(refreshPath)).toBe(round);
    }
    expect(await sdk.getAccessTokenPayloadSecurely()).toMatchObject({ sub: 'login-user', color: COLOR });

    const refused = await tab.fetch(`${api}/vip`);
    expect(refused.status).toBe(auth?.session?.invalidClaimStatusCode ?? 403);
    expect(await sdk.getInvalidClaimsFromResponse({ response: refused })).toMatchObject([{ id: 'welcome' }]);

    expect(await sdk.attemptRefreshingSession()).toBe(true);
    const [handle = ''] = await world.sessions.getAllSessionHandlesForUser('login-user');
    await sdk.signOut();
    expect(await sdk.doesSessionExist()).toBe(false);
    expect(await world.sessions.getSessionInformation(handle)).toBeUndefined();
    expect((await tab.fetch(`${api}/me`)).status).toBe(auth?.session?.sessionExpiredStatusCode ?? 401);
    expect(tab.complaints).toEqual([]);
  });

  it('keeps its tokens where it should', async () => {
    const { browser, tab } = await signIn();
    const [refreshCookie, ...others] = (await browser.jar.getCookies(api + refreshPath)).filter(
      ({ key }) => key === 'sRefreshToken',
    );
    expect(others).toEqual([]);
    expect(refreshCookie === undefined).toBe(isHeaderMode);
    if (cookie !== undefined) {
      expect(refreshCookie).toMatchObject(cookie);
    }
    expect(/(^|; )st-refresh-token=[^;]/.test(tab.cookie)).toBe(isHeaderMode);
  });

  it('gives a page of another origin nothing', async () => {
    const { browser } = await signIn();
    const foreign = browser.openTab('https://evil.example/');
    await expect(foreign.fetch(`${api}/me`, { credentials: 'include' })).rejects.toThrow('Failed to fetch');
    await expect(foreign.fetch(`${api}/like`, { method: 'POST', credentials: 'include' })).rejects.toThrow();
    await expect(
      foreign.fetch(`${api}${refreshPath}`, { method: 'POST', credentials: 'include', headers: { rid: 'session' } }),
    ).rejects.toThrow();
    // What SameSite or anti-CSRF refuses has not reached a handler either.
    const answers = browser.requests.filter(({ method }) => method === 'POST').map(({ status }) => status);
    expect(answers).not.toContain(200);
  });
});

describe('supertokens-website, and what it is told', () => {
  let world: ConformanceWorld;

  beforeAll(async () => {
    world = await startConformanceWorld({ session: { exposeAccessTokenToFrontendInCookieBasedAuth: true } });
  });

  afterAll(async () => {
    await world.close();
  });

  it('sends the versions that the library speaks, and gets the access token that scripts may read', async () => {
    const browser = world.openBrowser();
    const tab = browser.openTab(WEBSITE);
    const sdk = await loadWebsite(tab);
    sdk.init({ apiDomain: API });
    await tab.fetch(`${API}/login`, { method: 'POST' });
    expect(await sdk.getAccessToken()).toMatch(/^eyJ/);
    world.clock.advanceSeconds(HOUR);
    await tab.fetch(`${API}/me`);
    const refresh = browser.requests.findLast(({ path, method }) => path === REFRESH && method === 'POST');
    expect(refresh?.status).toBe(200);
    expect(refresh?.headers.get('fdi-version')?.split(',')).toEqual(expect.arrayContaining(['1.17', '2.0', '3.1']));
    expect(refresh?.headers.get('rid')).toBe('session');
  });
});
