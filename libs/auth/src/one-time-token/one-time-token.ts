import { hash, randomBytes } from 'node:crypto';

/** A token that is sent by mail and works once: opaque, and never stored. */
export type OneTimeToken = string & { readonly __brand: 'OneTimeToken' };

/** The SHA-256 of a {@link OneTimeToken}, base64url. It is all that is stored of the token. */
export type OneTimeTokenHash = string & { readonly __brand: 'OneTimeTokenHash' };

/** What a password hash is recognised by without being it, so that a token can be bound to a password: SHA-256, base64url. */
export type CredentialFingerprint = string & { readonly __brand: 'CredentialFingerprint' };

const TOKEN_BYTES = 32;
const FORM = /^[\w-]{43}$/;

/** Makes a token of 256 random bits. */
export function createOneTimeToken(): OneTimeToken {
  return randomBytes(TOKEN_BYTES).toString('base64url') as OneTimeToken;
}

/**
 * The hash that a token is stored and found by. A token is random enough for a fast hash without a salt, and comparing
 * hashes in the database tells nothing about the token by its time.
 * @returns undefined for what has not the form of a token.
 */
export function hashOneTimeToken(token: string): OneTimeTokenHash | undefined {
  return FORM.test(token) ? (hash('sha256', token, 'base64url') as OneTimeTokenHash) : undefined;
}

/** @see CredentialFingerprint */
export function fingerprintCredential(passwordHash: string): CredentialFingerprint {
  return hash('sha256', passwordHash, 'base64url') as CredentialFingerprint;
}
