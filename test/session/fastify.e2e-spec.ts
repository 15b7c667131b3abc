import { FastifyAdapter } from '@nestjs/platform-fastify';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { getCookie, getWords, send } from '../support/http-answer.js';
import { decodeClaims, parseFrontToken, SessionClient } from '../support/session-client.js';
import { expectCleared, expectNothingCleared, expectOnlyWay } from './expectations.js';
import { SessionTestController } from './session-test.controller.js';

const UNAUTHORISED = { message: 'unauthorised' };
const TRY_REFRESH = { message: 'try refresh token' };
const WEBSITE = 'http://localhost:3000';

describe.each(['cookie', 'header'] as const)('sessions on Fastify, in %s mode', (mode) => {
  let testApp: TestApp;

  beforeAll(async () => {
    testApp = await startTestApp({
      adapter: () => new FastifyAdapter(),
      controllers: [SessionTestController],
      auth: {
        emailPassword: { passwordHashing: { memoryCost: 64, timeCost: 1, parallelism: 1 } },
        session: { olderCookieDomain: '.example.com' },
      },
    });
  });

  afterAll(async () => {
    await testApp.close();
  });

  async function signIn(): Promise<SessionClient> {
    const client = new SessionClient(testApp.url, mode);
    await client.signIn();
    return client;
  }

  it('signs up, verifies, refreshes and signs out', async () => {
    const client = new SessionClient(testApp.url, mode);
    const formFields = [
      { id: 'email', value: `${mode}@example.com` },
      { id: 'password', value: 'passw0rd' },
    ];
    const signedUp = await client.post('/auth/signup', { 'st-auth-mode': mode, origin: WEBSITE }, { formFields });
    expect(signedUp.body).toMatchObject({ status: 'OK', user: { emails: [`${mode}@example.com`] } });
    expect(getWords(signedUp, 'access-control-expose-headers')).toContain('front-token');
    expect(signedUp.headers.get('access-control-allow-origin')).toBe(WEBSITE);
    expect(signedUp.cookies.map(({ name }) => name)).toEqual(
      mode === 'cookie' ? ['sAccessToken', 'sRefreshToken'] : [],
    );
    expect((await client.get('/me')).status).toBe(200);

    testApp.clock.advance(3_600_000);
    const expired = await client.get('/me');
    expect([expired.status, expired.body]).toEqual([401, TRY_REFRESH]);
    const refreshed = await client.refresh();
    expect([refreshed.status, refreshed.body]).toEqual([200, {}]);
    expect(parseFrontToken(client.frontToken).up).toEqual(decodeClaims(client.accessToken));
    expect((await client.get('/me')).status).toBe(200);

    const changed = await client.post('/payload', {}, { color: 'red' });
    expect(changed.body).toMatchObject({ color: 'red' });
    expect(changed.cookies).toHaveLength(mode === 'cookie' ? 1 : 0);

    const signedOut = await client.signOut();
    expect([signedOut.status, signedOut.body]).toEqual([200, { status: 'OK' }]);
    expectCleared(signedOut);
  });

  it('401 unauthorised clears nothing without a token, and everything at a refresh', async () => {
    const required = await new SessionClient(testApp.url, mode).get('/me');
    expect([required.status, required.body]).toEqual([401, UNAUTHORISED]);
    expectNothingCleared(required);
    const refreshed = await new SessionClient(testApp.url, mode).refresh();
    expect([refreshed.status, refreshed.body]).toEqual([401, UNAUTHORISED]);
    expectCleared(refreshed);
  });

  it('theft: 401 token theft detected, tokens cleared', async () => {
    const client = await signIn();
    const thief = client.copy();
    await client.refresh();
    await client.get('/me');
    testApp.clock.advance(10_000);
    const answer = await thief.refresh();
    expect([answer.status, answer.body]).toEqual([401, { message: 'token theft detected' }]);
    expectCleared(answer);
  });

  it('tokens that came by the other way are cleared', async () => {
    const client = await signIn();
    const other = new SessionClient(testApp.url, mode === 'cookie' ? 'header' : 'cookie');
    await other.signIn();
    const answer = await send(`${testApp.url}/login`, {
      method: 'POST',
      headers: { 'st-auth-mode': mode, ...client.headersWith('refresh'), ...other.headersWith('refresh') },
      body: { userId: 'ada' },
    });
    expectOnlyWay(answer, mode);
  });

  it('duplicate cookies are cleared, and the session is left', async () => {
    const client = await signIn();
    const answer = await send(`${testApp.url}/auth/session/refresh`, {
      method: 'POST',
      headers: { cookie: 'sRefreshToken=a; sRefreshToken=b; sIdRefreshToken=c' },
    });
    expect(answer.status).toBe(200);
    expect(getCookie(answer, 'sRefreshToken')).toMatchObject({ value: '', attributes: { domain: '.example.com' } });
    expect(getCookie(answer, 'sIdRefreshToken').value).toBe('');
    expect((await client.refresh()).status).toBe(200);
  });

  it('CORS is answered on errors too: 401, 404 and malformed JSON', async () => {
    const headers = { origin: WEBSITE, 'content-type': 'application/json' };
    for (const [path, body, status] of [
      ['/me', '{}', 401],
      ['/nowhere', '{}', 404],
      ['/auth/signin', '{"', 400],
    ] as const) {
      const answer = await send(testApp.url + path, { method: 'POST', headers, body });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('access-control-allow-origin')).toBe(WEBSITE);
      expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    }
  });
});
