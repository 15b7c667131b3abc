import { generateKeyPairSync } from 'node:crypto';
import { getSessionUserId } from '../email-password/client.js';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { BrowserClient } from './browser-client.js';
import { CLIENT, FakeProviders, type FakePerson } from './fake-providers.js';
import { callbackOf, ThirdPartyClient } from './third-party-client.js';

const ada: FakePerson = { id: '1001', email: 'ada@example.com', emailVerified: true };
const mallory: FakePerson = { id: '6666', email: 'mallory@example.com', emailVerified: true };
const API = 'http://localhost:3001';
const SIGN_IN_PAGE = 'http://localhost:3000/auth';

let providers: FakeProviders;
let testApp: TestApp;
let client: ThirdPartyClient;

beforeAll(async () => {
  providers = await FakeProviders.start();
});
afterAll(() => providers.stop());
beforeEach(async () => {
  providers.reset();
  testApp = await startTestApp({ auth: { thirdParty: { providers: providers.all() } } });
  testApp.app.useLogger(false);
  client = new ThirdPartyClient(testApp, providers);
});
afterEach(() => testApp.close());

const refused = { status: 'GENERAL_ERROR', message: expect.stringContaining('did not confirm the sign-in') };

describe('the redirect flow', () => {
  async function begin(browser: BrowserClient, thirdPartyId = 'google'): Promise<URL> {
    const answer = await browser.visit(`${testApp.url}/auth/signin/${thirdPartyId}`);
    return new URL(answer.headers.get('location') ?? '');
  }

  function comeBack(authorisation: URL, changes: Record<string, string | undefined> = {}): string {
    const callback = new URL((authorisation.searchParams.get('redirect_uri') ?? '').replace(API, testApp.url));
    callback.searchParams.set('code', providers.approve(authorisation.href, ada));
    callback.searchParams.set('state', authorisation.searchParams.get('state') ?? '');
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) {
        callback.searchParams.delete(name);
      } else {
        callback.searchParams.set(name, value);
      }
    }
    return callback.href;
  }

  async function expectRefusal(browser: BrowserClient, url: string, error = 'invalid_state'): Promise<void> {
    const answer = await browser.visit(url);
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toBe(`${SIGN_IN_PAGE}?error=${error}`);
    expect(answer.headers.get('front-token')).toBeNull();
    expect(browser.cookieNames).not.toContain('sAccessToken');
  }

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['forged', 'A'.repeat(43)],
    ['of another form', 'x'],
  ])('refuses a state that is %s', async (_what, state) => {
    const browser = new BrowserClient();
    await expectRefusal(browser, comeBack(await begin(browser), { state }));
    expect(providers.seen.filter(({ method }) => method === 'POST')).toStrictEqual([]);
  });

  it('refuses a state that another browser began with', async () => {
    const authorisation = await begin(new BrowserClient());
    await expectRefusal(new BrowserClient(), comeBack(authorisation));
    const otherWithOwnRedirect = new BrowserClient();
    await begin(otherWithOwnRedirect);
    await expectRefusal(otherWithOwnRedirect, comeBack(authorisation));
  });

  it('refuses the cookie of one redirect for another, though its name is made to fit', async () => {
    const [first, second] = [new BrowserClient(), new BrowserClient()];
    const authorisation = await begin(first);
    await begin(second);
    const [firstName = '', secondName = ''] = [first.cookieNames[0], second.cookieNames[0]];
    first.setCookie(firstName, second.getCookie(secondName) ?? '');
    await expectRefusal(first, comeBack(authorisation));
  });

  it('refuses a cookie that was changed', async () => {
    const browser = new BrowserClient();
    const authorisation = await begin(browser);
    const [name = ''] = browser.cookieNames;
    const bytes = Buffer.from(browser.getCookie(name) ?? '', 'base64url');
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    browser.setCookie(name, bytes.toString('base64url'));
    await expectRefusal(browser, comeBack(authorisation));
  });

  it('lets of many uses of a state at once one through', async () => {
    const browser = new BrowserClient();
    const authorisation = await begin(browser);
    const [name = ''] = browser.cookieNames;
    const sealed = browser.getCookie(name) ?? '';
    const answers = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const copy = new BrowserClient();
        copy.setCookie(name, sealed);
        return (await copy.visit(comeBack(authorisation))).headers.get('location');
      }),
    );
    expect(answers.filter((location) => location === 'http://localhost:3000/')).toHaveLength(1);
    expect(answers.filter((location) => location === `${SIGN_IN_PAGE}?error=invalid_state`)).toHaveLength(5);
  });

  it('refuses a state after ten minutes', async () => {
    const browser = new BrowserClient();
    const authorisation = await begin(browser);
    testApp.clock.advanceSeconds(600);
    await expectRefusal(browser, comeBack(authorisation));
  });

  it('refuses a code of another person that is put into the answer (code injection)', async () => {
    const attacker = await begin(new BrowserClient());
    const stolen = providers.approve(attacker.href, mallory);
    const browser = new BrowserClient();
    await expectRefusal(browser, comeBack(await begin(browser), { code: stolen }), 'provider_error');
  });

  it('refuses the answer of one provider on the way back of another (mix-up)', async () => {
    const browser = new BrowserClient();
    const authorisation = await begin(browser, 'google');
    const elsewhere = comeBack(authorisation).replace('/callback/google', '/callback/github');
    await expectRefusal(browser, elsewhere);
    expect(providers.seen.filter(({ method }) => method === 'POST')).toStrictEqual([]);
  });

  it('keeps several tabs apart, and no more cookies than a few', async () => {
    const browser = new BrowserClient();
    const redirects: URL[] = [];
    for (let tab = 0; tab < 12; tab++) {
      redirects.push(await begin(browser));
    }
    expect(browser.cookieNames).toHaveLength(5);
    await expectRefusal(browser, comeBack(redirects[0] ?? new URL('')));
    const answer = await browser.visit(comeBack(redirects[9] ?? new URL('')));
    expect(answer.headers.get('location')).toBe('http://localhost:3000/');
  });

  it.each([
    'https://evil.example.com/',
    '//evil.example.com/',
    '/\\evil.example.com/',
    '\\\\evil.example.com/',
    '/.//evil.example.com/',
    '/..//evil.example.com/',
    '/\t/evil.example.com/',
    '/%0d%0aset-cookie:x=1\r\n',
    'javascript:alert(1)',
    'account',
    'http://localhost:3000/account',
  ])('sends nobody to %j afterwards', async (path) => {
    const browser = new BrowserClient();
    const query = new URLSearchParams({ redirectToPath: path }).toString();
    const answer = await browser.visit(`${testApp.url}/auth/signin/google?${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toStrictEqual({ message: expect.stringContaining('redirectToPath') });
  });

  it('marks its cookie with https so that no other host can plant one', async () => {
    await testApp.close();
    testApp = await startTestApp({
      appInfo: { apiDomain: 'https://api.acme.com', websiteDomain: 'https://acme.com' },
      auth: { thirdParty: { providers: providers.all() } },
    });
    const answer = await fetch(`${testApp.url}/auth/signin/google`, { redirect: 'manual' });
    expect(answer.headers.getSetCookie()).toStrictEqual([
      expect.stringMatching(
        /^__Host-nestward-redirect\.[\w-]{16}=[\w-]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
      ),
    ]);
  });
});

describe('tokens that a client brings itself', () => {
  const postTokens = (thirdPartyId: string, tokens: object) => client.post({ thirdPartyId, oAuthTokens: tokens });

  it.each(['google', 'github', 'facebook'])('are taken if they were issued to us (%s)', async (thirdPartyId) => {
    const token = providers.issueToken(CLIENT.clientId, ada);
    const answer = await postTokens(thirdPartyId, { access_token: token });
    expect(answer.body).toMatchObject({ status: 'OK', user: { thirdParty: [{ id: thirdPartyId, userId: '1001' }] } });
  });

  it.each(['google', 'github', 'facebook'])('are refused if another app got them (%s)', async (thirdPartyId) => {
    const token = providers.issueToken('another-app', ada);
    const answer = await postTokens(thirdPartyId, { access_token: token });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual(refused);
    expect(getSessionUserId(answer)).toBeUndefined();
    expect((await postTokens(thirdPartyId, { access_token: 'invented' })).body).toStrictEqual(refused);
  });

  it('are taken as an ID token of Google', async () => {
    const answer = await postTokens('google', { id_token: providers.issueIdToken(ada) });
    expect(answer.body).toMatchObject({
      status: 'OK',
      user: { emails: ['ada@example.com'], loginMethods: [{ verified: true }] },
    });
  });

  it('are those of the ID token, whatever access token comes with it', async () => {
    const answer = await postTokens('google', {
      id_token: providers.issueIdToken(ada),
      access_token: providers.issueToken(CLIENT.clientId, mallory),
    });
    expect(answer.body).toMatchObject({ user: { thirdParty: [{ userId: '1001' }] } });
  });

  const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const past = Math.floor(Date.now() / 1000) - 3600;
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(
    JSON.stringify({ iss: 'https://accounts.google.com', aud: CLIENT.clientId, sub: '1001', exp: 9_999_999_999 }),
  ).toString('base64url')}.`;

  it.each([
    ['for another app', () => providers.issueIdToken(ada, { claims: { aud: 'another-app' } })],
    [
      'for several, issued to another',
      () => providers.issueIdToken(ada, { claims: { aud: [CLIENT.clientId, 'b'], azp: 'b' } }),
    ],
    ['of another issuer', () => providers.issueIdToken(ada, { claims: { iss: 'https://evil.example.com' } })],
    ['that has expired', () => providers.issueIdToken(ada, { claims: { exp: past } })],
    ['without an expiry', () => providers.issueIdToken(ada, { claims: { exp: undefined } })],
    ['signed by another key', () => providers.issueIdToken(ada, { key: otherKey })],
    ['of an unknown key', () => providers.issueIdToken(ada, { header: { kid: 'unknown' } })],
    ['of another algorithm', () => providers.issueIdToken(ada, { header: { alg: 'HS256' } })],
    ['without a signature', () => unsigned],
    ['that is none', () => 'x.y.z'],
    ['that has an object for a key', () => providers.issueIdToken(ada, { header: { alg: 'constructor' } })],
  ])('are refused as an ID token %s', async (_what, issue) => {
    const answer = await postTokens('google', { id_token: issue() });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual(refused);
  });
});

describe('codes', () => {
  it('are good once, also at the same instant', async () => {
    const { url, pkceCodeVerifier } = await client.authorise('google');
    const code = providers.approve(url, ada);
    const answers = await Promise.all([1, 2, 3].map(() => client.postCode('google', code, pkceCodeVerifier)));
    expect(answers.filter(({ body }) => (body as { status: string }).status === 'OK')).toHaveLength(1);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect((await client.postCode('google', code, pkceCodeVerifier)).body).toStrictEqual(refused);
  });

  it('are refused with the verifier of somebody else', async () => {
    const { url } = await client.authorise('google');
    const { pkceCodeVerifier } = await client.authorise('google');
    const code = providers.approve(url, mallory);
    expect((await client.postCode('google', code, pkceCodeVerifier)).body).toStrictEqual(refused);
    expect((await client.postCode('google', providers.approve(url, mallory), undefined)).body).toStrictEqual(refused);
  });

  it('of another app are refused', async () => {
    const code = providers.issueCode({
      clientId: 'another-app',
      redirectUri: callbackOf('github'),
      challenge: undefined,
      person: ada,
    });
    const answer = await client.post({ thirdPartyId: 'github', code, redirectURI: callbackOf('github') });
    expect(answer.body).toStrictEqual(refused);
  });
});
