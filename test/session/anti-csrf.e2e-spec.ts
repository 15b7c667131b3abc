import { startTestApp, type TestApp } from '../support/create-app.js';
import { send } from '../support/http-answer.js';
import { decodeClaims, SessionClient } from '../support/session-client.js';
import { expectCleared, expectNothingCleared } from './expectations.js';
import { SessionTestController } from './session-test.controller.js';

const TRY_REFRESH = { message: 'try refresh token' };
const SAFE = ['GET', 'HEAD', 'OPTIONS'];
const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE'];

type AntiCsrfMode = 'VIA_CUSTOM_HEADER' | 'VIA_TOKEN' | 'NONE';

describe.each(['VIA_CUSTOM_HEADER', 'VIA_TOKEN', 'NONE'] as const)('anti-CSRF %s (contract §3, §4)', (mode) => {
  let testApp: TestApp;

  beforeAll(async () => {
    testApp = await startTestApp({
      controllers: [SessionTestController],
      auth: { cors: false, session: { antiCsrf: mode } },
    });
  });

  afterAll(async () => {
    await testApp.close();
  });

  async function signIn(way: 'cookie' | 'header' = 'cookie'): Promise<SessionClient> {
    const client = new SessionClient(testApp.url, way);
    await client.signIn();
    return client;
  }

  /** The headers that prove in this mode that the website made a request. */
  function proofOf(client: SessionClient): Record<string, string> {
    const proofs: Record<AntiCsrfMode, Record<string, string>> = {
      VIA_CUSTOM_HEADER: { rid: 'anything' },
      VIA_TOKEN: { 'anti-csrf': client.antiCsrf },
      NONE: {},
    };
    return proofs[mode];
  }

  it.each(SAFE)('%s without proof passes', async (method) => {
    const client = await signIn();
    expect((await client.request('/me', { method })).status).toBe(200);
  });

  it.each(UNSAFE)('%s with proof passes', async (method) => {
    const client = await signIn();
    expect((await client.request('/me', { method, headers: proofOf(client) })).status).toBe(200);
  });

  it.each(UNSAFE)('%s in header mode needs no proof', async (method) => {
    const client = await signIn('header');
    expect(client.antiCsrf).toBe('');
    expect((await client.request('/me', { method })).status).toBe(200);
  });

  it('antiCsrfCheck: false turns it off for a route', async () => {
    expect((await (await signIn()).post('/csrf-off')).status).toBe(200);
  });

  it('an empty rid is a rid: its mere presence counts', async () => {
    const client = await signIn();
    const answer = await client.post('/me', { ...proofOf(client), rid: '' });
    expect(answer.status).toBe(200);
  });

  if (mode === 'NONE') {
    it.each(UNSAFE)('%s without proof passes: SameSite protects it', async (method) => {
      const client = await signIn();
      expect((await client.request('/me', { method })).status).toBe(200);
    });

    it('there is no anti-csrf header, and antiCsrfCheck: true asks for nothing', async () => {
      const client = await signIn();
      expect(client.antiCsrf).toBe('');
      expect((await client.get('/csrf-forced')).status).toBe(200);
    });
    return;
  }

  it.each(UNSAFE)('§4 anti-CSRF failed: %s without proof: 401 try refresh token, nothing cleared', async (method) => {
    const client = await signIn();
    for (const path of ['/me', '/optional']) {
      const answer = await client.request(path, { method });
      expect([answer.status, answer.body]).toEqual([401, TRY_REFRESH]);
      expectNothingCleared(answer);
    }
  });

  it('antiCsrfCheck: true forces it for GET', async () => {
    const client = await signIn();
    const answer = await client.get('/csrf-forced');
    expect([answer.status, answer.body]).toEqual([401, TRY_REFRESH]);
    expect((await client.get('/csrf-forced', proofOf(client))).status).toBe(200);
  });

  it('sign-out without proof leaves the session', async () => {
    const client = await signIn();
    const answer = await client.signOut();
    expect([answer.status, answer.body]).toEqual([401, TRY_REFRESH]);
    expect((await client.get('/checked')).status).toBe(200);
    expect((await client.request('/auth/signout', { method: 'POST', headers: proofOf(client) })).status).toBe(200);
  });

  if (mode === 'VIA_CUSTOM_HEADER') {
    it('§4 refresh: VIA_CUSTOM_HEADER and no rid: 401 unauthorised, tokens cleared', async () => {
      const client = await signIn();
      const answer = await client.copy().refresh();
      expect([answer.status, answer.body]).toEqual([401, { message: 'unauthorised' }]);
      expectCleared(answer);
      // The session itself is as before: a page of another site must not be able to end it.
      expect((await client.refresh({ rid: 'anti-csrf' })).status).toBe(200);
    });

    it('§4 refresh in header mode needs no rid', async () => {
      expect((await (await signIn('header')).refresh()).status).toBe(200);
    });

    it('§2 there is no anti-csrf header on responses', async () => {
      expect((await signIn()).antiCsrf).toBe('');
    });
    return;
  }

  it('§2 the anti-csrf header is on a creation and on a refresh, exposed, and in the access token', async () => {
    const client = new SessionClient(testApp.url, 'cookie');
    const created = await client.signIn();
    const first = created.headers.get('anti-csrf');
    expect(first).toMatch(/^[\w-]{43}$/);
    expect(created.headers.get('access-control-expose-headers')).toContain('anti-csrf');
    expect(decodeClaims(client.accessToken)['antiCsrfToken']).toBe(first);
    const refreshed = await client.refresh();
    const second = refreshed.headers.get('anti-csrf');
    expect(second).toMatch(/^[\w-]{43}$/);
    expect(second).not.toBe(first);
    expect(refreshed.headers.get('access-control-expose-headers')).toContain('anti-csrf');
    // What confirms the session gives the same anti-CSRF token on.
    const confirmed = await client.get('/me');
    expect(confirmed.headers.get('anti-csrf')).toBeNull();
    expect(decodeClaims(client.accessToken)['antiCsrfToken']).toBe(second);
    expect((await client.post('/me', { 'anti-csrf': second ?? '' })).status).toBe(200);
  });

  it.each([
    ['of another session', async () => (await signIn()).antiCsrf],
    ['that is empty', () => Promise.resolve('')],
    ['of another length', () => Promise.resolve('short')],
  ])('§4 anti-CSRF failed: a token %s: 401 try refresh token, nothing cleared', async (_, createToken) => {
    const client = await signIn();
    const answer = await client.post('/me', { 'anti-csrf': await createToken(), rid: 'session' });
    expect([answer.status, answer.body]).toEqual([401, TRY_REFRESH]);
    expectNothingCleared(answer);
  });

  it('the token of before a refresh is not good after it', async () => {
    const client = await signIn();
    const { antiCsrf } = client;
    await client.refresh();
    expect((await client.post('/me', { 'anti-csrf': antiCsrf })).status).toBe(401);
  });

  it('a header session that is presented in a cookie has no token, and does not pass', async () => {
    const client = await signIn('header');
    const cookie = `sAccessToken=${client.accessToken}`;
    const answer = await send(`${testApp.url}/me`, { method: 'POST', headers: { cookie } });
    expect([answer.status, answer.body]).toEqual([401, TRY_REFRESH]);
  });

  it('a merge into the payload keeps the token', async () => {
    const client = await signIn();
    const { antiCsrf } = client;
    expect((await client.post('/payload', { 'anti-csrf': antiCsrf }, { color: 'red' })).status).toBe(200);
    expect((await client.post('/me', { 'anti-csrf': antiCsrf })).status).toBe(200);
  });

  it('§2 clearing: no anti-csrf header', async () => {
    const client = await signIn();
    expectCleared(await client.post('/revoke', { 'anti-csrf': client.antiCsrf }));
  });
});
