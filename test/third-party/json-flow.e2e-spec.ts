import { google } from 'nestward';
import { get, getSessionUserId, post } from '../email-password/client.js';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { CLIENT, FakeProviders, type FakePerson } from './fake-providers.js';
import { callbackOf, ThirdPartyClient } from './third-party-client.js';

const ada: FakePerson = { id: '1001', email: 'Ada@Example.com', emailVerified: true };

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
  client = new ThirdPartyClient(testApp, providers);
});
afterEach(() => testApp.close());

function authorisationUrl(query: Record<string, string>, path = '/auth/authorisationurl'): string {
  return `${testApp.url}${path}?${new URLSearchParams(query).toString()}`;
}

describe('GET /authorisationurl', () => {
  it.each([
    ['google', 'openid email', '/google/auth'],
    ['github', 'read:user user:email', '/github/login/oauth/authorize'],
    ['facebook', 'email', '/facebook/dialog/oauth'],
  ])('sends to %s with the scope of the contract and no state', async (id, scope, path) => {
    const answer = await client.authorise(id);
    const url = new URL(answer.url);
    expect(url.pathname).toBe(path);
    const { code_challenge: challenge, code_challenge_method: method, ...rest } = Object.fromEntries(url.searchParams);
    expect(rest).toStrictEqual({
      response_type: 'code',
      client_id: CLIENT.clientId,
      redirect_uri: callbackOf(id),
      scope,
    });
    if (id === 'facebook') {
      expect(answer.pkceCodeVerifier).toBeUndefined();
      expect(challenge).toBeUndefined();
    } else {
      expect(method).toBe('S256');
      expect(challenge).toMatch(/^[\w-]{43}$/);
      expect(answer.pkceCodeVerifier).toMatch(/^[\w-]{43}$/);
    }
  });

  it('answers below a tenant too, and knows no other tenant', async () => {
    const query = { thirdPartyId: 'google', redirectURIOnProviderDashboard: callbackOf('google') };
    expect((await get(authorisationUrl(query, '/auth/public/authorisationurl'))).body).toMatchObject({ status: 'OK' });
    expect((await get(authorisationUrl(query, '/auth/other/authorisationurl'))).status).toBe(400);
  });

  it('takes the form of 2021, whose clients know no PKCE', async () => {
    const { body } = await get(authorisationUrl({ thirdPartyId: 'google' }));
    const { urlWithQueryParams, url, ...rest } = body as { urlWithQueryParams: string; url: string };
    expect(rest).toStrictEqual({ status: 'OK' });
    expect(url).toBe(urlWithQueryParams);
    const query = new URL(url).searchParams;
    expect(query.get('redirect_uri')).toBe(callbackOf('google'));
    expect(query.has('code_challenge')).toBe(false);
  });

  it.each([
    [{}, 'thirdPartyId'],
    [{ thirdPartyId: 'myspace' }, "There is no provider 'myspace'"],
    [{ thirdPartyId: 'google', clientType: 'tv' }, "no client of the clientType 'tv'"],
  ])('answers 400 to %j', async (query, message) => {
    const { status, body } = await get(authorisationUrl(query));
    expect(status).toBe(400);
    expect(body).toStrictEqual({ message: expect.stringContaining(message) });
  });

  it('answers 400 to a parameter that is given twice', async () => {
    const url = authorisationUrl({ thirdPartyId: 'google' });
    expect((await get(`${url}&thirdPartyId=github`)).status).toBe(400);
  });

  it.each([
    'http://localhost:3000/auth/callback/google/../github',
    'http://localhost:3000/auth/callback/google/',
    'http://localhost:3000/auth/callback/google?next=//evil.example.com',
    'http://localhost:3000/auth/callback/google#',
    'http://localhost:3000/auth/callback/github',
    'http://localhost:3000/auth/callback%2Fgoogle',
    'http://localhost:3000/Auth/callback/google',
    'http://localhost:3000//auth/callback/google',
    'http://localhost:3001/auth/callback/google',
    'http://user@localhost:3000/auth/callback/google',
    'http://localhost:3000@evil.example.com/auth/callback/google',
    'http://localhost:3000.evil.example.com/auth/callback/google',
    'https://localhost:3000/auth/callback/google',
    'HTTP://localhost:3000/auth/callback/google',
    ' http://localhost:3000/auth/callback/google',
    'javascript:alert(1)',
    'https://evil.example.com/',
  ])('refuses the redirect URI %s, here and in the exchange', async (redirectUri) => {
    const query = { thirdPartyId: 'google', redirectURIOnProviderDashboard: redirectUri };
    expect((await get(authorisationUrl(query))).status).toBe(400);
    const code = providers.issueCode({ clientId: CLIENT.clientId, redirectUri, challenge: undefined, person: ada });
    const redirectURIInfo = { redirectURIOnProviderDashboard: redirectUri, redirectURIQueryParams: { code } };
    expect((await client.post({ thirdPartyId: 'google', redirectURIInfo })).status).toBe(400);
    expect((await client.post({ thirdPartyId: 'google', code, redirectURI: redirectUri })).status).toBe(400);
    expect(providers.seen).toStrictEqual([]);
  });
});

describe('POST /signinup', () => {
  it.each(['google', 'github', 'facebook'])('signs up and then in with %s', async (thirdPartyId) => {
    const first = await client.signInUp(thirdPartyId, ada);
    expect(first.status).toBe(200);
    const userId = getSessionUserId(first);
    const thirdParty = { id: thirdPartyId, userId: '1001' };
    expect(first.body).toStrictEqual({
      status: 'OK',
      createdNewRecipeUser: true,
      user: {
        id: userId,
        isPrimaryUser: false,
        tenantIds: ['public'],
        emails: ['ada@example.com'],
        phoneNumbers: [],
        thirdParty: [thirdParty],
        webauthn: { credentialIds: [] },
        timeJoined: testApp.clock.now(),
        loginMethods: [
          {
            recipeId: 'thirdparty',
            recipeUserId: userId,
            tenantIds: ['public'],
            email: 'ada@example.com',
            verified: thirdPartyId !== 'facebook',
            timeJoined: testApp.clock.now(),
            thirdParty,
          },
        ],
      },
    });
    const second = await client.signInUp(thirdPartyId, ada);
    expect(second.body).toMatchObject({ status: 'OK', createdNewRecipeUser: false, user: { id: userId } });
  });

  it.each(['1.17', '2.0'])('answers FDI %s with a flat user and createdNewUser', async (version) => {
    const answer = await client.signInUp('github', ada, { 'fdi-version': version });
    expect(answer.body).toStrictEqual({
      status: 'OK',
      createdNewUser: true,
      user: {
        id: getSessionUserId(answer),
        email: 'ada@example.com',
        timeJoined: testApp.clock.now(),
        thirdParty: { id: 'github', userId: '1001' },
      },
    });
  });

  it.each(['google', 'github', 'facebook'])('takes the form of 2021 with %s', async (thirdPartyId) => {
    const { body } = await get(authorisationUrl({ thirdPartyId }));
    const code = providers.approve((body as { url: string }).url, ada);
    const answer = await client.post({ thirdPartyId, code, redirectURI: callbackOf(thirdPartyId) });
    expect(answer.body).toMatchObject({ status: 'OK' });
    expect(getSessionUserId(answer)).toBeDefined();
  });

  it.each([
    [{}, 'thirdPartyId'],
    [{ thirdPartyId: 7 }, 'thirdPartyId'],
    [{ thirdPartyId: 'myspace', code: 'c', redirectURI: 'u' }, "There is no provider 'myspace'"],
    [{ thirdPartyId: '__proto__', code: 'c', redirectURI: 'u' }, 'There is no provider'],
    [{ thirdPartyId: 'google' }, "needs 'redirectURIInfo' or 'oAuthTokens'"],
    [{ thirdPartyId: 'google', code: 'c' }, "'redirectURI'"],
    [{ thirdPartyId: 'google', redirectURIInfo: 'x' }, "'redirectURIInfo' must be an object"],
    [{ thirdPartyId: 'google', redirectURIInfo: {} }, 'redirectURIOnProviderDashboard'],
    [
      { thirdPartyId: 'google', redirectURIInfo: { redirectURIOnProviderDashboard: callbackOf('google') } },
      'redirectURIQueryParams',
    ],
    [
      {
        thirdPartyId: 'google',
        redirectURIInfo: {
          redirectURIOnProviderDashboard: callbackOf('google'),
          redirectURIQueryParams: { code: ['c'] },
        },
      },
      'code',
    ],
    [{ thirdPartyId: 'google', oAuthTokens: {} }, 'access_token'],
    [{ thirdPartyId: 'google', oAuthTokens: { access_token: { $ne: '' } } }, 'access_token'],
    [{ thirdPartyId: 'google', clientType: 'tv', oAuthTokens: { id_token: 'x' } }, 'clientType'],
  ])('answers 400 to %j', async (body, message) => {
    const answer = await client.post(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toStrictEqual({ message: expect.stringContaining(message) });
    expect(providers.seen).toStrictEqual([]);
  });

  it('answers 400 to a form, which another site could send', async () => {
    const body = new URLSearchParams({
      thirdPartyId: 'google',
      code: 'c',
      redirectURI: callbackOf('google'),
    }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await post(`${testApp.url}/auth/signinup`, body, headers)).status).toBe(400);
  });

  it('answers a cancel that the frontend passes on with words for the person', async () => {
    const answer = await client.post({
      thirdPartyId: 'google',
      redirectURIInfo: {
        redirectURIOnProviderDashboard: callbackOf('google'),
        redirectURIQueryParams: { error: 'access_denied' },
      },
    });
    expect(answer.body).toStrictEqual({ status: 'GENERAL_ERROR', message: 'The sign-in with Google was cancelled.' });
  });

  it('brings the email up to date, and keeps who the person is', async () => {
    const first = await client.signInUp('google', ada);
    const second = await client.signInUp('google', { ...ada, email: 'ada@new.example.com', emailVerified: false });
    expect(getSessionUserId(second)).toBe(getSessionUserId(first));
    expect(second.body).toMatchObject({
      createdNewRecipeUser: false,
      user: { emails: ['ada@new.example.com'], loginMethods: [{ verified: false }] },
    });
    // The same address is verified later, and stays so.
    await client.signInUp('google', { ...ada, email: 'ada@new.example.com', emailVerified: true });
    const last = await client.signInUp('google', { ...ada, email: 'ada@new.example.com', emailVerified: false });
    expect(last.body).toMatchObject({ user: { loginMethods: [{ verified: true }] } });
  });

  it('gives two people with one email two accounts', async () => {
    const first = await client.signInUp('google', ada);
    const second = await client.signInUp('google', { ...ada, id: '1002' });
    expect(getSessionUserId(second)).not.toBe(getSessionUserId(first));
  });

  it('chooses among several clients by their type', async () => {
    await testApp.close();
    testApp = await startTestApp({
      auth: {
        thirdParty: {
          providers: [
            google({
              ...providers.googleUrls,
              clients: [
                CLIENT,
                {
                  clientType: 'ios',
                  clientId: 'ios-client',
                  publicClient: true,
                  redirectUris: ['com.acme.app:/callback'],
                },
              ],
            }),
          ],
        },
      },
    });
    client = new ThirdPartyClient(testApp, providers);
    const query = {
      thirdPartyId: 'google',
      clientType: 'ios',
      redirectURIOnProviderDashboard: 'com.acme.app:/callback',
    };
    const { body } = await get(authorisationUrl(query));
    expect(new URL((body as { urlWithQueryParams: string }).urlWithQueryParams).searchParams.get('client_id')).toBe(
      'ios-client',
    );
    // The redirect URI of one client is not that of the other.
    const { clientType: _, ...withoutType } = query;
    expect((await get(authorisationUrl(withoutType))).status).toBe(400);
    // A public client sends no secret, not even an empty one.
    await client.post({ ...query, code: 'c', redirectURI: 'com.acme.app:/callback' });
    const form = new URLSearchParams(providers.seen.at(-1)?.body);
    expect(form.get('client_id')).toBe('ios-client');
    expect(form.has('client_secret')).toBe(false);
  });
});

describe('GET /loginmethods', () => {
  it('names the providers', async () => {
    for (const path of ['/auth/loginmethods', '/auth/public/loginmethods']) {
      expect((await get(testApp.url + path)).body).toStrictEqual({
        status: 'OK',
        emailPassword: { enabled: true },
        thirdParty: {
          enabled: true,
          providers: [
            { id: 'google', name: 'Google' },
            { id: 'github', name: 'GitHub' },
            { id: 'facebook', name: 'Facebook' },
          ],
        },
        passwordless: { enabled: false },
        webauthn: { enabled: false },
        firstFactors: ['emailpassword', 'thirdparty'],
      });
    }
  });

  it('tells the truth where there are none', async () => {
    const plain = await startTestApp();
    expect((await get(`${plain.url}/auth/loginmethods`)).body).toMatchObject({
      thirdParty: { enabled: false, providers: [] },
      firstFactors: ['emailpassword'],
    });
    await plain.close();
  });
});

describe('POST /callback/apple', () => {
  it('sends the fields of the form on to the website, and nowhere else', async () => {
    const answer = await fetch(`${testApp.url}/auth/callback/apple`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ code: 'c&d', state: 'https://evil.example.com/', user: '{"name":"Ada"}' }),
    });
    expect(answer.status).toBe(303);
    const location = new URL(answer.headers.get('location') ?? '');
    expect(location.origin + location.pathname).toBe(callbackOf('apple'));
    expect(Object.fromEntries(location.searchParams)).toStrictEqual({
      code: 'c&d',
      state: 'https://evil.example.com/',
      user: '{"name":"Ada"}',
    });
  });
});
