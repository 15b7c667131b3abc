import { randomUUID } from 'node:crypto';
import { CookieClient, readCookies, readExposedHeaders, readFrontToken } from '../support/cookie-client.js';
import { startTestApp, type TestApp, type TestAppOptions } from '../support/create-app.js';
import { HeaderClient } from '../support/header-client.js';
import { ProbeController } from './probe.controller.js';

const YEAR_MS = 365 * 24 * 3_600_000;

describe('how tokens travel (contract §2)', () => {
  let test: TestApp;
  const apps: TestApp[] = [];

  const start = async (options: TestAppOptions = {}): Promise<TestApp> => {
    const started = await startTestApp({ controllers: [ProbeController], ...options });
    apps.push(started);
    return started;
  };

  beforeAll(async () => {
    test = await start();
  });

  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
  });

  const email = () => `${randomUUID()}@example.com`;

  const newCookieClient = async (app = test, headers = {}): Promise<{ client: CookieClient; response: Response }> => {
    const client = new CookieClient(app.url);
    const response = await client.signUp(email(), headers);
    expect(response.status).toBe(200);
    return { client, response };
  };

  describe('cookie mode', () => {
    it('sets sAccessToken and sRefreshToken, HttpOnly, on their paths, the access cookie for a year', async () => {
      const { response } = await newCookieClient();
      const cookies = readCookies(response);
      expect(cookies.map(({ name }) => name)).toEqual(['sAccessToken', 'sRefreshToken']);
      const [access, refresh] = cookies;
      for (const cookie of cookies) {
        expect(cookie.attributes.has('httponly')).toBe(true);
        expect(cookie.attributes.get('samesite')).toBe('Lax');
        expect(cookie.attributes.has('secure')).toBe(false);
        expect(cookie.attributes.has('domain')).toBe(false);
      }
      expect(access?.attributes.get('path')).toBe('/');
      expect(refresh?.attributes.get('path')).toBe('/auth/session/refresh');
      const now = test.clock.now();
      expect(Math.abs(Date.parse(access?.attributes.get('expires') ?? '') - now - YEAR_MS)).toBeLessThan(1000);
      const lifetime = 100 * 24 * 3_600_000;
      expect(Math.abs(Date.parse(refresh?.attributes.get('expires') ?? '') - now - lifetime)).toBeLessThan(1000);
    });

    it('sets no token headers, and is never cached', async () => {
      const { response } = await newCookieClient();
      expect(response.headers.get('st-access-token')).toBeNull();
      expect(response.headers.get('st-refresh-token')).toBeNull();
      expect(response.headers.get('anti-csrf')).toBeNull();
      expect(response.headers.get('cache-control')).toBe('no-store');
    });

    it('sets front-token: base64 of {uid, ate, up}, exposed to scripts', async () => {
      const { response } = await newCookieClient();
      const { user } = (await response.json()) as { user: { id: string } };
      const front = readFrontToken(response);
      expect(front?.uid).toBe(user.id);
      expect(front?.ate).toBe(Math.floor((test.clock.now() + 3_600_000) / 1000) * 1000);
      expect(front?.up).toMatchObject({ sub: user.id, rsub: user.id, tId: 'public', exp: (front?.ate ?? 0) / 1000 });
      expect(response.headers.get('front-token')).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
      expect(readExposedHeaders(response)).toEqual(['front-token']);
    });

    it('adds st-access-token with exposeAccessTokenToFrontendInCookieBasedAuth', async () => {
      const app = await start({ auth: { session: { exposeAccessTokenToFrontendInCookieBasedAuth: true } } });
      const { client, response } = await newCookieClient(app);
      expect(response.headers.get('st-access-token')).toBe(client.cookies.get('sAccessToken'));
      expect(response.headers.get('st-refresh-token')).toBeNull();
      expect(readExposedHeaders(response)).toContain('st-access-token');
    });

    it('puts apiGatewayPath before the path of the refresh cookie, and accessTokenPath where it is configured', async () => {
      const app = await start({
        appInfo: { apiGatewayPath: '/gateway', apiBasePath: '/api/v1' },
        auth: { session: { accessTokenPath: '/app' } },
      });
      const client = new CookieClient(app.url);
      const response = await client.send('/api/v1/signup', {
        headers: { 'st-auth-mode': 'cookie' },
        body: {
          formFields: [
            { id: 'email', value: email() },
            { id: 'password', value: 'password1' },
          ],
        },
      });
      const paths = readCookies(response).map(({ attributes }) => attributes.get('path'));
      expect(paths).toEqual(['/app', '/gateway/api/v1/session/refresh']);
    });
  });

  describe('header mode', () => {
    it.each([undefined, 'header', 'HEADER', 'nonsense'])('is what st-auth-mode %s gives', async (mode) => {
      const response = await new CookieClient(test.url).send('/auth/signup', {
        headers: mode === undefined ? {} : { 'st-auth-mode': mode },
        body: {
          formFields: [
            { id: 'email', value: email() },
            { id: 'password', value: 'password1' },
          ],
        },
      });
      expect(response.headers.get('st-access-token')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
      expect(response.headers.get('st-refresh-token')).toMatch(/^[\w-]+$/);
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(new Set(readExposedHeaders(response))).toEqual(
        new Set(['st-access-token', 'st-refresh-token', 'front-token']),
      );
    });

    it('is not what st-auth-mode COOKIE gives: the header is case-insensitive', async () => {
      const { response } = await newCookieClient(test, { 'st-auth-mode': 'COOKIE' });
      expect(readCookies(response)).toHaveLength(2);
    });

    it('verifies, refreshes and signs out with the bearer token', async () => {
      const client = new HeaderClient(() => test.url);
      await client.signUp(email());
      expect((await client.get('/me')).status).toBe(200);
      expect((await client.refresh()).status).toBe(200);
      expect((await client.get('/me')).status).toBe(200);
      const response = await fetch(`${test.url}/auth/signout`, {
        method: 'POST',
        headers: { authorization: `bearer ${client.accessToken}` },
      });
      expect(await response.json()).toEqual({ status: 'OK' });
      expect((await client.refresh()).status).toBe(401);
    });
  });

  describe('getTokenTransferMethod', () => {
    it('decides for new sessions against the wish of the client', async () => {
      const app = await start({ auth: { session: { getTokenTransferMethod: () => 'header' } } });
      const response = await new CookieClient(app.url).signUp(email());
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(response.headers.get('st-access-token')).not.toBeNull();
    });

    it('decides which tokens of a request count', async () => {
      const app = await start({
        auth: {
          session: { getTokenTransferMethod: ({ forCreateNewSession }) => (forCreateNewSession ? 'any' : 'cookie') },
        },
      });
      const client = new HeaderClient(() => app.url);
      await client.signUp(email());
      expect((await client.get('/me')).status).toBe(401);
      expect((await client.refresh()).status).toBe(401);
    });
  });

  describe('both ways at once (contract §4)', () => {
    it('a bearer token wins over the cookie', async () => {
      const { client } = await newCookieClient();
      const bearer = new HeaderClient(() => test.url);
      const signUp = (await (await bearer.signUp(email())).json()) as { user: { id: string } };
      const response = await client.send('/me', { headers: { authorization: `Bearer ${bearer.accessToken}` } });
      expect(await response.json()).toEqual({ userId: signUp.user.id });
    });

    it.each([
      ['somebody else’s opaque token', 'abc'],
      ['somebody else’s JWT', 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2ln'],
      ['nothing', ''],
    ])('a bearer token that is not one of ours is ignored: %s', async (_name, token) => {
      const { client } = await newCookieClient();
      const headers = { authorization: `Bearer ${token}` };
      expect((await client.send('/me', { headers })).status).toBe(200);
      expect((await client.send('/auth/session/refresh', { method: 'POST', headers })).status).toBe(200);
      const { status } = await fetch(`${test.url}/me`, { headers });
      expect(status).toBe(401);
    });

    it('a new session clears tokens that came by the other way: cookies for a header session', async () => {
      const { client } = await newCookieClient();
      const response = await client.signUp(email(), { 'st-auth-mode': 'header' });
      expect(readCookies(response).map(({ name, value }) => [name, value])).toEqual([
        ['sAccessToken', ''],
        ['sRefreshToken', ''],
      ]);
      expect(response.headers.get('st-access-token')).not.toBe('');
      expect(client.cookies.size).toBe(0);
    });

    it('a refresh clears tokens that came by the other way: headers for a cookie session', async () => {
      const { client } = await newCookieClient();
      const response = await client.refresh({ rid: 'session', authorization: 'Bearer something' });
      expect(response.status).toBe(200);
      expect(response.headers.get('st-access-token')).toBe('');
      expect(response.headers.get('st-refresh-token')).toBe('');
      expect(readFrontToken(response)?.uid).toBeDefined();
      expect(client.cookies.size).toBe(2);
    });
  });

  describe('clearing a session', () => {
    it('sets both cookies and both headers empty, front-token: remove, and no anti-csrf', async () => {
      const { client } = await newCookieClient();
      const response = await client.send('/auth/signout', { method: 'POST', headers: { rid: 'session' } });
      expect(await response.json()).toEqual({ status: 'OK' });
      for (const { value, attributes } of readCookies(response)) {
        expect(value).toBe('');
        expect(Date.parse(attributes.get('expires') ?? '')).toBe(0);
      }
      expect(readCookies(response)).toHaveLength(2);
      expect(response.headers.get('st-access-token')).toBe('');
      expect(response.headers.get('st-refresh-token')).toBe('');
      expect(response.headers.get('front-token')).toBe('remove');
      expect(response.headers.get('anti-csrf')).toBeNull();
      expect(readExposedHeaders(response)).toEqual(
        expect.arrayContaining(['front-token', 'st-access-token', 'st-refresh-token']),
      );
    });
  });

  describe('two cookies of one name, and legacy cookies', () => {
    const duplicated = (client: CookieClient, name: string): string =>
      [...client.cookies, [name, 'stale']].map((pair) => pair.join('=')).join('; ');

    it('on verify: 401 try refresh token', async () => {
      const { client } = await newCookieClient();
      const response = await fetch(`${test.url}/me`, { headers: { cookie: duplicated(client, 'sAccessToken') } });
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({ message: 'try refresh token' });
      expect(response.headers.getSetCookie()).toEqual([]);
    });

    it.each(['sAccessToken', 'sRefreshToken'])(
      'on refresh without olderCookieDomain: 500 with a message that says to set it (%s)',
      async (name) => {
        const { client } = await newCookieClient();
        const response = await fetch(`${test.url}/auth/session/refresh`, {
          method: 'POST',
          headers: { cookie: duplicated(client, name) },
        });
        expect(response.status).toBe(500);
        expect(await response.text()).toContain('olderCookieDomain');
        expect((await client.refresh()).status).toBe(200);
      },
    );

    it.each([
      ['.localhost.example', '.localhost.example'],
      ['', undefined],
    ])(
      'on refresh with olderCookieDomain %j: clears that cookie, answers 200, leaves the session',
      async (older, domain) => {
        const app = await start({ auth: { session: { olderCookieDomain: older } } });
        const { client } = await newCookieClient(app);
        const response = await fetch(`${app.url}/auth/session/refresh`, {
          method: 'POST',
          headers: { cookie: duplicated(client, 'sRefreshToken') },
        });
        expect(response.status).toBe(200);
        const cookies = readCookies(response);
        expect(cookies.map(({ name, value }) => [name, value])).toEqual([['sRefreshToken', '']]);
        expect(cookies[0]?.attributes.get('domain')).toBe(domain);
        expect(response.headers.get('front-token')).toBeNull();
        expect((await client.refresh()).status).toBe(200);
      },
    );

    it('a legacy sIdRefreshToken: 401 try refresh token on verify, and any refresh clears it', async () => {
      const { client } = await newCookieClient();
      client.cookies.set('sIdRefreshToken', 'legacy');
      const verified = await client.send('/me');
      expect(verified.status).toBe(401);
      expect(await verified.json()).toEqual({ message: 'try refresh token' });
      expect((await client.refresh()).status).toBe(200);
      expect(client.cookies.has('sIdRefreshToken')).toBe(false);
      expect((await client.send('/me')).status).toBe(200);

      const onlyLegacy = await fetch(`${test.url}/auth/session/refresh`, {
        method: 'POST',
        headers: { cookie: 'sIdRefreshToken=legacy' },
      });
      expect(onlyLegacy.status).toBe(401);
      expect(readCookies(onlyLegacy).map(({ name }) => name)).toContain('sIdRefreshToken');
    });
  });

  it('keeps what the app has exposed, and adds to it', async () => {
    const app = await start({
      configure: (nest) => {
        nest.use((_request: unknown, response: { setHeader(name: string, value: string): void }, next: () => void) => {
          response.setHeader('Access-Control-Expose-Headers', 'x-own, Front-Token');
          next();
        });
      },
    });
    const response = await new CookieClient(app.url).signUp(email(), { 'st-auth-mode': 'header' });
    expect(readExposedHeaders(response)).toEqual(['x-own', 'Front-Token', 'st-access-token', 'st-refresh-token']);
  });
});
