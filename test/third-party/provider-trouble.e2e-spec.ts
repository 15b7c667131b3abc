import type { LoggerService } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import type { ThirdPartyOptions } from 'nestward';
import { getSessionUserId, type Answer } from '../email-password/client.js';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { BrowserClient } from './browser-client.js';
import { CLIENT, FakeProviders, type FakePerson } from './fake-providers.js';
import { callbackOf, ThirdPartyClient } from './third-party-client.js';

const ada: FakePerson = { id: '1001', email: 'ada@example.com', emailVerified: true };

let providers: FakeProviders;
let testApp: TestApp;
let client: ThirdPartyClient;
let logged: string[];
const hooks: Pick<ThirdPartyOptions, 'beforeSignInUp' | 'afterSignInUp'> = {};

beforeAll(async () => {
  providers = await FakeProviders.start();
});
afterAll(() => providers.stop());
beforeEach(async () => {
  providers.reset();
  logged = [];
  hooks.beforeSignInUp = undefined;
  hooks.afterSignInUp = undefined;
  testApp = await startTestApp({
    auth: {
      thirdParty: {
        providers: providers.all(),
        requestTimeout: 0.2,
        beforeSignInUp: (input) => hooks.beforeSignInUp?.(input),
        afterSignInUp: (input) => hooks.afterSignInUp?.(input),
      },
    },
  });
  const log = (...parts: unknown[]): void => void logged.push(parts.join(' '));
  testApp.app.useLogger({ log, warn: log, error: log } satisfies LoggerService);
  logged.length = 0;
  client = new ThirdPartyClient(testApp, providers);
});
afterEach(() => testApp.close());

const json =
  (status: number, body: unknown) =>
  (response: ServerResponse): void => {
    response.statusCode = status;
    response.setHeader('content-type', 'application/json');
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const hang = (): void => undefined;
const hangUp = (response: ServerResponse): void => void response.socket?.destroy();
const trickle = (response: ServerResponse): void => {
  response.write('{"access_token":');
};
const flood = (response: ServerResponse): void => {
  response.end('x'.repeat(2_000_000));
};

const unavailable = { status: 'GENERAL_ERROR', message: expect.stringContaining('cannot be reached right now') };
const refused = { status: 'GENERAL_ERROR', message: expect.stringContaining('did not confirm the sign-in') };

const endpoints = {
  google: { token: '/google/token', profile: '/google/oauth2/v3/userinfo' },
  github: { token: '/github/login/oauth/access_token', profile: '/github/user' },
  facebook: { token: '/facebook/oauth/access_token', profile: '/facebook/me' },
};

/** Nobody is signed in, nothing is half made, and the log says what happened without saying what is secret. */
async function expectNoTrace(answer: Answer): Promise<void> {
  expect(answer.status).toBe(200);
  expect(getSessionUserId(answer)).toBeUndefined();
  expect(answer.headers.getSetCookie()).toStrictEqual([]);
  providers.reset();
  const person = await client.signInUp('google', ada);
  expect(person.body).toMatchObject({ createdNewRecipeUser: true });
  expect(logged.length).toBeGreaterThan(0);
  for (const secret of [CLIENT.clientSecret, 'token-', 'secret-detail', 'ada@example.com']) {
    expect(logged.join('\n')).not.toContain(secret);
  }
}

describe.each(['google', 'github', 'facebook'] as const)('trouble with %s', (thirdPartyId) => {
  const { token, profile } = endpoints[thirdPartyId];

  it.each([
    ['does not answer', token, hang],
    ['does not answer', profile, hang],
    ['answers half', token, trickle],
    ['hangs up', token, hangUp],
    ['hangs up', profile, hangUp],
    ['answers too much', profile, flood],
    ['answers 500', token, json(500, '<html>secret-detail</html>')],
    ['answers 503', profile, json(503, { error: 'backend secret-detail' })],
    ['answers 429', profile, json(429, {})],
  ])('that %s at %s is told to the person', async (_what, path, interference) => {
    providers.interfere(path, interference);
    const answer = await client.signInUp(thirdPartyId, ada);
    expect(answer.body).toStrictEqual(unavailable);
    await expectNoTrace(answer);
  });

  it.each([
    ['answers no JSON', token, json(200, 'secret-detail <html>')],
    ['answers null', token, json(200, 'null')],
    ['answers no token', token, json(200, { token_type: 'bearer' })],
    ['refuses the client', token, json(401, { error: 'invalid_client', error_description: 'secret-detail' })],
    ['refuses with an odd body', token, json(400, 'null')],
    ['refuses with text', token, json(400, 'secret-detail')],
    ['redirects', token, (response: ServerResponse) => void response.writeHead(302, { location: '/x' }).end()],
    [
      'has revoked the consent',
      profile,
      json(401, { error: { message: 'secret-detail', type: 'OAuthException', code: 190 } }),
    ],
    ['refuses the scope', profile, json(403, { message: 'secret-detail' })],
    ['answers no JSON', profile, json(200, 'secret-detail')],
    ['answers null', profile, json(200, 'null')],
    ['answers an array', profile, json(200, [])],
    ['answers no id', profile, json(200, { email: 'ada@example.com' })],
    ['answers an id that is none', profile, json(200, { id: { $ne: 1 }, sub: 7, email: 'ada@example.com' })],
  ])('that %s at %s is told to the person', async (_what, path, interference) => {
    providers.interfere(path, interference);
    const answer = await client.signInUp(thirdPartyId, ada);
    expect(answer.body).toStrictEqual(refused);
    await expectNoTrace(answer);
  });

  it('that gives no email has a status of its own', async () => {
    const answer = await client.signInUp(thirdPartyId, { ...ada, email: undefined });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({ status: 'NO_EMAIL_GIVEN_BY_PROVIDER' });
    expect(getSessionUserId(answer)).toBeUndefined();
  });

  it.each(['', '   ', `${'x'.repeat(250)}@example.com`, 'ada@example.com\u0000'])(
    'that gives %j for an email gives none',
    async (email) => {
      const answer = await client.signInUp(thirdPartyId, { ...ada, email });
      expect(answer.body).toStrictEqual({ status: 'NO_EMAIL_GIVEN_BY_PROVIDER' });
    },
  );
});

describe('trouble with the emails of GitHub', () => {
  const path = '/github/user/emails';

  it.each([403, 404])('that answers %d for a missing scope means no email', async (status) => {
    providers.interfere(path, json(status, { message: 'Not Found' }));
    expect((await client.signInUp('github', ada)).body).toStrictEqual({ status: 'NO_EMAIL_GIVEN_BY_PROVIDER' });
  });

  it('that has no primary one means no email', async () => {
    providers.interfere(path, json(200, [{ email: 'a@example.com', primary: false, verified: true }]));
    expect((await client.signInUp('github', ada)).body).toStrictEqual({ status: 'NO_EMAIL_GIVEN_BY_PROVIDER' });
  });

  it.each([
    ['500', json(500, ''), unavailable],
    ['no JSON', json(200, 'x'), refused],
    ['an object', json(200, {}), refused],
  ])('that answers %s is told to the person', async (_what, interference, expected) => {
    providers.interfere(path, interference);
    expect((await client.signInUp('github', ada)).body).toStrictEqual(expected);
  });
});

describe('trouble in the redirect flow', () => {
  it.each([
    ['/google/token', json(500, ''), 'provider_unavailable'],
    ['/google/token', json(400, { error: 'invalid_grant' }), 'provider_error'],
    ['/google/oauth2/v3/userinfo', json(200, { sub: '1' }), 'no_email_given_by_provider'],
  ])('at %s leads to the sign-in page', async (path, interference, error) => {
    providers.interfere(path, interference);
    const browser = new BrowserClient();
    const start = await browser.visit(`${testApp.url}/auth/signin/google`);
    const authorisation = new URL(start.headers.get('location') ?? '');
    const callback = new URL(`${testApp.url}/auth/callback/google`);
    callback.searchParams.set('code', providers.approve(authorisation.href, ada));
    callback.searchParams.set('state', authorisation.searchParams.get('state') ?? '');
    const answer = await browser.visit(callback.href);
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toBe(`http://localhost:3000/auth?error=${error}`);
    expect(browser.cookieNames).toStrictEqual([]);
  });
});

describe('hooks', () => {
  it('beforeSignInUp is told what the provider says, and who has the account already', async () => {
    const inputs: unknown[] = [];
    hooks.beforeSignInUp = ({ request, ...input }) => {
      inputs.push({ ...input, test: request.headers['x-test'] });
      return undefined;
    };
    const first = await client.signInUp('github', ada, { 'x-test': 'one' });
    await client.signInUp('github', ada, { 'x-test': 'two' });
    const told = { thirdPartyId: 'github', thirdPartyUserId: '1001', email: 'ada@example.com', isEmailVerified: true };
    expect(inputs).toStrictEqual([
      { ...told, user: undefined, test: 'one' },
      { ...told, user: expect.objectContaining({ id: getSessionUserId(first) }), test: 'two' },
    ]);
  });

  it.each([
    { status: 'SIGN_IN_UP_NOT_ALLOWED', reason: 'Only people of Acme' },
    { status: 'GENERAL_ERROR', message: 'Not today' },
  ] as const)('beforeSignInUp can answer $status, and then nothing is written', async (refusal) => {
    hooks.beforeSignInUp = () => refusal;
    const answer = await client.signInUp('google', ada);
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual(refusal);
    expect(getSessionUserId(answer)).toBeUndefined();
    hooks.beforeSignInUp = undefined;
    expect((await client.signInUp('google', ada)).body).toMatchObject({ createdNewRecipeUser: true });
  });

  it('beforeSignInUp that answers something else lets nobody in', async () => {
    hooks.beforeSignInUp = () => false as never;
    const answer = await client.signInUp('google', ada);
    expect(answer.status).toBe(500);
    expect(getSessionUserId(answer)).toBeUndefined();
  });

  it('afterSignInUp is told who signed in, and what it puts into the session reaches the client', async () => {
    const told: unknown[] = [];
    hooks.afterSignInUp = async ({ user, createdNewRecipeUser, session }) => {
      told.push([user.id, createdNewRecipeUser, session.getRecipeUserId()]);
      await session.mergeIntoAccessTokenPayload({ social: true });
    };
    const answer = await client.signInUp('google', ada);
    const userId = getSessionUserId(answer);
    expect(told).toStrictEqual([[userId, true, userId]]);
    const frontToken = Buffer.from(answer.headers.get('front-token') ?? '', 'base64').toString();
    expect(JSON.parse(frontToken)).toMatchObject({ up: { social: true } });
  });

  it('are for the endpoints of both flows', async () => {
    hooks.beforeSignInUp = () => ({ status: 'SIGN_IN_UP_NOT_ALLOWED', reason: 'no' });
    const browser = new BrowserClient();
    const start = await browser.visit(`${testApp.url}/auth/signin/google`);
    const authorisation = new URL(start.headers.get('location') ?? '');
    const callback = new URL(`${testApp.url}/auth/callback/google`);
    callback.searchParams.set('code', providers.approve(authorisation.href, ada));
    callback.searchParams.set('state', authorisation.searchParams.get('state') ?? '');
    const answer = await browser.visit(callback.href);
    expect(answer.headers.get('location')).toBe('http://localhost:3000/auth?error=sign_in_up_not_allowed');
  });
});

it('asks Facebook with the proof that the app has its secret', async () => {
  await client.signInUp('facebook', ada);
  const request = providers.seen.find(({ path }) => path === '/facebook/me');
  expect(request?.query.get('appsecret_proof')).toMatch(/^[\da-f]{64}$/);
  expect(request?.query.get('fields')).toBe('id,email');
});

it('sends no access token of Google or GitHub in a URL', async () => {
  await client.signInUp('google', ada);
  await client.signInUp('github', ada);
  await client.post({
    thirdPartyId: 'google',
    oAuthTokens: { access_token: providers.issueToken(CLIENT.clientId, ada) },
  });
  expect(providers.seen.length).toBeGreaterThan(5);
  expect(providers.seen.map(({ query }) => query.toString()).join()).not.toContain('token-');
  expect(callbackOf('google')).toContain('google');
});
