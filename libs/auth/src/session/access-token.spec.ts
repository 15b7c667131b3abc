import fc from 'fast-check';
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose';
import { isSignedBy, parseAccessToken, signAccessToken, type AccessTokenClaims } from './access-token.js';
import type { RefreshTokenHash } from './refresh-token.js';
import type { SigningAlgorithm } from './session.options.js';
import { generatePrivateKey, toSigningKey, type SigningKey } from './signing-key.js';

const now = Math.floor(Date.now() / 1000);

const claims: AccessTokenClaims = {
  sub: 'user-1',
  rsub: 'login-1',
  tId: 'public',
  sessionHandle: 'handle-1',
  refreshTokenHash1: 'hash-1' as RefreshTokenHash,
  iss: 'https://api.example.com/auth',
  iat: now,
  exp: now + 3600,
};

async function createKey(algorithm: SigningAlgorithm, id = 'd-1'): Promise<SigningKey> {
  return toSigningKey({
    id,
    purpose: 'dynamic',
    generation: 1,
    algorithm,
    material: await generatePrivateKey(algorithm),
    createdAt: 0,
    activeFrom: 0,
  });
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe.each(['ES256', 'RS256'] as const)('access tokens by %s', (algorithm) => {
  let key: SigningKey;

  beforeAll(async () => {
    key = await createKey(algorithm);
  });

  it('are what jose verifies, and the other way round', async () => {
    const token = signAccessToken(key, { ...claims, text: 'ä🦊\u0000', deep: { list: [1, null] } });
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet({ keys: [key.jwk] }));
    expect(protectedHeader).toStrictEqual({ alg: algorithm, typ: 'JWT', version: '5', kid: 'd-1' });
    expect(payload).toStrictEqual({ ...claims, text: 'ä🦊\u0000', deep: { list: [1, null] } });

    const theirs = await new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, typ: 'JWT', version: '5', kid: 'd-1' })
      .sign(key.privateKey);
    const parsed = parseAccessToken(theirs);
    expect(parsed?.claims).toStrictEqual(claims);
    expect(parsed !== undefined && isSignedBy(key, parsed)).toBe(true);
  });

  it('are read as they were written', () => {
    const token = signAccessToken(key, claims);
    const parsed = parseAccessToken(token);
    expect(parsed).toStrictEqual({ token, encodedHeader: key.encodedHeader, claims });
    expect(parsed !== undefined && isSignedBy(key, parsed)).toBe(true);
  });

  it('of another key, with another header, or with any other character are not signed by it', async () => {
    const token = signAccessToken(key, claims);
    const [header = '', body = '', signature = ''] = token.split('.');
    const isGood = (text: string): boolean => {
      const parsed = parseAccessToken(text);
      return parsed !== undefined && isSignedBy(key, parsed);
    };
    expect(isGood(token)).toBe(true);
    expect(isGood(signAccessToken(await createKey(algorithm), claims))).toBe(false);
    expect(isGood(signAccessToken(await createKey(algorithm, 'd-2'), claims))).toBe(false);
    expect(isGood(`${encode({ kid: 'd-1', version: '5', typ: 'JWT', alg: algorithm })}.${body}.${signature}`)).toBe(
      false,
    );
    for (let index = 0; index < token.length; index++) {
      const changed = token.slice(0, index) + (token[index] === 'A' ? 'B' : 'A') + token.slice(index + 1);
      expect(isGood(changed)).toBe(false);
    }
    for (const other of [
      `${header}.${body}.`,
      `${header}.${body}`,
      `${token}=`,
      `${token}A`,
      `${token}.`,
      `${token} `,
    ]) {
      expect(isGood(other)).toBe(false);
    }
  });

  it('show only public members of their key', () => {
    const members = algorithm === 'ES256' ? ['crv', 'x', 'y'] : ['e', 'n'];
    expect(Object.keys(key.jwk).sort()).toEqual(['alg', 'kid', 'kty', 'use', ...members].sort());
  });
});

describe('what is no access token of ours', () => {
  const header = { alg: 'ES256', typ: 'JWT', version: '5', kid: 'd-1' };

  it.each<[string, unknown, unknown]>([
    ['another typ', { ...header, typ: 'at+jwt' }, claims],
    ['another version', { ...header, version: '4' }, claims],
    ['a version that is a number', { ...header, version: 5 }, claims],
    ['a kid of another kind', { ...header, kid: 'x-1' }, claims],
    ['no kid', { ...header, kid: undefined }, claims],
    ['a header that is an array', [header], claims],
    ['a header that is null', null, claims],
    ['claims that are an array', header, [claims]],
    ['claims that are a string', header, 'claims'],
    ...(['sub', 'rsub', 'tId', 'sessionHandle', 'refreshTokenHash1', 'iss', 'iat', 'exp'] as const).flatMap(
      (name): [string, unknown, unknown][] => [
        [`no ${name}`, header, { ...claims, [name]: undefined }],
        [`a ${name} of another type`, header, { ...claims, [name]: { toString: 'x' } }],
      ],
    ),
    ['a parent hash of another type', header, { ...claims, parentRefreshTokenHash1: 1 }],
    ['an anti-CSRF token of another type', header, { ...claims, antiCsrfToken: null }],
    ['an expiry in words', header, { ...claims, exp: '9999999999' }],
  ])('has %s', (_case, encodedHeader, encodedClaims) => {
    expect(parseAccessToken(`${encode(encodedHeader)}.${encode(encodedClaims)}.c2ln`)).toBeUndefined();
  });

  it('is longer than a header can be', () => {
    const long = `${encode(header)}.${encode({ ...claims, text: 'x'.repeat(16_384) })}.c2ln`;
    expect(parseAccessToken(long)).toBeUndefined();
  });

  it('is any text, without an error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.oneof(fc.string(), fc.json().map(encode))).map((parts) => parts.join('.')),
        ),
        (text) => {
          expect(parseAccessToken(text)).toBeUndefined();
        },
      ),
    );
  });
});

describe('toSigningKey', () => {
  it.each([
    ['refresh-token', 'HS256'],
    ['dynamic', 'HS256'],
    ['static', 'none'],
  ] as const)('refuses a key for %s by %s', (purpose, algorithm) => {
    const record = { id: 'k-1', purpose, generation: 1, algorithm, material: 'secret!', createdAt: 0, activeFrom: 0 };
    expect(() => toSigningKey(record)).toThrow(/k-1/);
    expect(() => toSigningKey(record)).not.toThrow(/secret!/);
  });
});
