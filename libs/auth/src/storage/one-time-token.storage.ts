import type { CredentialFingerprint, OneTimeTokenHash } from '../one-time-token/one-time-token.js';
import type { NewOutboxMessage } from './outbox.storage.js';

/** What a token that was sent by mail is good for. */
export type OneTimeTokenPurpose = 'email-verification' | 'password-reset' | 'email-change';

/** A token as it is stored: its hash, and what it is bound to. Times are milliseconds since the Unix epoch. */
export interface OneTimeTokenRecord {
  readonly tokenHash: OneTimeTokenHash;
  readonly purpose: OneTimeTokenPurpose;
  readonly recipeUserId: string;
  readonly tenantId: string;
  /** The address that the token is sent to, and so proves. Normalised. */
  readonly email: string;
  /** The password that there must still be when the token is used; null where it does not matter. */
  readonly credentialFingerprint: CredentialFingerprint | null;
  /** The session that stays when the use of the token ends all others; null where none does. */
  readonly keepSessionHandle: string | null;
  readonly expiresAt: number;
}

/** The login method that a token worked for. */
export interface OneTimeTokenOwner {
  readonly userId: string;
  readonly recipeUserId: string;
  readonly email: string;
}

/** A use of a token to set a password. */
export interface PasswordReset {
  readonly tokenHash: OneTimeTokenHash;
  readonly passwordHash: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  readonly revokeSessions: boolean;
  /** What is sent if it works. */
  readonly notice: NewOutboxMessage | undefined;
}

/** A use of a token to put the address that it was sent to in the place of another. */
export interface EmailChange {
  readonly tokenHash: OneTimeTokenHash;
  /** The address and the password hash that the login method must still have. */
  readonly expected: { readonly email: string; readonly passwordHash: string };
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** What is sent if it works. */
  readonly notice: NewOutboxMessage | undefined;
}

/**
 * Tokens that are sent by mail and work once. Using one, and what it allows, are one transaction: of two uses at the same
 * instant, one takes effect.
 */
export interface OneTimeTokenStorage {
  insert(token: OneTimeTokenRecord): Promise<void>;

  /** Finds a token whether or not it has expired. */
  find(tokenHash: OneTimeTokenHash): Promise<OneTimeTokenRecord | undefined>;

  /**
   * Uses a token to verify the address that it was sent to, and removes the others for it.
   * @returns undefined if the token is unknown, used, expired or for something else, or the login method has another address.
   */
  useToVerifyEmail(tokenHash: OneTimeTokenHash, now: number): Promise<OneTimeTokenOwner | undefined>;

  /**
   * Uses a token to set a password, verifies the address, and removes all other tokens of the login method.
   * @returns undefined as {@link useToVerifyEmail} does.
   */
  useToResetPassword(reset: PasswordReset): Promise<OneTimeTokenOwner | undefined>;

  /**
   * Uses a token to change the address of a login method to the one that it was sent to, which is verified by that, removes
   * all other tokens of the login method, and ends the user's sessions but the one that the token keeps. Where the address is
   * taken, nothing is changed.
   * @returns undefined as {@link useToVerifyEmail} does, or if the login method is not as expected any more.
   */
  useToChangeEmail(change: EmailChange): Promise<OneTimeTokenOwner | 'email-taken' | undefined>;

  /** Removes the tokens of a login method for a purpose; those that were sent to one address if it is given. */
  removeAll(recipeUserId: string, purpose: OneTimeTokenPurpose, email?: string): Promise<void>;

  /** Removes at most `limit` tokens that expired before `before`. @returns how many were removed. */
  removeExpired(before: number, limit: number): Promise<number>;
}
