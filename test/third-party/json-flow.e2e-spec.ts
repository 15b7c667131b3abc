import { get, getSessionUserId, post, type Answer } from '../email-password/client.js';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { FakeProviders, type FakePerson } from './fake-providers.js';

const ada: FakePerson = { id: '1001', email: 'Ada@Example.com', emailVerified: true };
const CALLBACK = 'http://localhost:3000/auth/callback';

let providers: FakeProviders;
let testApp: TestApp;

beforeAll(async () => {
  providers = await FakeProviders.start();
});
afterAll(() => providers.stop());
beforeEach(async () => {
  providers.reset();
  testApp = await startTestApp({ auth: { thirdParty: { providers: providers.all() } } });
});
afterEach(() => testApp.close());

async function authorise(thirdPartyId: string, path = '/auth/authorisationurl'): Promise<Record<string, unknown>> {
  const query = new URLSearchParams({
    thirdPartyId,
    redirectURIOnProviderDashboard: `${CALLBACK}/${thirdPartyId}`,
  });
  const { status, body } = await get(`${testApp.url}${path}?${query.toString()}`);
  expect(status).toBe(200);
  return body as Record<string, unknown>;
}

async function signInUp(
  thirdPartyId: string,
  person: FakePerson,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { urlWithQueryParams, pkceCodeVerifier } = await authorise(thirdPartyId);
  const code = providers.approve(String(urlWithQueryParams), person);
  return post(
    `${testApp.url}/auth/signinup`,
    {
      thirdPartyId,
      redirectURIInfo: {
        redirectURIOnProviderDashboard: `${CALLBACK}/${thirdPartyId}`,
        redirectURIQueryParams: { code, state: 'made by the frontend' },
        pkceCodeVerifier,
      },
    },
    headers,
  );
}

describe('GET /authorisationurl', () => {
  it.each([
    ['google', 'openid email', '/google/auth'],
    ['github', 'read:user user:email', '/github/login/oauth/authorize'],
    ['facebook', 'email', '/facebook/dialog/oauth'],
  ])('sends to %s with the scope of the contract and no state', async (id, scope, path) => {
    const answer = await authorise(id);
    expect(answer['status']).toBe('OK');
    const url = new URL(String(answer['urlWithQueryParams']));
    expect(url.pathname).toBe(path);
    const { code_challenge: challenge, code_challenge_method: method, ...rest } = Object.fromEntries(url.searchParams);
    expect(rest).toStrictEqual({
      response_type: 'code',
      client_id: 'our-client',
      redirect_uri: `${CALLBACK}/${id}`,
      scope,
    });
    if (id === 'facebook') {
      expect(answer).not.toHaveProperty('pkceCodeVerifier');
      expect(challenge).toBeUndefined();
    } else {
      expect(method).toBe('S256');
      expect(challenge).toMatch(/^[\w-]{43}$/);
      expect(answer['pkceCodeVerifier']).toMatch(/^[\w-]{43}$/);
    }
  });

  it('answers below a tenant too', async () => {
    expect(await authorise('google', '/auth/public/authorisationurl')).toMatchObject({ status: 'OK' });
  });
});

describe('POST /signinup', () => {
  it.each(['google', 'github', 'facebook'])('signs up and then in with %s', async (thirdPartyId) => {
    const first = await signInUp(thirdPartyId, ada);
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
    const second = await signInUp(thirdPartyId, ada);
    expect(second.body).toMatchObject({ status: 'OK', createdNewRecipeUser: false, user: { id: userId } });
  });
});
