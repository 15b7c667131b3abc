import { randomUUID } from 'node:crypto';
import { createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { SessionService, type AuthOptions, type Storage, type StorageFactory } from 'nestward';
import { TestClock } from 'nestward/testing';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { createTestStorage } from '../support/test-storage.js';

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

describe('signing keys (contract §4)', () => {
  const apps: TestApp[] = [];

  const start = async (auth: AuthOptions = {}): Promise<TestApp> => {
    const test = await startTestApp({ auth });
    apps.push(test);
    return test;
  };

  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });

  const sign = async ({ app }: TestApp, userId: string = randomUUID()) =>
    (
      await app.get(SessionService).createNewSessionWithoutRequestResponse(userId, { role: 'admin', text: 'ä💥' })
    ).getAccessToken();

  const verify = ({ app }: TestApp, token: string) => app.get(SessionService).getSessionWithoutRequestResponse(token);

  const readJwks = async ({ url }: TestApp): Promise<JSONWebKeySet> =>
    (await (await fetch(`${url}/auth/jwt/jwks.json`)).json()) as JSONWebKeySet;

  const kidOf = (token: string): string => decodeProtectedHeader(token).kid ?? '';

  it.each(['ES256', 'RS256'] as const)(
    'an access token is a JWT that jose verifies with the JWKS: %s',
    async (algorithm) => {
      const test = await start({ session: { signingAlgorithm: algorithm } });
      const token = await sign(test, 'ada');
      const { payload, protectedHeader } = await jwtVerify(
        token,
        createRemoteJWKSet(new URL(`${test.url}/auth/jwt/jwks.json`)),
        { algorithms: [algorithm], issuer: 'http://localhost:3001/auth', currentDate: new Date(test.clock.now()) },
      );
      expect(protectedHeader).toEqual({
        alg: algorithm,
        typ: 'JWT',
        version: '5',
        kid: expect.stringMatching(/^d-/) as string,
      });
      expect(payload).toMatchObject({ sub: 'ada', rsub: 'ada', tId: 'public', role: 'admin', text: 'ä💥' });
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
      expect(payload).not.toHaveProperty('parentRefreshTokenHash1');
      expect(payload).not.toHaveProperty('antiCsrfToken');
    },
  );

  it('the JWKS is public, for anybody, and shows no private member', async () => {
    const test = await start();
    const response = await fetch(`${test.url}/auth/jwt/jwks.json`, { headers: { origin: 'https://anybody.example' } });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('cache-control')).toContain('max-age=');
    const { keys } = (await response.json()) as JSONWebKeySet;
    expect(keys.map(({ kid }) => kid?.slice(0, 2)).sort()).toEqual(['d-', 's-']);
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    }
  });

  it('openid-configuration names the issuer and the JWKS, with the gateway path in them', async () => {
    const test = await startTestApp({ appInfo: { apiGatewayPath: '/gateway' } });
    apps.push(test);
    const response = await fetch(`${test.url}/auth/.well-known/openid-configuration`);
    expect(await response.json()).toMatchObject({
      issuer: 'http://localhost:3001/gateway/auth',
      jwks_uri: 'http://localhost:3001/gateway/auth/jwt/jwks.json',
    });
  });

  it('the dynamic key changes after its interval, is published before it signs, and outlives its last token', async () => {
    const test = await start();
    const first = kidOf(await sign(test));
    test.clock.advance(WEEK_MS - HOUR_MS);
    // An hour before, the next one is published, and the first one still signs.
    expect(kidOf(await sign(test))).toBe(first);
    const published = (await readJwks(test)).keys.map(({ kid }) => kid).filter((kid) => kid?.startsWith('d-'));
    expect(published).toHaveLength(2);

    test.clock.advance(HOUR_MS - 1);
    const lastOfFirst = await sign(test);
    expect(kidOf(lastOfFirst)).toBe(first);
    test.clock.advance(1);
    const second = kidOf(await sign(test));
    expect(second).not.toBe(first);
    expect(published).toContain(second);
    expect((await readJwks(test)).keys.map(({ kid }) => kid)).toContain(first);

    test.clock.advance(HOUR_MS - 2000);
    await expect(verify(test, lastOfFirst)).resolves.toBeDefined();
    test.clock.advance(HOUR_MS);
    await sign(test);
    expect((await readJwks(test)).keys.map(({ kid }) => kid)).not.toContain(first);
  });

  it('no token is ever refused by another node, whoever rotates and however long a node sleeps', async () => {
    const clock = new TestClock();
    const storage = createTestStorage();
    // One storage under two apps, as two nodes have it; each has its own memory of the keys.
    const shared = await storage.open();
    const factory = shareStorage(shared);
    const session = { signingKeyRotationInterval: 60, accessTokenLifetime: 30 };
    const [a, b] = [
      await start({ storage: factory, clock, session }),
      await start({ storage: factory, clock, session }),
    ];
    for (let round = 0; round < 60; round++) {
      const [signer, verifier] = round % 2 === 0 ? [a, b] : [b, a];
      const token = await sign(signer);
      await expect(verify(verifier, token)).resolves.toBeDefined();
      await expect(
        jwtVerify(token, createLocalJWKSet(await readJwks(verifier)), { currentDate: new Date(clock.now()) }),
      ).resolves.toBeDefined();
      // Now and then for longer than a key lives.
      clock.advance(round % 10 === 9 ? 900_000 : 7000);
    }
    await shared.close();
  });

  it('the static key stays, and a token of the other kind answers try refresh token', async () => {
    const storage = createTestStorage();
    const shared = await storage.open();
    const factory = shareStorage(shared);
    const clock = new TestClock();
    const fixed = await start({ storage: factory, clock, session: { useDynamicAccessTokenSigningKey: false } });
    const dynamic = await start({ storage: factory, clock });
    const first = await sign(fixed);
    expect(kidOf(first)).toMatch(/^s-/);
    clock.advance(10 * WEEK_MS);
    expect(kidOf(await sign(fixed))).toBe(kidOf(first));

    await expect(verify(dynamic, await sign(fixed))).rejects.toMatchObject({ name: 'TryRefreshTokenException' });
    await expect(verify(fixed, await sign(dynamic))).rejects.toMatchObject({ name: 'TryRefreshTokenException' });
    // The next refresh gives a token of the kind that is asked for.
    const session = await fixed.app.get(SessionService).createNewSessionWithoutRequestResponse('user');
    const { refreshToken } = session.getAllSessionTokensDangerously();
    const refreshed = await dynamic.app.get(SessionService).refreshSessionWithoutRequestResponse(refreshToken ?? '');
    expect(kidOf(refreshed.getAccessToken())).toMatch(/^d-/);
    await shared.close();
  });

  it('another algorithm makes new keys, while tokens of the old ones go on', async () => {
    const storage = createTestStorage();
    const shared = await storage.open();
    const factory = shareStorage(shared);
    const clock = new TestClock();
    const before = await start({ storage: factory, clock });
    const old = await sign(before);
    const after = await start({ storage: factory, clock, session: { signingAlgorithm: 'RS256' } });
    await expect(verify(after, old)).resolves.toBeDefined();
    clock.advance(2 * HOUR_MS);
    expect(decodeProtectedHeader(await sign(after)).alg).toBe('RS256');
    await shared.close();
  });

  it('a key that is made up answers try refresh token, and does not reach the database more than once a second', async () => {
    const storage = createTestStorage();
    const shared = await storage.open();
    let reads = 0;
    const keys = { ...bind(shared.keys), list: () => (reads++, shared.keys.list()) };
    const test = await start({
      storage: { description: 'shared', open: () => Promise.resolve({ ...bind(shared), keys }) },
    });
    const token = await sign(test);
    const forged = [
      Buffer.from(JSON.stringify({ ...decodeProtectedHeader(token), kid: 'd-forged' })).toString('base64url'),
      ...token.split('.').slice(1),
    ].join('.');
    reads = 0;
    for (let index = 0; index < 20; index++) {
      await expect(verify(test, forged)).rejects.toMatchObject({ name: 'TryRefreshTokenException' });
    }
    expect(reads).toBe(1);
    test.clock.advance(1000);
    await expect(verify(test, forged)).rejects.toMatchObject({ name: 'TryRefreshTokenException' });
    expect(reads).toBe(2);
  });
});

/** One open storage for several apps, as nodes share a database; none of them closes it. */
function shareStorage(storage: Storage): StorageFactory {
  const shared = { ...bind(storage), close: () => Promise.resolve() };
  return { description: 'a shared storage', open: () => Promise.resolve(shared) };
}

/** An object with the methods of another, bound to it: a class's methods are not its own properties. */
function bind<Target extends object>(target: Target): Target {
  return new Proxy(target, {
    ownKeys: () => [...Reflect.ownKeys(target), ...Reflect.ownKeys(Object.getPrototypeOf(target) as object)],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    get: (_target, property) => {
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
