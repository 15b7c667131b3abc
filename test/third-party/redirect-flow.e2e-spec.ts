import { FastifyAdapter } from '@nestjs/platform-fastify';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { BrowserClient } from './browser-client.js';
import { FakeProviders, type FakePerson } from './fake-providers.js';

const ada: FakePerson = { id: '1001', email: 'ada@example.com', emailVerified: true };
const API = 'http://localhost:3001';
const WEBSITE = 'http://localhost:3000';

let providers: FakeProviders;
let testApp: TestApp;

beforeAll(async () => {
  providers = await FakeProviders.start();
});
afterAll(() => providers.stop());

/** The address that a redirect leads to. */
function locationOf(response: Response): URL {
  expect(response.status).toBe(302);
  return new URL(response.headers.get('location') ?? '');
}

/** Begins at the app, and answers the provider's address. */
async function begin(browser: BrowserClient, thirdPartyId: string, query = ''): Promise<URL> {
  return locationOf(await browser.visit(`${testApp.url}/auth/signin/${thirdPartyId}${query}`));
}

/** The app's callback, with what the provider gives to a person who says yes. */
function comeBack(authorisation: URL, person: FakePerson = ada): string {
  const redirectUri = authorisation.searchParams.get('redirect_uri') ?? '';
  expect(redirectUri.startsWith(`${API}/auth/callback/`)).toBe(true);
  const callback = new URL(redirectUri.replace(API, testApp.url));
  callback.searchParams.set('code', providers.approve(authorisation.href, person));
  callback.searchParams.set('state', authorisation.searchParams.get('state') ?? '');
  return callback.href;
}

describe.each([
  ['Express', undefined],
  ['Fastify', () => new FastifyAdapter()],
] as const)('the redirect flow on %s', (_name, adapter) => {
  beforeEach(async () => {
    providers.reset();
    testApp = await startTestApp({
      ...(adapter === undefined ? {} : { adapter }),
      auth: { thirdParty: { providers: providers.all() } },
    });
  });
  afterEach(() => testApp.close());

  it.each(['google', 'github', 'facebook'])('signs in with %s, and leads to the page asked for', async (id) => {
    const browser = new BrowserClient();
    const authorisation = await begin(browser, id, '?redirectToPath=%2Faccount%3Ftab%3D1%23top');
    expect(authorisation.searchParams.get('state')).toMatch(/^[\w-]{43}$/);
    expect(authorisation.searchParams.has('code_challenge')).toBe(id !== 'facebook');
    expect(browser.cookieNames).toHaveLength(1);
    const answer = await browser.visit(comeBack(authorisation));
    expect(locationOf(answer).href).toBe(`${WEBSITE}/account?tab=1#top`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(browser.cookieNames.sort()).toStrictEqual(['sAccessToken', 'sRefreshToken']);
    expect(answer.headers.get('st-access-token')).toBeNull();
  });

  it('leads to the website itself where no page is asked for', async () => {
    const browser = new BrowserClient();
    const answer = await browser.visit(comeBack(await begin(browser, 'google')));
    expect(locationOf(answer).href).toBe(`${WEBSITE}/`);
  });

  it('leads a person who says no to the sign-in page', async () => {
    const browser = new BrowserClient();
    const callback = new URL(comeBack(await begin(browser, 'google')));
    callback.searchParams.delete('code');
    callback.searchParams.set('error', 'access_denied');
    expect(locationOf(await browser.visit(callback.href)).href).toBe(`${WEBSITE}/auth?error=access_denied`);
    expect(browser.cookieNames).toStrictEqual([]);
  });

  it('refuses a state that was used', async () => {
    const browser = new BrowserClient();
    const authorisation = await begin(browser, 'google');
    const [name = ''] = browser.cookieNames;
    const sealed = browser.getCookie(name) ?? '';
    await browser.visit(comeBack(authorisation));
    browser.setCookie(name, sealed);
    const again = await browser.visit(comeBack(authorisation));
    expect(locationOf(again).href).toBe(`${WEBSITE}/auth?error=invalid_state`);
  });
});
