import { sign, verify } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../config/json.js';
import type { RefreshTokenHash } from './refresh-token.js';
import type { SigningKey } from './signing-key.js';

/** An access token: a JWT (contract §4). */
export type AccessToken = string & { readonly __brand: 'AccessToken' };

/** The claims of an access token that the library writes; each of their names is protected (contract §4). */
export interface LibraryClaims {
  readonly sub: string;
  readonly rsub: string;
  readonly tId: string;
  readonly sessionHandle: string;
  readonly refreshTokenHash1: RefreshTokenHash;
  /** Only until the session is confirmed. */
  readonly parentRefreshTokenHash1?: RefreshTokenHash | undefined;
  /** Only where the anti-CSRF mode is `VIA_TOKEN`. */
  readonly antiCsrfToken?: string | undefined;
  readonly iss: string;
  /** Seconds since the Unix epoch. */
  readonly iat: number;
  /** Seconds since the Unix epoch. */
  readonly exp: number;
}

/** The claims of an access token: the app's own stand beside the ones of the library. */
export type AccessTokenClaims = JsonObject & LibraryClaims;

/** An access token that has been read, but whose signature has not been checked. */
export interface UnverifiedAccessToken {
  readonly token: AccessToken;
  readonly encodedHeader: string;
  readonly claims: AccessTokenClaims;
}

/** Longer tokens than Node takes in a header cannot have come from us. */
const MAX_TOKEN_LENGTH = 16_384;

/** ECDSA signatures of a JWS are the two numbers side by side (RFC 7518 §3.4), not DER. */
const DSA_ENCODING = 'ieee-p1363';

/** Signs an access token. */
export function signAccessToken(key: SigningKey, claims: AccessTokenClaims): AccessToken {
  const content = `${key.encodedHeader}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  const signature = sign('sha256', Buffer.from(content), { key: key.privateKey, dsaEncoding: DSA_ENCODING });
  return `${content}.${signature.toString('base64url')}` as AccessToken;
}

/**
 * Reads a token without checking its signature.
 * @returns undefined if it does not have the form of our access tokens: then it belongs to somebody else, and says nothing
 * about a session (contract §4).
 */
export function parseAccessToken(token: string): UnverifiedAccessToken | undefined {
  const parts = token.length <= MAX_TOKEN_LENGTH ? token.split('.') : [];
  const [encodedHeader, encodedClaims] = parts;
  if (parts.length !== 3 || encodedHeader === undefined || encodedClaims === undefined) {
    return undefined;
  }
  const claims = decode(encodedClaims);
  return isOurHeader(decode(encodedHeader)) && isAccessTokenClaims(claims)
    ? { token: token as AccessToken, encodedHeader, claims }
    : undefined;
}

/** Whether the key signed the token. */
export function isSignedBy(key: SigningKey, { token, encodedHeader }: UnverifiedAccessToken): boolean {
  if (encodedHeader !== key.encodedHeader) {
    return false;
  }
  const end = token.lastIndexOf('.');
  const encodedSignature = token.slice(end + 1);
  const signature = Buffer.from(encodedSignature, 'base64url');
  return (
    signature.toString('base64url') === encodedSignature &&
    verify('sha256', Buffer.from(token.slice(0, end)), { key: key.publicKey, dsaEncoding: DSA_ENCODING }, signature)
  );
}

function isOurHeader(header: unknown): boolean {
  return (
    isJsonObject(header) &&
    header['typ'] === 'JWT' &&
    header['version'] === '5' &&
    typeof header['kid'] === 'string' &&
    /^[ds]-/.test(header['kid'])
  );
}

function decode(segment: string): unknown {
  try {
    return JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

const REQUIRED_STRINGS = ['sub', 'rsub', 'tId', 'sessionHandle', 'refreshTokenHash1', 'iss'];
const OPTIONAL_STRINGS = ['parentRefreshTokenHash1', 'antiCsrfToken'];

function isAccessTokenClaims(claims: unknown): claims is AccessTokenClaims {
  return (
    isJsonObject(claims) &&
    REQUIRED_STRINGS.every((name) => typeof claims[name] === 'string') &&
    OPTIONAL_STRINGS.every((name) => claims[name] === undefined || typeof claims[name] === 'string') &&
    Number.isFinite(claims['iat']) &&
    Number.isFinite(claims['exp'])
  );
}
