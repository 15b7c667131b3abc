import type { JsonObject } from '../config/json.js';
import type { RefreshTokenHash } from '../session/refresh-token.js';

/** A session as it is stored. Times are milliseconds since the Unix epoch. */
export interface SessionRecord {
  readonly handle: string;
  readonly userId: string;
  readonly recipeUserId: string;
  readonly tenantId: string;
  /** The hash of the confirmed refresh token: the one whose children may be confirmed next. */
  readonly refreshTokenHash: RefreshTokenHash;
  /** The hash of the refresh token that was confirmed before, for the grace of racing tabs. */
  readonly previousRefreshTokenHash: RefreshTokenHash | null;
  /** When the confirmed refresh token took the place of the previous one; the creation time before that. */
  readonly confirmedAt: number;
  readonly accessTokenPayload: JsonObject;
  /** Counts the writes of {@link accessTokenPayload}, so that a write can be conditional on what was read. */
  readonly accessTokenPayloadVersion: number;
  readonly sessionData: JsonObject;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** What the session was last seen with; null where it is not known. */
  readonly device: SessionDevice;
}

/** What a client says of itself, and where it is. Either is null where it is not known. */
export interface SessionDevice {
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}

/** What a new session is stored with; the rest follows from it. */
export type NewSession = Pick<
  SessionRecord,
  | 'handle'
  | 'userId'
  | 'recipeUserId'
  | 'tenantId'
  | 'refreshTokenHash'
  | 'accessTokenPayload'
  | 'sessionData'
  | 'createdAt'
  | 'expiresAt'
  | 'device'
>;

/** Moves a session from one confirmed refresh token to the next. */
export interface RefreshTokenConfirmation {
  readonly handle: string;
  /** The hash that must still be the confirmed one. */
  readonly from: RefreshTokenHash;
  readonly to: RefreshTokenHash;
  readonly confirmedAt: number;
  readonly expiresAt: number;
  /** What the session is seen with; what is null in it stays as it was. */
  readonly device: SessionDevice;
}

/**
 * Where sessions are kept. Every write is one atomic statement, and a conditional one answers whether it took effect;
 * deciding what follows from that is the caller's part.
 */
export interface SessionStorage {
  insert(session: NewSession): Promise<void>;

  /** Finds a session whether or not it has expired; the background removal decides how long an expired one stays. */
  find(handle: string): Promise<SessionRecord | undefined>;

  /**
   * Makes `to` the confirmed refresh token and `from` the previous one, if `from` is still the confirmed one.
   * @returns whether it was.
   */
  confirmRefreshToken(confirmation: RefreshTokenConfirmation): Promise<boolean>;

  /**
   * Moves the expiry of a session whose confirmed refresh token still has this hash.
   * @returns whether it still had.
   */
  extend(handle: string, refreshTokenHash: RefreshTokenHash, expiresAt: number): Promise<boolean>;

  /** Removes a session if its confirmed refresh token still has this hash. @returns whether it was removed. */
  removeConfirmed(handle: string, refreshTokenHash: RefreshTokenHash): Promise<boolean>;

  /** Removes sessions by handle. @returns the handles of those that existed. */
  remove(handles: readonly string[]): Promise<string[]>;

  /**
   * Removes all sessions of a user.
   * @returns the handles that were removed.
   */
  removeAllForUser(userId: string): Promise<string[]>;

  /**
   * Removes all sessions of a user but one.
   * @returns the handles that were removed.
   */
  removeOthersForUser(userId: string, exceptHandle: string): Promise<string[]>;

  /** A user's sessions that have not expired at `now`, those that were used last first. */
  listForUser(userId: string, now: number): Promise<SessionRecord[]>;

  /** The handles of a user's sessions that have not expired at `now`, oldest first. */
  listHandlesForUser(userId: string, now: number): Promise<string[]>;

  /**
   * Replaces the access token payload if it still has the version that was read.
   * @returns whether it had.
   */
  updateAccessTokenPayload(handle: string, expectedVersion: number, payload: JsonObject): Promise<boolean>;

  /** Replaces the session data. @returns whether the session exists. */
  updateSessionData(handle: string, sessionData: JsonObject): Promise<boolean>;

  /** Removes at most `limit` sessions that expired before `before`. @returns how many were removed. */
  removeExpired(before: number, limit: number): Promise<number>;
}
