import { startTestApp, type TestApp } from '../support/create-app.js';
import { send } from '../support/http-answer.js';
import { decodeClaims, SessionClient } from '../support/session-client.js';
import { expectCleared, expectNothingCleared } from './expectations.js';
import { encode, forgeToken } from './forge-token.js';
import { SessionTestController } from './session-test.controller.js';

const UNAUTHORISED = { message: 'unauthorised' };
const TRY_REFRESH = { message: 'try refresh token' };
const HOUR_MS = 3_600_000;

/** A token that somebody else issued, and that an app may use the `authorization` header for. */
const FOREIGN_JWT = `${encode({ alg: 'HS256', typ: 'JWT', kid: 'd-1' })}.${encode({ sub: 'user-1', exp: 4e9 })}.c2ln`;

describe('verifying a session (contract §4)', () => {
  let testApp: TestApp;

  beforeAll(async () => {
    testApp = await startTestApp({ controllers: [SessionTestController] });
  });

  afterAll(async () => {
    await testApp.close();
  });

  async function signIn(mode: 'cookie' | 'header' = 'header', userId = 'user-1'): Promise<SessionClient> {
    const client = new SessionClient(testApp.url, mode);
    await client.signIn(userId);
    return client;
  }

  describe.each(['cookie', 'header'] as const)('in %s mode', (mode) => {
    it('a good token: the handler runs, and the answer says nothing about tokens', async () => {
      const client = await signIn(mode);
      const answer = await client.get('/me');
      expect([answer.status, answer.body]).toEqual([200, { userId: 'user-1' }]);
      expectNothingCleared(answer);
    });

    it('§4 no token, session required: 401 unauthorised, nothing cleared', async () => {
      const answer = await new SessionClient(testApp.url, mode).get('/me');
      expect([answer.status, answer.body]).toEqual([401, UNAUTHORISED]);
      expectNothingCleared(answer);
    });

    it('§4 no token, session optional: handler runs, session undefined', async () => {
      const answer = await new SessionClient(testApp.url, mode).get('/optional');
      expect([answer.status, answer.body]).toEqual([200, { userId: null }]);
      expectNothingCleared(answer);
    });

    it('a good token, session optional: handler runs with the session', async () => {
      expect((await (await signIn(mode)).get('/optional')).body).toEqual({ userId: 'user-1' });
    });

    it.each(['/me', '/optional', '/checked'])(
      '§4 expired at %s: 401 try refresh token, nothing cleared',
      async (path) => {
        const client = await signIn(mode);
        testApp.clock.advance(HOUR_MS - 1000);
        expect((await client.get(path)).status).toBe(200);
        testApp.clock.advance(1000);
        const answer = await client.get(path);
        expect([answer.status, answer.body]).toEqual([401, TRY_REFRESH]);
        expectNothingCleared(answer);
      },
    );

    it('§4 bad signature: 401 try refresh token, nothing cleared', async () => {
      const client = await signIn(mode);
      const { accessToken } = client;
      const [header = '', claims = '', signature = ''] = accessToken.split('.');
      const flipped = Buffer.from(signature, 'base64url');
      flipped.writeUInt8(flipped.readUInt8(5) ^ 1, 5);
      for (const forged of [
        forgeToken(accessToken, { claims: { sub: 'user-2' } }),
        forgeToken(accessToken, { claims: { exp: 4_000_000_000 } }),
        `${header}.${claims}.${flipped.toString('base64url')}`,
        `${header}.${claims}.`,
        // The same bytes, spelt in another way: a second name for a token would get past a list of revoked ones.
        `${header}.${claims}.${signature}=`,
        `${header}.${claims}.${(await signIn()).accessToken.split('.')[2] ?? ''}`,
      ]) {
        client.accessToken = forged;
        const answer = await client.get('/me');
        expect([answer.status, answer.body]).toEqual([401, TRY_REFRESH]);
        expectNothingCleared(answer);
      }
    });

    it('§4 unknown kid: 401 try refresh token, nothing cleared', async () => {
      const client = await signIn(mode);
      for (const kid of ['d-00000000-0000-0000-0000-000000000000', 's-1', 'd-']) {
        client.accessToken = forgeToken(client.accessToken, { header: { kid } });
        const answer = await client.get('/me');
        expect([answer.status, answer.body]).toEqual([401, TRY_REFRESH]);
        expectNothingCleared(answer);
      }
    });

    it.each([{ alg: 'none' }, { alg: 'HS256' }, { alg: 'RS256' }, { jku: 'https://evil.example' }, { crit: ['x'] }])(
      '§4 nothing in the header of a token is obeyed: %j is a bad signature',
      async (header) => {
        const client = await signIn(mode);
        const forged = forgeToken(client.accessToken, { header });
        for (const token of [forged, forged.replace(/[^.]*$/, '')]) {
          client.accessToken = token;
          const answer = await client.get('/me');
          expect([answer.status, answer.body]).toEqual([401, TRY_REFRESH]);
        }
      },
    );

    it('§4 checkDatabase and the session is revoked: 401 unauthorised, tokens cleared', async () => {
      const client = await signIn(mode);
      expect((await client.get('/checked')).body).toEqual({ userId: 'user-1' });
      await client.copy().post('/revoke');
      const unchecked = await client.get('/me');
      expect(unchecked.status).toBe(200);
      const answer = await client.copy().get('/checked');
      expect([answer.status, answer.body]).toEqual([401, UNAUTHORISED]);
      expectCleared(answer);
    });

    it('a session that expires before its access token: 401 unauthorised, tokens cleared', async () => {
      const other = await startTestApp({
        controllers: [SessionTestController],
        auth: { session: { accessTokenLifetime: 1000, refreshTokenLifetime: 1000 } },
      });
      const client = new SessionClient(other.url, mode);
      await client.signIn();
      // Too little for the session's expiry to be moved, which is a write.
      other.clock.advance(5000);
      await client.refresh();
      other.clock.advance(996_000);
      for (const path of ['/me', '/checked']) {
        const answer = await client.copy().get(path);
        expect([answer.status, answer.body]).toEqual([401, UNAUTHORISED]);
        expectCleared(answer);
      }
      await other.close();
    });
  });

  describe('the rules between the ways', () => {
    it('§4 a well-formed token in authorization wins over the cookie', async () => {
      const [inCookie, inHeader] = [await signIn('cookie', 'cookie-user'), await signIn('header', 'header-user')];
      const answer = await send(`${testApp.url}/me`, {
        headers: { ...inCookie.headersWith('access'), ...inHeader.headersWith('access') },
      });
      expect(answer.body).toEqual({ userId: 'header-user' });
    });

    it('§4 it wins even where it has expired', async () => {
      const inHeader = await signIn('header', 'header-user');
      testApp.clock.advance(HOUR_MS);
      const inCookie = await signIn('cookie', 'cookie-user');
      const answer = await send(`${testApp.url}/me`, {
        headers: { ...inCookie.headersWith('access'), ...inHeader.headersWith('access') },
      });
      expect([answer.status, answer.body]).toEqual([401, TRY_REFRESH]);
    });

    it.each([
      `Bearer ${FOREIGN_JWT}`,
      'Bearer opaque',
      'Bearer ',
      'Bearer a.b.c',
      `Bearer ${encode({ alg: 'ES256', typ: 'JWT', version: '4', kid: 'd-1' })}.${encode({ sub: 'x' })}.c2ln`,
      'Basic dXNlcjpwYXNz',
      'bearer',
      '',
    ])('§4 authorization: %j is none of ours and ignored: the cookie counts', async (authorization) => {
      const client = await signIn('cookie', 'cookie-user');
      expect((await client.get('/me', { authorization })).body).toEqual({ userId: 'cookie-user' });
    });

    it('§4 a bearer token that is not ours is ignored, not an error', async () => {
      const authorization = `Bearer ${FOREIGN_JWT}`;
      const required = await send(`${testApp.url}/me`, { headers: { authorization } });
      expect([required.status, required.body]).toEqual([401, UNAUTHORISED]);
      expectNothingCleared(required);
      const optional = await send(`${testApp.url}/optional`, { headers: { authorization } });
      expect([optional.status, optional.body]).toEqual([200, { userId: null }]);
    });

    it.each(['bearer', 'BEARER', 'Bearer'])('the scheme %s is one (RFC 9110 §11.1)', async (scheme) => {
      const client = await signIn();
      const answer = await send(`${testApp.url}/me`, { headers: { authorization: `${scheme} ${client.accessToken}` } });
      expect(answer.status).toBe(200);
    });

    it('a refresh token is no access token, by neither way', async () => {
      const client = await signIn();
      const header = await send(`${testApp.url}/me`, { headers: { authorization: `Bearer ${client.refreshToken}` } });
      const cookie = await send(`${testApp.url}/me`, { headers: { cookie: `sAccessToken=${client.refreshToken}` } });
      expect([header.status, cookie.status]).toEqual([401, 401]);
    });

    it('a cookie in quotes is the same (RFC 6265 §4.1.1)', async () => {
      const client = await signIn('cookie');
      const cookie = `a=b; sAccessToken="${client.accessToken}"; c=d`;
      expect((await send(`${testApp.url}/me`, { headers: { cookie } })).status).toBe(200);
    });
  });

  describe('§2 cookies of an older configuration', () => {
    it('two cookies of one name on verify: 401 try refresh token', async () => {
      const client = await signIn('cookie');
      for (const cookie of [
        `sAccessToken=${client.accessToken}; sAccessToken=${client.accessToken}`,
        `sAccessToken=${client.accessToken}; a=b; sAccessToken=stale`,
        `sAccessToken=; sAccessToken=${client.accessToken}`,
      ]) {
        for (const path of ['/me', '/optional']) {
          const answer = await send(testApp.url + path, { headers: { cookie } });
          expect([answer.status, answer.body]).toEqual([401, TRY_REFRESH]);
          expectNothingCleared(answer);
        }
      }
    });

    it('a bearer token is not asked about the cookies', async () => {
      const client = await signIn();
      const answer = await client.get('/me', { cookie: 'sAccessToken=a; sAccessToken=b' });
      expect(answer.status).toBe(200);
    });

    it.each(['/me', '/optional'])('a legacy sIdRefreshToken on verify at %s: 401 try refresh token', async (path) => {
      const client = await signIn('cookie');
      const answer = await send(testApp.url + path, {
        headers: { cookie: `sAccessToken=${client.accessToken}; sIdRefreshToken=x` },
      });
      expect([answer.status, answer.body]).toEqual([401, TRY_REFRESH]);
      expectNothingCleared(answer);
    });
  });

  describe('§4 a token that names a parent confirms the session by its first use', () => {
    it('and is replaced by one without the parent claim, of the same expiry', async () => {
      const client = await signIn();
      testApp.clock.advance(60_000);
      await client.refresh();
      const child = client.accessToken;
      expect(decodeClaims(child)).toHaveProperty('parentRefreshTokenHash1');
      testApp.clock.advance(60_000);
      const answer = await client.get('/me');
      expect(answer.headers.get('st-access-token')).toBe(client.accessToken);
      expect(answer.headers.get('st-refresh-token')).toBeNull();
      expect(answer.headers.get('front-token')).not.toBeNull();
      const { parentRefreshTokenHash1: _, iat, ...expected } = decodeClaims(child);
      expect(decodeClaims(client.accessToken)).toStrictEqual({ ...expected, iat: Number(iat) + 60 });
      expectNothingCleared(await client.get('/me'));
    });

    it('in cookie mode by a cookie', async () => {
      const client = await signIn('cookie');
      await client.refresh();
      const answer = await client.get('/me');
      expect(answer.cookies.map(({ name }) => name)).toEqual(['sAccessToken']);
      expect(decodeClaims(client.accessToken)).not.toHaveProperty('parentRefreshTokenHash1');
    });

    it('and still answers when it comes again, as from a second request that was under way', async () => {
      const client = await signIn();
      await client.refresh();
      const late = client.copy();
      await client.get('/me');
      testApp.clock.advance(600_000);
      expect((await late.get('/me')).status).toBe(200);
      expect(decodeClaims(late.accessToken)).not.toHaveProperty('parentRefreshTokenHash1');
    });

    it('and picks up what has been merged into the payload meanwhile', async () => {
      const client = await signIn();
      const other = client.copy();
      await client.refresh();
      await other.post('/payload', {}, { color: 'red' });
      await client.get('/me');
      expect(decodeClaims(client.accessToken)).toMatchObject({ color: 'red' });
    });

    it.each(['/me', '/checked'])('and is refused at %s once the session is revoked', async (path) => {
      const client = await signIn();
      const other = client.copy();
      await client.refresh();
      await other.post('/revoke');
      const answer = await client.get(path);
      expect([answer.status, answer.body]).toEqual([401, UNAUTHORISED]);
      expectCleared(answer);
    });

    it('and is refused where the signature is wrong, so that nobody confirms what was never given out', async () => {
      const client = await signIn();
      const other = client.copy();
      await client.refresh();
      client.accessToken = forgeToken(client.accessToken, { claims: { refreshTokenHash1: 'x'.repeat(43) } });
      expect((await client.get('/me')).body).toEqual(TRY_REFRESH);
      expect((await other.refresh()).status).toBe(200);
    });
  });

  it('HEAD and OPTIONS are verified as well', async () => {
    const client = await signIn();
    expect((await client.request('/me', { method: 'HEAD' })).status).toBe(200);
    expect((await new SessionClient(testApp.url).request('/me', { method: 'HEAD' })).status).toBe(401);
  });

  it('a token is the same one for hundreds of requests at once', async () => {
    const client = await signIn();
    const answers = await Promise.all(Array.from({ length: 100 }, () => client.get('/me')));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });
});

describe('verifying with other options', () => {
  let testApp: TestApp | undefined;

  afterEach(async () => {
    await testApp?.close();
    testApp = undefined;
  });

  it('§3 sessionExpiredStatusCode takes the place of 401', async () => {
    testApp = await startTestApp({
      controllers: [SessionTestController],
      auth: { session: { sessionExpiredStatusCode: 440 } },
    });
    const client = new SessionClient(testApp.url);
    expect((await client.get('/me')).status).toBe(440);
    await client.signIn();
    testApp.clock.advance(HOUR_MS);
    const expired = await client.get('/me');
    expect([expired.status, expired.body]).toEqual([440, TRY_REFRESH]);
    client.refreshToken = '';
    expect((await client.refresh()).status).toBe(440);
  });

  it.each([
    ['header', 'cookie'],
    ['cookie', 'header'],
  ] as const)('§4 getTokenTransferMethod %s: a session in the %s is not seen', async (allowed, mode) => {
    let method: 'any' | 'cookie' | 'header' = 'any';
    testApp = await startTestApp({
      controllers: [SessionTestController],
      auth: { session: { getTokenTransferMethod: () => method } },
    });
    const client = new SessionClient(testApp.url, mode);
    await client.signIn();
    expect((await client.get('/me')).status).toBe(200);
    method = allowed;
    const answer = await client.get('/me');
    expect([answer.status, answer.body]).toEqual([401, UNAUTHORISED]);
    expect((await client.get('/optional')).body).toEqual({ userId: null });
    expect((await client.refresh()).status).toBe(401);
  });

  it('works with a token that the cache of verified tokens has no room for', async () => {
    testApp = await startTestApp({
      controllers: [SessionTestController],
      auth: { session: { accessTokenCacheSize: 1 } },
    });
    const clients = [new SessionClient(testApp.url), new SessionClient(testApp.url)];
    for (const [index, client] of clients.entries()) {
      await client.signIn(`user-${String(index)}`);
    }
    for (const index of [0, 1, 0, 1]) {
      expect((await clients[index]?.get('/me'))?.body).toEqual({ userId: `user-${String(index)}` });
    }
  });
});
