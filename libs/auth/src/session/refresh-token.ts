import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A refresh token as a client holds it: opaque, and never stored. */
export type RefreshToken = string & { readonly __brand: 'RefreshToken' };

/** The SHA-256 of a refresh token, base64url. It is all that is stored of the token. */
export type RefreshTokenHash = string & { readonly __brand: 'RefreshTokenHash' };

/** The secret under which refresh tokens are authenticated, so that only the library can make one. */
export type RefreshTokenSecret = Uint8Array & { readonly __brand: 'RefreshTokenSecret' };

/** What a refresh token that the library made says. */
export interface ParsedRefreshToken {
  readonly sessionHandle: string;
  readonly hash: RefreshTokenHash;
  /** The hash of the token that this one was given out for; the first token of a session has none. */
  readonly parentHash: RefreshTokenHash | undefined;
}

const VERSION = 1;
const HANDLE_BYTES = 16;
const NONCE_BYTES = 32;
const HASH_BYTES = 32;
const MAC_BYTES = 32;
const HEAD_BYTES = 1 + HANDLE_BYTES + NONCE_BYTES;
const FIRST_TOKEN_BYTES = HEAD_BYTES + MAC_BYTES;
const CHILD_TOKEN_BYTES = HEAD_BYTES + HASH_BYTES + MAC_BYTES;
const [FIRST_TOKEN_LENGTH, CHILD_TOKEN_LENGTH] = [FIRST_TOKEN_BYTES, CHILD_TOKEN_BYTES].map((bytes) =>
  Math.ceil((bytes * 4) / 3),
);
const FORM = new RegExp(`^(?:[\\w-]{${String(FIRST_TOKEN_LENGTH)}}|[\\w-]{${String(CHILD_TOKEN_LENGTH)}})$`);

/**
 * Makes a refresh token of 256 random bits: version, session handle, nonce, the parent's hash if there is one, and an
 * HMAC-SHA-256 over all of it. The MAC is what keeps a client that knows its parent's hash (the access token names it)
 * from forging a child.
 *
 * @param sessionHandle a UUID.
 * @param parentHash the hash of the confirmed token that the new one is a child of.
 */
export function createRefreshToken(
  secret: RefreshTokenSecret,
  sessionHandle: string,
  parentHash?: RefreshTokenHash,
): RefreshToken {
  const content = Buffer.concat([
    Buffer.of(VERSION),
    Buffer.from(sessionHandle.replaceAll('-', ''), 'hex'),
    randomBytes(NONCE_BYTES),
    parentHash === undefined ? Buffer.alloc(0) : Buffer.from(parentHash, 'base64url'),
  ]);
  return Buffer.concat([content, mac(secret, content)]).toString('base64url') as RefreshToken;
}

/** Whether a string has the form of a refresh token; only {@link parseRefreshToken} tells whether it is one. */
export function hasRefreshTokenForm(token: string): boolean {
  return FORM.test(token);
}

/** Reads a refresh token. @returns undefined if it is none that was made under this secret. */
export function parseRefreshToken(secret: RefreshTokenSecret, token: string): ParsedRefreshToken | undefined {
  if (!hasRefreshTokenForm(token)) {
    return undefined;
  }
  const bytes = Buffer.from(token, 'base64url');
  // The second check refuses other spellings of the same bytes, whose hash would be a different one.
  if (bytes[0] !== VERSION || bytes.toString('base64url') !== token) {
    return undefined;
  }
  const content = bytes.subarray(0, -MAC_BYTES);
  if (!timingSafeEqual(mac(secret, content), bytes.subarray(-MAC_BYTES))) {
    return undefined;
  }
  return {
    sessionHandle: toUuid(content.subarray(1, 1 + HANDLE_BYTES)),
    hash: hashRefreshToken(token as RefreshToken),
    parentHash:
      content.length > HEAD_BYTES
        ? (content.subarray(HEAD_BYTES).toString('base64url') as RefreshTokenHash)
        : undefined,
  };
}

/** The hash under which a refresh token is known to the database and to the access token that was made with it. */
export function hashRefreshToken(token: RefreshToken): RefreshTokenHash {
  return hash('sha256', token, 'base64url') as RefreshTokenHash;
}

function mac(secret: RefreshTokenSecret, content: Buffer): Buffer {
  return createHmac('sha256', secret).update(content).digest();
}

function toUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
