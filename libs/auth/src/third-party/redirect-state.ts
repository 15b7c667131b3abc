import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { isJsonObject } from '../config/json.js';
import type { RefreshTokenSecret } from '../session/refresh-token.js';

/** What ties a person's way back from a provider to their way there: 256 random bits in the URL (RFC 6749 §10.12). */
export type RedirectState = string & { readonly __brand: 'RedirectState' };

/** What a browser keeps for the app while the person is at the provider. */
export interface PendingRedirect {
  /** `undefined` where the provider takes no PKCE. */
  readonly pkceCodeVerifier: string | undefined;
  readonly clientType: string | undefined;
  /** The page of the website that the person wants to see afterwards. */
  readonly returnPath: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const STATE_FORM = /^[\w-]{43}$/;

/** Makes a new state. */
export function createRedirectState(): RedirectState {
  return randomBytes(32).toString('base64url') as RedirectState;
}

/** Reads the state that a person came back with. @returns undefined if it cannot be one of ours. */
export function readRedirectState(value: unknown): RedirectState | undefined {
  return typeof value === 'string' && STATE_FORM.test(value) ? (value as RedirectState) : undefined;
}

/** The hash under which a state is known to the database and to the name of its cookie. */
export function hashRedirectState(state: RedirectState): string {
  return createHash('sha256').update(state).digest('base64url');
}

/**
 * Encrypts and authenticates what is pending, for the browser to keep. It is bound to the state and to the provider, so that
 * an answer of one provider cannot be passed off as that of another (RFC 9700 §4.4).
 */
export function sealPendingRedirect(
  secret: RefreshTokenSecret,
  pending: PendingRedirect,
  thirdPartyId: string,
  state: RedirectState,
): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, deriveKey(secret), nonce).setAAD(bindingOf(thirdPartyId, state));
  return Buffer.concat([
    nonce,
    cipher.update(JSON.stringify(pending), 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]).toString('base64url');
}

/** Opens what {@link sealPendingRedirect} made. @returns undefined if it was not made for this state and provider. */
export function openPendingRedirect(
  secret: RefreshTokenSecret,
  sealed: string,
  thirdPartyId: string,
  state: RedirectState,
): PendingRedirect | undefined {
  const content = Buffer.from(sealed, 'base64url');
  if (content.length < NONCE_BYTES + TAG_BYTES) {
    return undefined;
  }
  try {
    const decipher = createDecipheriv(ALGORITHM, deriveKey(secret), content.subarray(0, NONCE_BYTES))
      .setAAD(bindingOf(thirdPartyId, state))
      .setAuthTag(content.subarray(-TAG_BYTES));
    const plain = Buffer.concat([decipher.update(content.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    return parse(plain.toString('utf8'));
  } catch {
    return undefined;
  }
}

function parse(text: string): PendingRedirect | undefined {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) {
    return undefined;
  }
  const { pkceCodeVerifier, clientType, returnPath, expiresAt } = value;
  return typeof returnPath === 'string' && typeof expiresAt === 'number'
    ? {
        pkceCodeVerifier: typeof pkceCodeVerifier === 'string' ? pkceCodeVerifier : undefined,
        clientType: typeof clientType === 'string' ? clientType : undefined,
        returnPath,
        expiresAt,
      }
    : undefined;
}

function bindingOf(thirdPartyId: string, state: RedirectState): Buffer {
  return Buffer.from(`${thirdPartyId}:${state}`);
}

/** The secret that all nodes have already; the label keeps this use of it apart from the others (RFC 5869 §3.2). */
function deriveKey(secret: RefreshTokenSecret): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), 'nestward third-party redirect', 32));
}
