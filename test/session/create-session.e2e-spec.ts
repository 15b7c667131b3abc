import { Controller, HttpCode, Inject, Logger, Post, Req, Res } from '@nestjs/common';
import { SessionService, type HttpRequest, type HttpResponse } from 'nestward';
import { jest } from '@jest/globals';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { findCookies, getCookie, getWords, send, type HttpAnswer } from '../support/http-answer.js';
import { decodeClaims, decodeHeader, parseFrontToken, SessionClient } from '../support/session-client.js';
import { expectOnlyWay } from './expectations.js';
import { SessionTestController } from './session-test.controller.js';

const YEAR_MS = 365 * 24 * 3_600_000;
const DAY_MS = 24 * 3_600_000;

/** Puts something of the app's own into the headers that the library adds to. */
@Controller()
class ExposingController {
  constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

  @Post('login-exposing')
  @HttpCode(200)
  async signIn(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse & { setHeader(name: string, value: string | string[]): void },
  ): Promise<void> {
    response.setHeader('Access-Control-Expose-Headers', 'X-App, Front-Token');
    response.setHeader('Cache-Control', 'private');
    response.setHeader('Set-Cookie', ['theme=dark', 'sAccessToken=stale; Path=/']);
    await this.sessions.createNewSession(request, response, 'user-1');
  }
}

describe('creating a session (contract §2, §4)', () => {
  let testApp: TestApp;

  beforeAll(async () => {
    testApp = await startTestApp({ controllers: [SessionTestController, ExposingController] });
  });

  afterAll(async () => {
    await testApp.close();
  });

  const signIn = (headers: Readonly<Record<string, string>> = {}, body: Readonly<Record<string, unknown>> = {}) =>
    send(`${testApp.url}/login`, { method: 'POST', headers, body: { userId: 'user-1', ...body } });

  describe('§2 st-auth-mode, the wish for a new session', () => {
    it.each([
      ['cookie', 'cookie'],
      ['COOKIE', 'cookie'],
      ['header', 'header'],
      ['Header', 'header'],
      [undefined, 'header'],
      ['', 'header'],
      ['cookies', 'header'],
    ] as const)('%j: %s', async (wish, way) => {
      const answer = await signIn(wish === undefined ? {} : { 'st-auth-mode': wish });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('st-access-token') !== null).toBe(way === 'header');
      expect(answer.headers.get('st-refresh-token') !== null).toBe(way === 'header');
      expect(answer.cookies.map(({ name }) => name).sort()).toEqual(
        way === 'cookie' ? ['sAccessToken', 'sRefreshToken'] : [],
      );
    });
  });

  it('§2 cookie mode: sAccessToken at / for a year, sRefreshToken at the refresh path for its lifetime', async () => {
    const answer = await signIn({ 'st-auth-mode': 'cookie' });
    const access = getCookie(answer, 'sAccessToken');
    const refresh = getCookie(answer, 'sRefreshToken');
    const now = Math.floor(testApp.clock.now() / 1000) * 1000;
    expect(access.attributes).toEqual({
      path: '/',
      expires: new Date(now + YEAR_MS).toUTCString(),
      httponly: true,
      samesite: 'Lax',
    });
    expect(refresh.attributes).toEqual({
      path: '/auth/session/refresh',
      expires: new Date(now + 100 * DAY_MS).toUTCString(),
      httponly: true,
      samesite: 'Lax',
    });
    expect(decodeClaims(access.value)).toMatchObject({ sub: 'user-1' });
    expect(answer.headers.get('anti-csrf')).toBeNull();
  });

  it('§2 header mode: st-access-token and st-refresh-token, no cookie', async () => {
    const answer = await signIn({ 'st-auth-mode': 'header' });
    expect(decodeClaims(answer.headers.get('st-access-token') ?? '')).toMatchObject({ sub: 'user-1' });
    expect(answer.headers.get('st-refresh-token')).toMatch(/^[\w-]{100,}$/);
    expect(answer.cookies).toEqual([]);
  });

  it.each(['cookie', 'header'] as const)(
    '§2 front-token in %s mode: padded base64 of UTF-8 JSON with uid, ate in milliseconds, and the payload',
    async (mode) => {
      const client = new SessionClient(testApp.url, mode);
      const payload = { name: 'Zoë 🦊', roles: ['a', 'b'], deep: { n: 1.5, no: null } };
      const answer = await client.signIn('user-1', { payload });
      const frontToken = answer.headers.get('front-token') ?? '';
      expect(frontToken).toMatch(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);
      const content = parseFrontToken(frontToken);
      const claims = decodeClaims(client.accessToken);
      expect(content).toStrictEqual({
        uid: 'user-1',
        ate: Math.floor(testApp.clock.now() / 1000 + 3600) * 1000,
        up: claims,
      });
      expect(content.up).toMatchObject(payload);
    },
  );

  it('§2 every token header is listed in Access-Control-Expose-Headers', async () => {
    expect(getWords(await signIn({ 'st-auth-mode': 'header' }), 'access-control-expose-headers').sort()).toEqual([
      'front-token',
      'st-access-token',
      'st-refresh-token',
    ]);
    expect(getWords(await signIn({ 'st-auth-mode': 'cookie' }), 'access-control-expose-headers')).toEqual([
      'front-token',
    ]);
  });

  it('§2 what the app put into the headers stays: they are appended to, never overwritten', async () => {
    const answer = await send(`${testApp.url}/login-exposing`, {
      method: 'POST',
      headers: { 'st-auth-mode': 'header' },
    });
    expect(getWords(answer, 'access-control-expose-headers')).toEqual([
      'x-app',
      'front-token',
      'st-access-token',
      'st-refresh-token',
    ]);
    expect(answer.headers.get('cache-control')).toBe('private');
    expect(getCookie(answer, 'theme').value).toBe('dark');

    const inCookies = await send(`${testApp.url}/login-exposing`, {
      method: 'POST',
      headers: { 'st-auth-mode': 'cookie' },
    });
    expect(getCookie(inCookies, 'theme').value).toBe('dark');
    expect(findCookies(inCookies, 'sAccessToken').map(({ value }) => value)).toEqual([expect.stringContaining('.')]);
  });

  it('no shared cache may keep an answer with tokens', async () => {
    expect((await signIn()).headers.get('cache-control')).toBe('no-store');
  });

  describe('§4 after a successful create, tokens that came by the other way are cleared', () => {
    it.each(['sAccessToken=x', 'sRefreshToken=x', 'other=1; sAccessToken=x; sRefreshToken=y'])(
      'header mode, the request has %s',
      async (cookie) => {
        expectOnlyWay(await signIn({ 'st-auth-mode': 'header', cookie }), 'header');
      },
    );

    it('header mode, the request has a cookie of another name', async () => {
      expect((await signIn({ 'st-auth-mode': 'header', cookie: 'my_sAccessToken=x' })).cookies).toEqual([]);
    });

    it('cookie mode, the request has a bearer token', async () => {
      expectOnlyWay(await signIn({ 'st-auth-mode': 'cookie', authorization: 'Bearer x' }), 'cookie');
    });

    it('cookie mode, the request has no bearer token', async () => {
      const answer = await signIn({ 'st-auth-mode': 'cookie', authorization: 'Basic eDp5' });
      expect(answer.headers.get('st-access-token')).toBeNull();
    });
  });

  describe('§4 access token', () => {
    it('is a JWT with the header and the claims of the contract', async () => {
      const client = new SessionClient(testApp.url);
      await client.signIn('user-1', { payload: { color: 'red' } });
      const seconds = Math.floor(testApp.clock.now() / 1000);
      const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(decodeHeader(client.accessToken)).toStrictEqual({
        alg: 'ES256',
        typ: 'JWT',
        version: '5',
        kid: expect.stringMatching(/^d-/),
      });
      expect(decodeClaims(client.accessToken)).toStrictEqual({
        sub: 'user-1',
        rsub: 'user-1',
        tId: 'public',
        sessionHandle: uuid,
        refreshTokenHash1: expect.stringMatching(/^[\w-]{43}$/),
        iss: 'http://localhost:3001/auth',
        iat: seconds,
        exp: seconds + 3600,
        color: 'red',
      });
    });

    it('names the login method and the tenant that the app gives', async () => {
      const client = new SessionClient(testApp.url);
      await client.signIn('user-1', { options: { recipeUserId: 'login-7', tenantId: 'acme' } });
      expect(decodeClaims(client.accessToken)).toMatchObject({ sub: 'user-1', rsub: 'login-7', tId: 'acme' });
    });

    it.each([
      'sub',
      'rsub',
      'tId',
      'sessionHandle',
      'refreshTokenHash1',
      'parentRefreshTokenHash1',
      'antiCsrfToken',
      'iss',
      'iat',
      'exp',
    ])("drops an app's claim of the protected name %s", async (name) => {
      const client = new SessionClient(testApp.url);
      await client.signIn('user-1', { payload: { [name]: 'forged', color: 'red' } });
      const claims = decodeClaims(client.accessToken);
      expect(claims[name]).not.toBe('forged');
      expect(claims).toMatchObject({ sub: 'user-1', color: 'red' });
      expect(parseFrontToken(client.frontToken).up[name]).not.toBe('forged');
      expect((await client.get('/me')).body).toEqual({ userId: 'user-1' });
    });

    it('keeps a claim of the name __proto__ to itself', async () => {
      const client = new SessionClient(testApp.url);
      await client.request('/login', {
        method: 'POST',
        body: '{"userId":"user-1","payload":{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}}',
        headers: { 'content-type': 'application/json' },
      });
      expect('admin' in {}).toBe(false);
      expect((await client.get('/me')).status).toBe(200);
    });
  });

  it('each session has a handle and tokens of its own', async () => {
    const clients = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const client = new SessionClient(testApp.url);
        await client.signIn();
        return client;
      }),
    );
    expect(new Set(clients.map(({ sessionHandle }) => sessionHandle)).size).toBe(5);
    expect(new Set(clients.map(({ refreshToken }) => refreshToken)).size).toBe(5);
  });

  it('the way that the app gives to createNewSession takes the place of the wish', async () => {
    const answer = await signIn({ 'st-auth-mode': 'header' }, { options: { transferMethod: 'cookie' } });
    expect(answer.headers.get('st-access-token')).toBeNull();
    expect(getCookie(answer, 'sAccessToken').value).not.toBe('');
  });
});

describe('creating a session with other options', () => {
  let testApp: TestApp | undefined;

  afterEach(async () => {
    await testApp?.close();
    testApp = undefined;
  });

  async function signInWith(options: Parameters<typeof startTestApp>[0], mode = 'cookie'): Promise<HttpAnswer> {
    testApp = await startTestApp({ controllers: [SessionTestController], ...options });
    return send(`${testApp.url}/login`, {
      method: 'POST',
      headers: { 'st-auth-mode': mode },
      body: { userId: 'user-1' },
    });
  }

  it('§2 exposeAccessTokenToFrontendInCookieBasedAuth adds st-access-token in cookie mode', async () => {
    const answer = await signInWith({ auth: { session: { exposeAccessTokenToFrontendInCookieBasedAuth: true } } });
    expect(answer.headers.get('st-access-token')).toBe(getCookie(answer, 'sAccessToken').value);
    expect(answer.headers.get('st-refresh-token')).toBeNull();
    expect(getWords(answer, 'access-control-expose-headers').sort()).toEqual(['front-token', 'st-access-token']);
  });

  it('§2 accessTokenPath is the path of sAccessToken', async () => {
    const answer = await signInWith({ auth: { session: { accessTokenPath: 'api/' } } });
    expect(getCookie(answer, 'sAccessToken').attributes['path']).toBe('/api');
    expect(getCookie(answer, 'sRefreshToken').attributes['path']).toBe('/auth/session/refresh');
  });

  it.each([
    [{ apiBasePath: '/' }, '/session/refresh', 'http://localhost:3001'],
    [{ apiBasePath: 'api/v1/' }, '/api/v1/session/refresh', 'http://localhost:3001/api/v1'],
    [{ apiGatewayPath: '/gateway' }, '/gateway/auth/session/refresh', 'http://localhost:3001/gateway/auth'],
    [{ apiGatewayPath: 'gw', apiBasePath: '/' }, '/gw/session/refresh', 'http://localhost:3001/gw'],
  ])('§1, §2 %j: the refresh cookie at %s, the issuer %s', async (appInfo, path, issuer) => {
    const answer = await signInWith({ appInfo });
    expect(getCookie(answer, 'sRefreshToken').attributes['path']).toBe(path);
    expect(decodeClaims(getCookie(answer, 'sAccessToken').value)['iss']).toBe(issuer);
    // The gateway strips its path: the routes do not have it.
    const route = path.replace(/^\/(gateway|gw)(?=\/)/, '');
    const refreshed = await send(`${testApp?.url ?? ''}${route}`, {
      method: 'POST',
      headers: { cookie: `sRefreshToken=${getCookie(answer, 'sRefreshToken').value}` },
    });
    expect(refreshed.status).toBe(200);
  });

  it.each([
    ['cookie', 'header'],
    ['header', 'cookie'],
  ] as const)('§4 getTokenTransferMethod that answers %s goes before the wish for %s', async (method, wish) => {
    const seen: unknown[] = [];
    const answer = await signInWith(
      {
        auth: {
          session: {
            getTokenTransferMethod: ({ request, forCreateNewSession }) => {
              seen.push([request.headers['st-auth-mode'], forCreateNewSession]);
              return method;
            },
          },
        },
      },
      wish,
    );
    expect(answer.cookies.length > 0).toBe(method === 'cookie');
    expect(seen).toContainEqual([wish, true]);
  });

  it('§4 getTokenTransferMethod that answers any leaves it to the wish', async () => {
    const answer = await signInWith({ auth: { session: { getTokenTransferMethod: () => 'any' } } });
    expect(answer.cookies.map(({ name }) => name)).toContain('sAccessToken');
  });

  it('§3 lifetimes are configurable, in seconds', async () => {
    const answer = await signInWith({ auth: { session: { accessTokenLifetime: 60, refreshTokenLifetime: 3600 } } });
    const now = Math.floor((testApp?.clock.now() ?? 0) / 1000);
    expect(decodeClaims(getCookie(answer, 'sAccessToken').value)['exp']).toBe(now + 60);
    expect(getCookie(answer, 'sRefreshToken').attributes['expires']).toBe(new Date((now + 3600) * 1000).toUTCString());
  });

  it('warns once a browser would drop the cookie, because it is too long', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    testApp = await startTestApp({ controllers: [SessionTestController] });
    await new SessionClient(testApp.url, 'cookie').signIn('user-1', { payload: { text: 'x'.repeat(1000) } });
    expect(warn).not.toHaveBeenCalled();
    await new SessionClient(testApp.url, 'cookie').signIn('user-1', { payload: { text: 'x'.repeat(4000) } });
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('sAccessToken'));
    expect(warn.mock.calls.join('')).not.toContain('eyJ');
    warn.mockRestore();
  });
});
