import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { findCookies, getCookie, getWords, send } from '../support/http-answer.js';
import { decodeClaims, parseFrontToken, SessionClient } from '../support/session-client.js';
import { expectCleared, expectNothingCleared, expectOnlyWay } from './expectations.js';
import { SessionTestController } from './session-test.controller.js';

const UNAUTHORISED = { message: 'unauthorised' };
const TRY_REFRESH = { message: 'try refresh token' };
const THEFT = { message: 'token theft detected' };
const GRACE_MS = 10_000;
const DAY_MS = 24 * 3_600_000;

describe('refreshing a session (contract §4)', () => {
  let testApp: TestApp;

  beforeAll(async () => {
    testApp = await startTestApp({ controllers: [SessionTestController] });
    // Thefts are reported in the log, and there are many here.
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  });

  afterAll(async () => {
    jest.restoreAllMocks();
    await testApp.close();
  });

  async function signIn(mode: 'cookie' | 'header' = 'header', userId = 'user-1'): Promise<SessionClient> {
    const client = new SessionClient(testApp.url, mode);
    await client.signIn(userId);
    return client;
  }

  describe.each(['cookie', 'header'] as const)('in %s mode', (mode) => {
    it('§4 POST /session/refresh: 200 {} and new tokens', async () => {
      const client = await signIn(mode);
      const before = client.copy();
      testApp.clock.advance(2 * DAY_MS);
      expect((await client.get('/me')).body).toEqual(TRY_REFRESH);
      const answer = await client.refresh();
      expect([answer.status, answer.body]).toEqual([200, {}]);
      expect(client.accessToken).not.toBe(before.accessToken);
      expect(client.refreshToken).not.toBe(before.refreshToken);
      expect(client.sessionHandle).toBe(before.sessionHandle);
      expect(parseFrontToken(client.frontToken)).toMatchObject({
        uid: 'user-1',
        ate: Math.floor(testApp.clock.now() / 1000 + 3600) * 1000,
      });
      expect(getWords(answer, 'access-control-expose-headers')).toContain('front-token');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect((await client.get('/me')).body).toEqual({ userId: 'user-1' });
    });

    it('gives the new tokens the same way, and nothing by the other', async () => {
      const client = await signIn(mode);
      const answer = await client.refresh({ 'st-auth-mode': mode === 'cookie' ? 'header' : 'cookie' });
      expect(answer.cookies.length > 0).toBe(mode === 'cookie');
      expect(answer.headers.get('st-access-token') !== null).toBe(mode === 'header');
      if (mode === 'cookie') {
        const { attributes } = getCookie(answer, 'sRefreshToken');
        const expires = Math.floor(testApp.clock.now() / 1000) * 1000 + 100 * DAY_MS;
        expect(Date.parse(String(attributes['expires']))).toBe(expires);
        expect(attributes['path']).toBe('/auth/session/refresh');
      }
    });

    it('lasts for years, as long as somebody refreshes', async () => {
      const client = await signIn(mode);
      for (let round = 0; round < 12; round++) {
        testApp.clock.advance(99 * DAY_MS);
        expect((await client.refresh()).status).toBe(200);
        expect((await client.get('/checked')).status).toBe(200);
      }
    });

    it('§4 refresh: no refresh token: 401 unauthorised, tokens cleared', async () => {
      const answer = await new SessionClient(testApp.url, mode).refresh();
      expect([answer.status, answer.body]).toEqual([401, UNAUTHORISED]);
      expectCleared(answer);
    });

    it('§4 refresh: unknown: 401 unauthorised, tokens cleared', async () => {
      const client = await signIn(mode);
      const good = Buffer.from(client.refreshToken, 'base64url');
      const flip = (index: number): string => {
        const bytes = Buffer.from(good);
        bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
        return bytes.toString('base64url');
      };
      const unknown = [
        // The version, the handle, the nonce and the MAC.
        ...[0, 1, 20, good.length - 1].map(flip),
        good.subarray(0, -1).toString('base64url'),
        client.accessToken,
        'x',
        'x'.repeat(client.refreshToken.length),
        '__proto__',
      ];
      for (const token of unknown) {
        const other = client.copy();
        other.refreshToken = token;
        const answer = await other.refresh();
        expect([answer.status, answer.body]).toEqual([401, UNAUTHORISED]);
        expectCleared(answer);
      }
      expect((await client.refresh()).status).toBe(200);
    });

    it('§4 refresh: expired: 401 unauthorised, tokens cleared', async () => {
      const client = await signIn(mode);
      testApp.clock.advance(100 * DAY_MS - 1);
      expect((await client.copy().refresh()).status).toBe(200);
      testApp.clock.advance(100 * DAY_MS);
      const answer = await client.refresh();
      expect([answer.status, answer.body]).toEqual([401, UNAUTHORISED]);
      expectCleared(answer);
    });

    it('§4 refresh: revoked: 401 unauthorised, tokens cleared', async () => {
      const client = await signIn(mode);
      await client.copy().post('/revoke');
      const answer = await client.refresh();
      expect([answer.status, answer.body]).toEqual([401, UNAUTHORISED]);
      expectCleared(answer);
    });

    it('§4 refresh: theft: 401 token theft detected, tokens cleared, and the session is revoked', async () => {
      const client = await signIn(mode);
      const thief = client.copy();
      await client.refresh();
      await client.get('/me');
      testApp.clock.advance(GRACE_MS);
      const answer = await thief.refresh();
      expect([answer.status, answer.body]).toEqual([401, THEFT]);
      expectCleared(answer);
      expect((await client.copy().get('/checked')).body).toEqual(UNAUTHORISED);
      expect((await client.refresh()).body).toEqual(UNAUTHORISED);
    });
  });

  describe('§4 the rotation', () => {
    it('refreshing with the confirmed token leaves it valid: a lost answer can be asked for again', async () => {
      const client = await signIn();
      for (let lost = 0; lost < 3; lost++) {
        testApp.clock.advance(DAY_MS);
        expect((await client.copy().refresh()).status).toBe(200);
      }
      await client.refresh();
      expect((await client.get('/me')).status).toBe(200);
    });

    it('the child names the parent: its access token has the hash of the confirmed token', async () => {
      const client = await signIn();
      const { refreshTokenHash1 } = decodeClaims(client.accessToken);
      await client.refresh();
      expect(decodeClaims(client.accessToken)['parentRefreshTokenHash1']).toBe(refreshTokenHash1);
    });

    it('the first use of a child as a refresh token confirms it: its parent and its siblings die', async () => {
      const client = await signIn();
      const parent = client.copy();
      const sibling = client.copy();
      await client.refresh();
      await sibling.refresh();
      await client.refresh();
      testApp.clock.advance(GRACE_MS);
      expect((await sibling.copy().get('/me')).body).toEqual(TRY_REFRESH);
      expect((await sibling.copy().refresh()).body).toEqual(THEFT);
      expect((await parent.refresh()).body).toEqual(UNAUTHORISED);
    });

    it('the first use of its access token confirms it as well', async () => {
      const client = await signIn();
      const parent = client.copy();
      await client.refresh();
      await client.get('/me');
      testApp.clock.advance(GRACE_MS);
      expect((await parent.refresh()).body).toEqual(THEFT);
    });

    it('a child that was confirmed refreshes as often as its answers are lost', async () => {
      const client = await signIn();
      await client.refresh();
      for (let lost = 0; lost < 3; lost++) {
        testApp.clock.advance(DAY_MS);
        expect((await client.copy().refresh()).status).toBe(200);
      }
      expect((await client.refresh()).status).toBe(200);
    });

    it('a grandparent is theft even within the grace', async () => {
      const client = await signIn();
      const grandparent = client.copy();
      await client.refresh();
      await client.refresh();
      await client.refresh();
      expect((await grandparent.refresh()).body).toEqual(THEFT);
    });

    it('an access token of before goes on until it expires: verifying touches no database', async () => {
      const client = await signIn();
      const before = client.copy();
      await client.refresh();
      await client.get('/me');
      testApp.clock.advance(2 * GRACE_MS);
      const answer = await before.get('/me');
      expect(answer.status).toBe(200);
      expectNothingCleared(answer);
    });
  });

  describe('§4 the grace for racing tabs', () => {
    it('the previous token: answered as if the confirmed one had been presented', async () => {
      const client = await signIn();
      const tab = client.copy();
      await client.refresh();
      await client.get('/me');
      const { refreshTokenHash1: confirmed } = decodeClaims(client.accessToken);
      testApp.clock.advance(GRACE_MS - 1);
      expect((await tab.refresh()).status).toBe(200);
      expect(decodeClaims(tab.accessToken)['parentRefreshTokenHash1']).toBe(confirmed);
      expect((await tab.get('/me')).status).toBe(200);
      expect((await tab.refresh()).status).toBe(200);
    });

    it('another child of it: the same as refresh token', async () => {
      const client = await signIn();
      const tab = client.copy();
      await client.refresh();
      await tab.refresh();
      await client.get('/me');
      const { refreshTokenHash1: confirmed } = decodeClaims(client.accessToken);
      testApp.clock.advance(GRACE_MS - 1);
      expect((await tab.refresh()).status).toBe(200);
      expect(decodeClaims(tab.accessToken)['parentRefreshTokenHash1']).toBe(confirmed);
    });

    it("another child's access token verifies within it, and answers try refresh token after it", async () => {
      const client = await signIn();
      const tab = client.copy();
      await client.refresh();
      await tab.refresh();
      await client.get('/me');
      testApp.clock.advance(GRACE_MS - 1);
      for (const path of ['/me', '/checked']) {
        const answer = await tab.get(path);
        expect(answer.status).toBe(200);
        // It is no better token than before, and a new one would hide that.
        expectNothingCleared(answer);
      }
      testApp.clock.advance(1);
      for (const path of ['/me', '/checked', '/optional']) {
        const answer = await tab.get(path);
        expect([answer.status, answer.body]).toEqual([401, TRY_REFRESH]);
        expectNothingCleared(answer);
      }
    });

    it('two tabs that refresh at the same instant both go on', async () => {
      const client = await signIn();
      const tabs = [client, client.copy(), client.copy()];
      const answers = await Promise.all(tabs.map((tab) => tab.refresh()));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      const uses = await Promise.all(tabs.map((tab) => tab.get('/me')));
      expect(uses.map(({ status }) => status)).toEqual([200, 200, 200]);
      const again = await Promise.all(tabs.map((tab) => tab.refresh()));
      expect(again.map(({ status }) => status)).toEqual([200, 200, 200]);
    });

    it.each([0, 3])('refreshTokenGracePeriod: %d', async (seconds) => {
      const other = await startTestApp({
        controllers: [SessionTestController],
        auth: { session: { refreshTokenGracePeriod: seconds } },
      });
      const client = new SessionClient(other.url);
      await client.signIn();
      const [early, late] = [client.copy(), client.copy()];
      await client.refresh();
      await client.get('/me');
      if (seconds > 0) {
        other.clock.advance(seconds * 1000 - 1);
        expect((await early.refresh()).status).toBe(200);
        other.clock.advance(1);
      }
      expect((await late.refresh()).body).toEqual(THEFT);
      await other.close();
    });
  });

  describe('the rules between the ways', () => {
    it('§4 a well-formed token in authorization wins over the cookie', async () => {
      const [inCookie, inHeader] = [await signIn('cookie', 'cookie-user'), await signIn('header', 'header-user')];
      const answer = await send(`${testApp.url}/auth/session/refresh`, {
        method: 'POST',
        headers: { ...inCookie.headersWith('refresh'), ...inHeader.headersWith('refresh') },
      });
      expect(parseFrontToken(answer.headers.get('front-token')).uid).toBe('header-user');
      // §4: tokens that came by the other way are cleared.
      expectOnlyWay(answer, 'header');
    });

    it('§4 it wins even where it is not good', async () => {
      const [inCookie, inHeader] = [await signIn('cookie'), await signIn('header')];
      await inHeader.copy().post('/revoke');
      const answer = await send(`${testApp.url}/auth/session/refresh`, {
        method: 'POST',
        headers: { ...inCookie.headersWith('refresh'), ...inHeader.headersWith('refresh') },
      });
      expect([answer.status, answer.body]).toEqual([401, UNAUTHORISED]);
    });

    it.each(['Bearer foreign', 'Bearer ', 'Basic dXNlcjpwYXNz', 'access token'])(
      '§4 authorization: %j is no refresh token and ignored: the cookie counts',
      async (authorization) => {
        const client = await signIn('cookie');
        const value = authorization === 'access token' ? `Bearer ${client.accessToken}` : authorization;
        const answer = await client.refresh({ authorization: value });
        expect(answer.status).toBe(200);
        expect(getCookie(answer, 'sRefreshToken').value).not.toBe('');
        // Whatever came by the other way is cleared, so that the next request is not about it.
        expect(answer.headers.get('st-access-token')).toBe(/^Bearer \S/.test(value) ? '' : null);
      },
    );
  });

  describe('§2 cookies of an older configuration', () => {
    it('duplicates on refresh, olderCookieDomain not set: 500 with a message that says to set it', async () => {
      const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const client = await signIn('cookie');
      const { refreshToken } = client;
      for (const cookie of [
        `sRefreshToken=${refreshToken}; sRefreshToken=stale`,
        `sAccessToken=a; sAccessToken=b; sRefreshToken=${refreshToken}`,
      ]) {
        const answer = await client.copy().refresh({ cookie });
        expect(answer.status).toBe(500);
        expect(answer.body).toEqual({ message: expect.stringContaining('set session.olderCookieDomain') });
        expectNothingCleared(answer);
      }
      expect(error).toHaveBeenCalledWith(expect.stringContaining('olderCookieDomain'));
      error.mockRestore();
      expect((await client.refresh()).status).toBe(200);
    });

    it.each([
      ['.example.com', undefined, 'https://api.example.com', '.example.com'],
      ['example.com', '.api.example.com', 'https://api.example.com', 'example.com'],
      ['', '.example.com', 'https://api.example.com', undefined],
    ])(
      'duplicates on refresh, olderCookieDomain %j, cookieDomain %j: that one is cleared, 200, the session is untouched',
      async (olderCookieDomain, cookieDomain, apiDomain, cleared) => {
        const other = await startTestApp({
          controllers: [SessionTestController],
          appInfo: { apiDomain, websiteDomain: 'https://example.com' },
          auth: { session: { olderCookieDomain, cookieDomain } },
        });
        const client = new SessionClient(other.url, 'cookie');
        await client.signIn();
        const [access, refresh] = [client.accessToken, client.refreshToken];
        const answer = await client.copy().refresh({
          cookie: `sAccessToken=${access}; sAccessToken=old; sRefreshToken=old; sRefreshToken=${refresh}`,
        });
        expect(answer.status).toBe(200);
        expect(answer.headers.get('front-token')).toBeNull();
        expect(answer.cookies).toHaveLength(2);
        for (const [name, path] of [
          ['sAccessToken', '/'],
          ['sRefreshToken', '/auth/session/refresh'],
        ] as const) {
          const { value, attributes } = getCookie(answer, name);
          expect([value, attributes['path'], attributes['domain']]).toEqual(['', path, cleared]);
          expect(Date.parse(String(attributes['expires']))).toBe(0);
        }
        // With only one of them twice, only that one is cleared.
        const once = await client.copy().refresh({ cookie: `sRefreshToken=a; sRefreshToken=${refresh}` });
        expect(once.cookies.map(({ name }) => name)).toEqual(['sRefreshToken']);
        // Then the client asks again, with the cookies that are left.
        expect((await client.refresh()).status).toBe(200);
        await other.close();
      },
    );

    it.each([
      ['with a session', true],
      ['without a session', false],
    ])('a legacy sIdRefreshToken: any refresh clears it, %s', async (_, hasSession) => {
      const client = hasSession ? await signIn('cookie') : new SessionClient(testApp.url, 'cookie');
      const { cookie = '' } = client.headersWith('refresh');
      const answer = await client.refresh({ cookie: `sIdRefreshToken=x; ${cookie}` });
      expect(answer.status).toBe(hasSession ? 200 : 401);
      const { value, attributes } = getCookie(answer, 'sIdRefreshToken');
      expect([value, attributes['path'], Date.parse(String(attributes['expires']))]).toEqual(['', '/', 0]);
    });

    it('a refresh without one does not speak of it', async () => {
      const client = await signIn('cookie');
      expect(findCookies(await client.refresh(), 'sIdRefreshToken')).toEqual([]);
    });
  });

  it('carries what has been merged into the payload meanwhile', async () => {
    const client = await signIn();
    const other = client.copy();
    await other.post('/payload', {}, { color: 'red', gone: 1 });
    await other.post('/payload', {}, { gone: null });
    await client.refresh();
    expect(decodeClaims(client.accessToken)).toMatchObject({ color: 'red', sub: 'user-1' });
    expect(decodeClaims(client.accessToken)).not.toHaveProperty('gone');
  });

  it('§9 exists below the tenant public, and below no other', async () => {
    const client = await signIn();
    expect((await client.refresh({}, '/auth/public/session/refresh')).status).toBe(200);
    const answer = await client.refresh({}, '/auth/acme/session/refresh');
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ message: expect.stringContaining("'acme'") });
    expect((await client.refresh()).status).toBe(200);
  });

  it('only POST refreshes', async () => {
    const client = await signIn();
    expect((await client.request('/auth/session/refresh', { headers: client.headersWith('refresh') })).status).toBe(
      404,
    );
  });

  it('a theft is logged with the handle and the user, and without any token', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockClear();
    const client = await signIn('header', 'user-theft');
    const thief = client.copy();
    const { sessionHandle, refreshToken } = thief;
    await client.refresh();
    await client.refresh();
    testApp.clock.advance(GRACE_MS);
    await thief.refresh();
    const lines = warn.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('user-theft'));
    expect(lines).toEqual([expect.stringContaining(sessionHandle)]);
    expect(lines[0]).not.toContain(refreshToken);
    expect(lines[0]).not.toContain(decodeClaims(client.accessToken)['refreshTokenHash1']);
  });
});
