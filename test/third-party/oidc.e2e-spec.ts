import { oauth2, oidc, type OidcOptions } from 'nestward';
import PassportOAuth2 from 'passport-oauth2';
import { getSessionUserId, type Answer } from '../email-password/client.js';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { BrowserClient } from './browser-client.js';
import { FakeProviders } from './fake-providers.js';
import { OidcServer, secretOf } from './oidc-server.js';
import { callbackOf, ThirdPartyClient } from './third-party-client.js';

const API_CALLBACK = 'http://localhost:3001/auth/callback/sso';
const fakes = await FakeProviders.start();
let server: OidcServer;
let testApp: TestApp;
let client: ThirdPartyClient;

afterAll(() => fakes.stop());
afterEach(async () => {
  await testApp.close();
  await server.stop();
});

async function start(
  options: Partial<OidcOptions> = {},
  configuration: Parameters<typeof OidcServer.start>[1] = {},
): Promise<void> {
  server = await OidcServer.start([callbackOf('sso'), API_CALLBACK], configuration);
  testApp = await startTestApp({
    auth: {
      thirdParty: {
        providers: [
          oidc({
            id: 'sso',
            name: 'Acme',
            issuer: server.issuer,
            clientId: 'app',
            clientSecret: secretOf('app'),
            ...options,
          } as OidcOptions),
        ],
      },
    },
  });
  testApp.app.useLogger(false);
  client = new ThirdPartyClient(testApp, fakes);
}

async function signInUp(loginHint = 'ada'): Promise<Answer> {
  const { url, pkceCodeVerifier } = await client.authorise('sso');
  const back = await server.approve(`${url}&login_hint=${loginHint}`);
  expect(back.origin + back.pathname).toBe(callbackOf('sso'));
  return client.postCode('sso', back.searchParams.get('code') ?? '', pkceCodeVerifier);
}

describe('a real OpenID Connect provider', () => {
  it.each(['client_secret_basic', 'client_secret_post'] as const)('signs people in, by %s', async (method) => {
    await start({}, { clientAuthMethods: [method] });
    const first = await signInUp();
    expect(first.body).toMatchObject({
      status: 'OK',
      createdNewRecipeUser: true,
      user: {
        emails: ['ada@example.com'],
        thirdParty: [{ id: 'sso', userId: 'ada' }],
        loginMethods: [{ verified: true }],
      },
    });
    const second = await signInUp();
    expect(getSessionUserId(second)).toBe(getSessionUserId(first));
    expect((await signInUp('unproven')).body).toMatchObject({ user: { loginMethods: [{ verified: false }] } });
  });

  it('gives the email in the ID token, where it is configured so', async () => {
    await start({}, { conformIdTokenClaims: false });
    expect((await signInUp()).body).toMatchObject({ user: { emails: ['ada@example.com'] } });
  });

  it('works by redirects', async () => {
    await start();
    const browser = new BrowserClient();
    const begun = await browser.visit(`${testApp.url}/auth/signin/sso?redirectToPath=/welcome`);
    const back = await server.approve(begun.headers.get('location') ?? '');
    const answer = await browser.visit(`${testApp.url}/auth/callback/sso${back.search}`);
    expect(answer.headers.get('location')).toBe('http://localhost:3000/welcome');
    expect(browser.cookieNames).toContain('sAccessToken');
  });

  it('refuses a code that was used before', async () => {
    await start();
    const { url, pkceCodeVerifier } = await client.authorise('sso');
    const code = (await server.approve(url)).searchParams.get('code') ?? '';
    expect((await client.postCode('sso', code, pkceCodeVerifier)).body).toMatchObject({ status: 'OK' });
    expect((await client.postCode('sso', code, pkceCodeVerifier)).body).toMatchObject({ status: 'GENERAL_ERROR' });
  });

  it('takes an ID token of our client, and none of another', async () => {
    await start();
    const idTokenOf = async (clientId: 'app' | 'another-app'): Promise<string> => {
      const verifier = 'v'.repeat(43);
      const challenge = Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))).toString(
        'base64url',
      );
      const query = new URLSearchParams({
        client_id: clientId,
        response_type: 'code',
        scope: 'openid email',
        redirect_uri: callbackOf('sso'),
        code_challenge: challenge,
        code_challenge_method: 'S256',
      });
      const back = await server.approve(`${server.issuer}/auth?${query.toString()}`);
      const secret = new URLSearchParams({ s: secretOf(clientId) }).toString().slice(2);
      const answer = await fetch(`${server.issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` },
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code: back.searchParams.get('code') ?? '',
          redirect_uri: callbackOf('sso'),
          code_verifier: verifier,
        }),
      });
      return ((await answer.json()) as { id_token: string }).id_token;
    };
    const post = async (clientId: 'app' | 'another-app') =>
      client.post({ thirdPartyId: 'sso', oAuthTokens: { id_token: await idTokenOf(clientId) } });
    // The provider keeps the email out of the ID token here, and says so.
    expect((await post('app')).body).toStrictEqual({ status: 'NO_EMAIL_GIVEN_BY_PROVIDER' });
    expect((await post('another-app')).body).toMatchObject({ status: 'GENERAL_ERROR' });
    const accessToken = { thirdPartyId: 'sso', oAuthTokens: { access_token: 'anything' } };
    expect((await client.post(accessToken)).body).toMatchObject({ status: 'GENERAL_ERROR' });
  });

  it('with a wrong secret, or away, is told to the person', async () => {
    await start({ clientSecret: 'wrong' });
    expect((await signInUp()).body).toMatchObject({
      status: 'GENERAL_ERROR',
      message: expect.stringContaining('did not confirm') as string,
    });
    await testApp.close();
    await server.stop();
    await start();
    await server.stop();
    const query = new URLSearchParams({ thirdPartyId: 'sso' });
    const answer = await fetch(`${testApp.url}/auth/authorisationurl?${query.toString()}`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ status: 'GENERAL_ERROR' });
    const redirect = await fetch(`${testApp.url}/auth/signin/sso`, { redirect: 'manual' });
    expect(redirect.headers.get('location')).toBe('http://localhost:3000/auth?error=provider_unavailable');
    server = await OidcServer.start([]);
  });

  it('that names another issuer is refused', async () => {
    await start();
    await testApp.close();
    const issuer = server.issuer.replace('127.0.0.1', 'localhost');
    testApp = await startTestApp({
      auth: { thirdParty: { providers: [oidc({ id: 'sso', name: 'A', issuer, clientId: 'app', clientSecret: 's' })] } },
    });
    testApp.app.useLogger(false);
    const answer = await fetch(`${testApp.url}/auth/authorisationurl?thirdPartyId=sso`);
    expect(await answer.json()).toMatchObject({ status: 'GENERAL_ERROR' });
  });
});

it("signs in with an app's own strategy", async () => {
  server = await OidcServer.start([callbackOf('own')], { clientAuthMethods: ['client_secret_post'] });
  class OwnStrategy extends PassportOAuth2.Strategy {
    override userProfile(accessToken: string, done: (error?: unknown, profile?: unknown) => void): void {
      this._oauth2.useAuthorizationHeaderforGET(true);
      this._oauth2.get(`${server.issuer}/me`, accessToken, (error: unknown, body) => {
        done(error, error === null ? JSON.parse(String(body)) : undefined);
      });
    }
  }
  testApp = await startTestApp({
    auth: {
      thirdParty: {
        providers: [
          oauth2({
            id: 'own',
            name: 'Own',
            clientId: 'app',
            clientSecret: secretOf('app'),
            scope: ['openid', 'email'],
            createStrategy: (options, verify) =>
              new OwnStrategy(
                { ...options, authorizationURL: `${server.issuer}/auth`, tokenURL: `${server.issuer}/token` },
                verify,
              ),
            readProfile: ({ profile }) => {
              const { sub, email } = profile as { sub: string; email: string };
              return { thirdPartyUserId: sub, email: { address: email, verified: false } };
            },
          }),
        ],
      },
    },
  });
  client = new ThirdPartyClient(testApp, fakes);
  const { url, pkceCodeVerifier } = await client.authorise('own');
  const code = (await server.approve(url)).searchParams.get('code') ?? '';
  expect((await client.postCode('own', code, pkceCodeVerifier)).body).toMatchObject({
    status: 'OK',
    user: { emails: ['ada@example.com'], thirdParty: [{ id: 'own', userId: 'ada' }] },
  });
  // Nothing proves whom its tokens were issued to.
  const tokens = await client.post({ thirdPartyId: 'own', oAuthTokens: { access_token: 'x' } });
  expect(tokens.status).toBe(400);
});
