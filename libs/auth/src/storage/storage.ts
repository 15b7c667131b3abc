import type { OAuthStateStorage } from './oauth-state.storage.js';
import type { OneTimeTokenStorage } from './one-time-token.storage.js';
import type { OutboxStorage } from './outbox.storage.js';
import type { RateLimitStorage } from './rate-limit.storage.js';
import type { SessionStorage } from './session.storage.js';
import type { SigningKeyStorage } from './signing-key.storage.js';
import type { UserStorage } from './user.storage.js';

/** Everything that is kept: one port for each aggregate, and the life of the connection below them. */
export interface Storage {
  readonly users: UserStorage;
  readonly sessions: SessionStorage;
  readonly keys: SigningKeyStorage;
  readonly oauthStates: OAuthStateStorage;
  readonly oneTimeTokens: OneTimeTokenStorage;
  readonly outbox: OutboxStorage;
  readonly rateLimits: RateLimitStorage;

  /**
   * Brings the schema to this version of the library. Safe to run on many nodes at once.
   * @returns the names of the migrations that ran.
   * @throws ConfigurationError if the schema is newer than the library.
   */
  migrate(): Promise<string[]>;

  /**
   * Checks that the schema is the one that this version of the library needs.
   * @throws ConfigurationError if it is older or newer; the message says what to run.
   */
  checkSchema(): Promise<void>;

  /** Asks the database for a sign of life. @throws StorageUnavailableError if it is not available. */
  ping(): Promise<void>;

  /** Closes what was opened, and leaves open what was handed in. */
  close(): Promise<void>;
}

/**
 * Opens a storage. It is what `AuthOptions.storage` takes, so that nothing is opened before the app boots and each app
 * opens its own. `sqlite()` makes one.
 */
export interface StorageFactory {
  /** Names the storage in messages, without any secret. */
  readonly description: string;
  open(): Promise<Storage>;
}

/** The injection token of the open {@link Storage}. */
export const AUTH_STORAGE = Symbol('nestward:storage');
