import { Inject, Injectable } from '@nestjs/common';
import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import type { JsonObject } from '../config/json.js';
import type { SessionDevice, SessionRecord } from '../storage/session.storage.js';
import { AUTH_STORAGE, type Storage } from '../storage/storage.js';
import { StorageUnavailableError } from '../storage/storage-unavailable.error.js';
import {
  isSignedBy,
  parseAccessToken,
  signAccessToken,
  type AccessToken,
  type AccessTokenClaims,
  type LibraryClaims,
  type UnverifiedAccessToken,
} from './access-token.js';
import { mergePayload, withoutProtectedClaims } from './access-token-payload.js';
import {
  createRefreshToken,
  hashRefreshToken,
  parseRefreshToken,
  type ParsedRefreshToken,
  type RefreshToken,
  type RefreshTokenHash,
} from './refresh-token.js';
import { TokenTheftDetectedException, TryRefreshTokenException, UnauthorisedException } from './session.exceptions.js';
import type { SigningKeyPurpose } from './signing-key.js';
import { SigningKeyService } from './signing-key.service.js';

/** What a session is created with. */
export interface NewSessionInput {
  readonly userId: string;
  readonly recipeUserId: string;
  readonly tenantId: string;
  readonly accessTokenPayload: JsonObject;
  readonly sessionData: JsonObject;
  /** Whether the access tokens name an anti-CSRF token (`VIA_TOKEN`). */
  readonly withAntiCsrfToken: boolean;
  readonly device: SessionDevice;
}

/** How a session proves itself beyond its access token. */
export interface VerifyInput {
  /** The anti-CSRF token that the access token must name; `false` where nothing is checked. */
  readonly antiCsrfToken: string | undefined | false;
  /** Whether the database is asked if the session has been revoked. */
  readonly checkDatabase: boolean;
  /** What the session is used with; asked for only where it is written. */
  readonly getDevice: () => SessionDevice;
}

/** A session's tokens, as they stand after an operation. */
export interface SessionTokens {
  readonly accessToken: AccessToken;
  readonly claims: AccessTokenClaims;
  /** Whether the access token is another one than the client sent, so that the client must be told. */
  readonly isAccessTokenNew: boolean;
  /** Only after a creation or a refresh. */
  readonly refresh?: { readonly token: RefreshToken; readonly expiresAt: number } | undefined;
}

/** A compare-and-swap that fails has lost to another one that took effect, so that more rounds than this mean a fault. */
const MAX_ROUNDS = 100;

/** For how long sessions stay unconfirmed after the database was found to be away, in milliseconds. */
const UNAVAILABLE_PAUSE_MS = 500;

/** A refresh moves the session's expiry only where that is worth a write: by one part in this many of the lifetime. */
const EXPIRY_STEPS = 100;

/**
 * Creates, verifies, refreshes and ends sessions (contract §4). It knows tokens and the database, and neither requests nor
 * responses.
 *
 * The rotation: the database names the one confirmed refresh token P. Refreshing with P gives a child and leaves P valid;
 * the first use of a child confirms it by a compare-and-swap from P. Anything else that is presented was replaced before,
 * which is a race within the grace period, and theft after it.
 */
@Injectable()
export class SessionCore {
  private readonly verified: LRUCache<string, UnverifiedAccessToken>;
  private confirmAgainAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_STORAGE) private readonly storage: Storage,
    @Inject(SigningKeyService) private readonly keys: SigningKeyService,
  ) {
    this.verified = new LRUCache({ max: config.session.accessTokenCacheSize });
  }

  /** Creates a session; its first refresh token is confirmed from the start. */
  async create(input: NewSessionInput): Promise<SessionTokens> {
    const handle = randomUUID();
    const refreshToken = createRefreshToken(await this.keys.getRefreshTokenSecret(), handle);
    const createdAt = this.config.clock.now();
    const session = {
      handle,
      userId: input.userId,
      recipeUserId: input.recipeUserId,
      tenantId: input.tenantId,
      refreshTokenHash: hashRefreshToken(refreshToken),
      accessTokenPayload: withoutProtectedClaims(input.accessTokenPayload),
      sessionData: input.sessionData,
      createdAt,
      expiresAt: createdAt + this.config.session.refreshTokenLifetimeMs,
      device: input.device,
    };
    const tokens = await this.issueAccessToken(session, {
      refreshTokenHash1: session.refreshTokenHash,
      ...(input.withAntiCsrfToken ? { antiCsrfToken: createAntiCsrfToken() } : {}),
    });
    await this.storage.sessions.insert(session);
    return { ...tokens, refresh: { token: refreshToken, expiresAt: session.expiresAt } };
  }

  /**
   * Verifies an access token. Without I/O, unless the token names a parent (its first use confirms the session) or the
   * caller asks for the database.
   *
   * @throws TryRefreshTokenException if the token has expired, is not signed by a published key, does not match the
   * anti-CSRF token, or belongs to a child that lost a race whose grace is over.
   * @throws UnauthorisedException if the database was asked and has no such session.
   * @throws StorageUnavailableError if the caller asks for the database and it is away.
   */
  async verify(token: UnverifiedAccessToken, input: VerifyInput): Promise<SessionTokens> {
    const { antiCsrfToken, checkDatabase, getDevice } = input;
    if (this.verified.peek(token.token) !== token) {
      await this.assertSigned(token);
    }
    const { claims } = token;
    if (claims.exp * 1000 <= this.config.clock.now()) {
      throw new TryRefreshTokenException('The access token has expired');
    }
    if (antiCsrfToken !== false && !isSame(claims.antiCsrfToken, antiCsrfToken)) {
      throw new TryRefreshTokenException('The anti-CSRF token does not match the session');
    }
    const { parentRefreshTokenHash1: parentHash } = claims;
    if (parentHash !== undefined) {
      return checkDatabase
        ? this.confirmByAccessToken(token, parentHash, getDevice)
        : this.confirmUnlessUnavailable(token, parentHash, getDevice);
    }
    if (checkDatabase) {
      await this.findLive(claims.sessionHandle);
    }
    return { accessToken: token.token, claims, isAccessTokenNew: false };
  }

  /** Reads an access token. A token that was verified before comes from memory. */
  parse(token: string): UnverifiedAccessToken | undefined {
    return this.verified.get(token) ?? parseAccessToken(token);
  }

  /**
   * Refreshes a session: hands out a child of the confirmed refresh token, after it has confirmed the presented token if
   * that is a child itself.
   *
   * @throws UnauthorisedException if the token is unknown, or the session has expired or was revoked.
   * @throws TokenTheftDetectedException if the token had been replaced longer ago than the grace period; the session has
   * then been revoked.
   */
  async refresh(refreshToken: string, withAntiCsrfToken: boolean, device: SessionDevice): Promise<SessionTokens> {
    const presented = parseRefreshToken(await this.keys.getRefreshTokenSecret(), refreshToken);
    if (presented === undefined) {
      throw new UnauthorisedException('The refresh token is not one of ours');
    }
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const session = await this.findLive(presented.sessionHandle);
      const outcome = await this.settleRefresh(session, presented, device);
      if (outcome !== 'changed-meanwhile') {
        return this.issueChild(outcome, withAntiCsrfToken);
      }
    }
    throw new Error(`The session ${presented.sessionHandle} did not settle`);
  }

  /**
   * Merges an update into a session's access token payload in the database; `null` removes a claim.
   * @returns the payload as it is stored then, or undefined if there is no such session.
   */
  async mergeIntoPayload(sessionHandle: string, update: JsonObject): Promise<JsonObject | undefined> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const session = await this.find(sessionHandle);
      if (session === undefined) {
        return undefined;
      }
      const payload = mergePayload(session.accessTokenPayload, update);
      const { accessTokenPayloadVersion: version } = session;
      if (await this.storage.sessions.updateAccessTokenPayload(sessionHandle, version, payload)) {
        return payload;
      }
    }
    throw new Error(`The payload of the session ${sessionHandle} did not settle`);
  }

  /** Signs an access token again with another payload; everything that the library says in it stays, the expiry too. */
  reissue(claims: AccessTokenClaims, payload: JsonObject): Promise<SessionTokens> {
    const { sub, rsub, tId, sessionHandle, refreshTokenHash1, parentRefreshTokenHash1, antiCsrfToken, iss, exp } =
      claims;
    return this.sign(payload, {
      sub,
      rsub,
      tId,
      sessionHandle,
      refreshTokenHash1,
      ...(parentRefreshTokenHash1 === undefined ? {} : { parentRefreshTokenHash1 }),
      ...(antiCsrfToken === undefined ? {} : { antiCsrfToken }),
      iss,
      iat: toSeconds(this.config.clock.now()),
      exp,
    });
  }

  /** Finds a session that has not expired. */
  async find(sessionHandle: string): Promise<SessionRecord | undefined> {
    const session = await this.storage.sessions.find(sessionHandle);
    return session !== undefined && session.expiresAt > this.config.clock.now() ? session : undefined;
  }

  /**
   * The session that an access token names, by its signature alone: the token may have expired.
   * @returns undefined if nobody can tell that the token is ours.
   */
  async findHandleOfSigned(token: UnverifiedAccessToken): Promise<string | undefined> {
    const key = await this.keys.findKeyByHeader(token.encodedHeader);
    return key?.purpose === this.signingKeyPurpose && isSignedBy(key, token) ? token.claims.sessionHandle : undefined;
  }

  private async findLive(sessionHandle: string): Promise<SessionRecord> {
    const session = await this.find(sessionHandle);
    if (session === undefined) {
      throw new UnauthorisedException('The session does not exist, has expired or was revoked');
    }
    return session;
  }

  private async assertSigned(token: UnverifiedAccessToken): Promise<void> {
    const key = await this.keys.findKeyByHeader(token.encodedHeader);
    if (key?.purpose !== this.signingKeyPurpose) {
      throw new TryRefreshTokenException('The access token is signed by a key that is not in use');
    }
    if (!isSignedBy(key, token)) {
      throw new TryRefreshTokenException('The signature of the access token is wrong');
    }
    this.verified.set(token.token, token);
  }

  /**
   * Guarded routes go on while the database is away: the token is good by its signature, and another use of it will confirm
   * the session. Only one request in a while waits to find out.
   */
  private async confirmUnlessUnavailable(
    token: UnverifiedAccessToken,
    parentHash: RefreshTokenHash,
    getDevice: () => SessionDevice,
  ): Promise<SessionTokens> {
    const unconfirmed = { accessToken: token.token, claims: token.claims, isAccessTokenNew: false };
    if (this.config.clock.now() < this.confirmAgainAt) {
      return unconfirmed;
    }
    try {
      return await this.confirmByAccessToken(token, parentHash, getDevice);
    } catch (error) {
      if (!(error instanceof StorageUnavailableError)) {
        throw error;
      }
      this.confirmAgainAt = this.config.clock.now() + UNAVAILABLE_PAUSE_MS;
      return unconfirmed;
    }
  }

  /** The first use of a child by its access token: confirms it, or finds that this has happened already. */
  private async confirmByAccessToken(
    { token, claims }: UnverifiedAccessToken,
    parentHash: RefreshTokenHash,
    getDevice: () => SessionDevice,
  ): Promise<SessionTokens> {
    const { refreshTokenHash1: hash, sessionHandle } = claims;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const session = await this.findLive(sessionHandle);
      if (session.refreshTokenHash === hash || (await this.confirm(session, { hash, parentHash }, getDevice()))) {
        const { parentRefreshTokenHash1: _, ...confirmed } = claims;
        return this.reissue(confirmed, session.accessTokenPayload);
      }
      if (session.refreshTokenHash === parentHash) {
        continue;
      }
      if (this.isWithinGrace(session, { hash, parentHash })) {
        return { accessToken: token, claims, isAccessTokenNew: false };
      }
      throw new TryRefreshTokenException('Another refresh has taken the place of this access token');
    }
    throw new Error(`The session ${sessionHandle} did not settle`);
  }

  /**
   * Decides what a presented refresh token is to a session, and does what follows from it.
   * @returns the session whose confirmed token the next child hangs off.
   */
  private async settleRefresh(
    session: SessionRecord,
    presented: ParsedRefreshToken,
    device: SessionDevice,
  ): Promise<SessionRecord | 'changed-meanwhile'> {
    if (session.refreshTokenHash === presented.hash) {
      return this.extend(session);
    }
    if (session.refreshTokenHash === presented.parentHash) {
      return (await this.confirm(session, presented, device)) ?? 'changed-meanwhile';
    }
    if (this.isWithinGrace(session, presented)) {
      return this.extend(session);
    }
    if (!(await this.storage.sessions.removeConfirmed(session.handle, session.refreshTokenHash))) {
      return 'changed-meanwhile';
    }
    throw new TokenTheftDetectedException(session.handle, session.userId, session.recipeUserId);
  }

  /** Makes a child of the confirmed token the confirmed one. @returns the session then, if nobody was faster. */
  private async confirm(
    session: SessionRecord,
    child: { readonly hash: RefreshTokenHash; readonly parentHash: RefreshTokenHash | undefined },
    device: SessionDevice,
  ): Promise<SessionRecord | undefined> {
    if (session.refreshTokenHash !== child.parentHash) {
      return undefined;
    }
    const confirmedAt = this.config.clock.now();
    const expiresAt = confirmedAt + this.config.session.refreshTokenLifetimeMs;
    const { handle, refreshTokenHash: from } = session;
    const isConfirmed = await this.storage.sessions.confirmRefreshToken({
      handle,
      from,
      to: child.hash,
      confirmedAt,
      expiresAt,
      device,
    });
    return isConfirmed
      ? { ...session, refreshTokenHash: child.hash, previousRefreshTokenHash: from, confirmedAt, expiresAt }
      : undefined;
  }

  /** Moves the expiry ahead. A move that is too small for a write is left out; the client is told the true expiry. */
  private async extend(session: SessionRecord): Promise<SessionRecord | 'changed-meanwhile'> {
    const lifetime = this.config.session.refreshTokenLifetimeMs;
    const expiresAt = this.config.clock.now() + lifetime;
    if (expiresAt - session.expiresAt < lifetime / EXPIRY_STEPS) {
      return session;
    }
    return (await this.storage.sessions.extend(session.handle, session.refreshTokenHash, expiresAt))
      ? { ...session, expiresAt }
      : 'changed-meanwhile';
  }

  /** Whether a token that has been replaced by the confirmed one comes from a race (contract §4). */
  private isWithinGrace(
    session: SessionRecord,
    token: { readonly hash: RefreshTokenHash; readonly parentHash: RefreshTokenHash | undefined },
  ): boolean {
    const { previousRefreshTokenHash: previous, confirmedAt } = session;
    return (
      previous !== null &&
      (token.hash === previous || token.parentHash === previous) &&
      this.config.clock.now() - confirmedAt < this.config.session.refreshTokenGracePeriodMs
    );
  }

  private async issueChild(session: SessionRecord, withAntiCsrfToken: boolean): Promise<SessionTokens> {
    const { handle, refreshTokenHash: parentHash, expiresAt } = session;
    const refreshToken = createRefreshToken(await this.keys.getRefreshTokenSecret(), handle, parentHash);
    const tokens = await this.issueAccessToken(session, {
      refreshTokenHash1: hashRefreshToken(refreshToken),
      parentRefreshTokenHash1: parentHash,
      ...(withAntiCsrfToken ? { antiCsrfToken: createAntiCsrfToken() } : {}),
    });
    return { ...tokens, refresh: { token: refreshToken, expiresAt } };
  }

  private issueAccessToken(
    session: Pick<SessionRecord, 'handle' | 'userId' | 'recipeUserId' | 'tenantId' | 'accessTokenPayload'>,
    claims: Pick<LibraryClaims, 'refreshTokenHash1' | 'parentRefreshTokenHash1' | 'antiCsrfToken'>,
  ): Promise<SessionTokens> {
    const now = this.config.clock.now();
    return this.sign(session.accessTokenPayload, {
      sub: session.userId,
      rsub: session.recipeUserId,
      tId: session.tenantId,
      sessionHandle: session.handle,
      ...claims,
      iss: this.config.appInfo.issuer,
      iat: toSeconds(now),
      exp: toSeconds(now + this.config.session.accessTokenLifetimeMs),
    });
  }

  private async sign(payload: JsonObject, libraryClaims: LibraryClaims): Promise<SessionTokens> {
    const key = await this.keys.getSigningKey(this.signingKeyPurpose);
    const claims = { ...withoutProtectedClaims(payload), ...libraryClaims };
    return { accessToken: signAccessToken(key, claims), claims, isAccessTokenNew: true };
  }

  private get signingKeyPurpose(): SigningKeyPurpose {
    return this.config.session.useDynamicAccessTokenSigningKey ? 'dynamic' : 'static';
  }
}

function createAntiCsrfToken(): string {
  return randomBytes(32).toString('base64url');
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

/** Compares two secrets in a time that does not depend on where they differ. */
function isSame(expected: string | undefined, actual: string | undefined): boolean {
  if (expected === undefined || actual === undefined) {
    return false;
  }
  const [a, b] = [Buffer.from(expected), Buffer.from(actual)];
  return a.length === b.length && timingSafeEqual(a, b);
}
