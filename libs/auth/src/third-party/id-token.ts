import { createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../config/json.js';
import type { ProviderHttp } from './provider-http.js';
import { ThirdPartyProviderError } from './third-party-provider.error.js';

/** What an ID token must say (OpenID Connect Core 1.0 §3.1.3.7). */
export interface IdTokenExpectation {
  /** Names the provider in errors. */
  readonly providerId: string;
  /** Any of these; Google writes its own in two ways. */
  readonly issuers: readonly string[];
  /** The client's id. */
  readonly audience: string;
  /** Where the provider's public keys are. */
  readonly jwksUri: string;
  readonly http: ProviderHttp;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** By how much the clocks of provider and app may differ, in seconds. */
const CLOCK_TOLERANCE = 60;

/** For how long fetched keys are good without asking again, in milliseconds. */
const JWKS_LIFETIME_MS = 600_000;

/** An unknown `kid` makes the keys be fetched again at most this often, in milliseconds, so that nobody can make us do so at will. */
const MIN_REFETCH_INTERVAL_MS = 10_000;

/** The longest ID token that is looked at, in characters. */
const MAX_ID_TOKEN_LENGTH = 16_384;

/** The algorithms that a public key verifies (RFC 7518 §3.1). `none` and those with a shared secret are not among them. */
const ALGORITHMS: Readonly<
  Record<string, { readonly hash: string | null; readonly kty: string; readonly crv?: string }>
> = {
  RS256: { hash: 'sha256', kty: 'RSA' },
  RS384: { hash: 'sha384', kty: 'RSA' },
  RS512: { hash: 'sha512', kty: 'RSA' },
  ES256: { hash: 'sha256', kty: 'EC', crv: 'P-256' },
  ES384: { hash: 'sha384', kty: 'EC', crv: 'P-384' },
  EdDSA: { hash: null, kty: 'OKP', crv: 'Ed25519' },
};

interface PublicKeys {
  readonly keys: readonly JsonObject[];
  /** Milliseconds since the Unix epoch. */
  readonly fetchedAt: number;
}

/** The public keys of one provider, as they were fetched last. */
export class JwksCache {
  private keys: PublicKeys | undefined;

  /** The keys that may have signed a token with this header. @throws ThirdPartyProviderError if they cannot be fetched. */
  async find(
    { kid, alg }: { readonly kid: string | undefined; readonly alg: string },
    { jwksUri, http, now, providerId }: IdTokenExpectation,
  ): Promise<JsonObject[]> {
    if (this.keys === undefined || now - this.keys.fetchedAt > JWKS_LIFETIME_MS) {
      this.keys = await fetchKeys(jwksUri, http, now, providerId);
    }
    const found = select(this.keys, kid, alg);
    if (found.length > 0 || now - this.keys.fetchedAt < MIN_REFETCH_INTERVAL_MS) {
      return found;
    }
    this.keys = await fetchKeys(jwksUri, http, now, providerId);
    return select(this.keys, kid, alg);
  }
}

/**
 * Verifies an ID token: signature, issuer, audience and times.
 * @returns its claims.
 * @throws ThirdPartyProviderError (`refused`) if it was not issued to the client, or is not good any more.
 */
export async function verifyIdToken(
  idToken: string,
  jwks: JwksCache,
  expectation: IdTokenExpectation,
): Promise<JsonObject> {
  const refuse = (why: string): never => {
    throw new ThirdPartyProviderError('refused', `An ID token of ${expectation.providerId} ${why}`);
  };
  const [encodedHeader = '', encodedClaims = '', encodedSignature = '', ...rest] =
    idToken.length > MAX_ID_TOKEN_LENGTH ? [] : idToken.split('.');
  const header = decode(encodedHeader);
  const claims = decode(encodedClaims);
  if (header === undefined || claims === undefined || rest.length > 0) {
    return refuse('is no JWT');
  }
  const { alg, kid, crit } = header;
  if (typeof alg !== 'string' || !Object.hasOwn(ALGORITHMS, alg) || crit !== undefined) {
    return refuse('is signed in a way that is not accepted');
  }
  const keys = await jwks.find({ alg, kid: typeof kid === 'string' ? kid : undefined }, expectation);
  const content = Buffer.from(`${encodedHeader}.${encodedClaims}`);
  const signature = Buffer.from(encodedSignature, 'base64url');
  if (!keys.some((key) => isSignedBy(key, alg, content, signature))) {
    return refuse('is not signed by the provider');
  }
  const { iss, aud, azp, exp, nbf } = claims;
  const seconds = expectation.now / 1000;
  if (typeof iss !== 'string' || !expectation.issuers.includes(iss)) {
    return refuse('is of another issuer');
  }
  const audiences = Array.isArray(aud) ? aud : [aud];
  // With more than one audience, the one that it was issued to is `azp`.
  if (!audiences.includes(expectation.audience) || (audiences.length > 1 && azp !== expectation.audience)) {
    return refuse('was issued to another client');
  }
  if (typeof exp !== 'number' || exp + CLOCK_TOLERANCE <= seconds) {
    return refuse('has expired');
  }
  if (typeof nbf === 'number' && nbf - CLOCK_TOLERANCE > seconds) {
    return refuse('is not good yet');
  }
  return claims;
}

function select({ keys }: PublicKeys, kid: string | undefined, alg: string): JsonObject[] {
  const { kty, crv } = ALGORITHMS[alg] ?? {};
  return keys.filter(
    (key) =>
      key['kty'] === kty &&
      (crv === undefined || key['crv'] === crv) &&
      (kid === undefined || key['kid'] === kid) &&
      (key['alg'] === undefined || key['alg'] === alg) &&
      (key['use'] === undefined || key['use'] === 'sig'),
  );
}

async function fetchKeys(uri: string, http: ProviderHttp, now: number, providerId: string): Promise<PublicKeys> {
  const answer = await http.readJson(uri);
  const keys = isJsonObject(answer) ? answer['keys'] : undefined;
  if (!Array.isArray(keys)) {
    throw new ThirdPartyProviderError('invalid-answer', `The public keys of ${providerId} are no JWK set`);
  }
  return { keys: keys.filter(isJsonObject), fetchedAt: now };
}

function isSignedBy(jwk: JsonObject, alg: string, content: Buffer, signature: Buffer): boolean {
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    return verify(ALGORITHMS[alg]?.hash ?? null, content, { key, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    return false;
  }
}

function decode(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
