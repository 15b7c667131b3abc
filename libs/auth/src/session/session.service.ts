import { Inject, Injectable, Logger } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import type { JsonObject, JsonValue } from '../config/json.js';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';
import type { SessionDevice, SessionRecord } from '../storage/session.storage.js';
import { AUTH_STORAGE, type Storage } from '../storage/storage.js';
import { PUBLIC_TENANT_ID } from '../http/tenant.guard.js';
import type { UnverifiedAccessToken } from './access-token.js';
import { withoutProtectedClaims } from './access-token-payload.js';
import { validateClaims } from './claims/claim-validation.js';
import type { ClaimFetchInput, SessionClaim } from './claims/session-claim.js';
import type { ClaimValidationError, SessionClaimValidator } from './claims/session-claim-validator.js';
import { nameDevice, type DeviceName } from './device-name.js';
import { readDevice, UNKNOWN_DEVICE } from './read-device.js';
import { hasRefreshTokenForm } from './refresh-token.js';
import { SessionContainer, type SessionContainerDependencies } from './session-container.js';
import { SessionCore, type SessionTokens } from './session-core.js';
import { TokenTheftDetectedException, TryRefreshTokenException, UnauthorisedException } from './session.exceptions.js';
import type { ClaimValidatorsFunction, TokenTransferMethod } from './session.options.js';
import { SessionTransport, type SessionAttachment } from './session-transport.js';

/** What a route asks of a session. */
export interface VerifySessionOptions {
  /** Whether a request without a session is refused. Default: `true`. */
  readonly sessionRequired?: boolean | undefined;
  /** Whether the database is asked if the session has been revoked. Default: `false`, so that verifying needs no I/O. */
  readonly checkDatabase?: boolean | undefined;
  /**
   * Whether a cookie session must prove that the website made the request. Default: for every method but GET, HEAD,
   * OPTIONS and TRACE (contract §4).
   */
  readonly antiCsrfCheck?: boolean | undefined;
  /** Chooses the claim validators, given the global ones. Default: the global ones. */
  readonly overrideGlobalClaimValidators?: ClaimValidatorsFunction | undefined;
}

/** Options for a route that also serves people without a session. */
export type OptionalSessionOptions = VerifySessionOptions & { readonly sessionRequired: false };

/** Whose login method and tenant a new session belongs to. */
export interface CreateSessionOptions {
  /** The id of the login method that the person signed in with. Default: the user's id. */
  readonly recipeUserId?: string | undefined;
  /** Default: `public`. */
  readonly tenantId?: string | undefined;
}

/** How a new session reaches its client. */
export interface CreateSessionForResponseOptions extends CreateSessionOptions {
  /** How its tokens travel. Default: as the app says, or as the client wishes (contract §2). */
  readonly transferMethod?: TokenTransferMethod | undefined;
}

/** What the database knows about a session. Times are milliseconds since the Unix epoch. */
export interface SessionInformation {
  readonly sessionHandle: string;
  readonly userId: string;
  readonly recipeUserId: string;
  readonly tenantId: string;
  readonly sessionDataInDatabase: JsonObject;
  readonly customClaimsInAccessTokenPayload: JsonObject;
  readonly timeCreated: number;
  readonly expiry: number;
}

/** A session of a user, and what it was last used with. Times are milliseconds since the Unix epoch. */
export interface UserSession {
  readonly sessionHandle: string;
  /** The login method that the session was created with. */
  readonly recipeUserId: string;
  readonly timeCreated: number;
  /**
   * When the session was last used after a refresh: it is as old as an access token lasts at most where the session is in
   * use, since verifying one writes nothing.
   */
  readonly lastSeen: number;
  readonly expiry: number;
  /** Where it was last seen; undefined where that is not known, or not recorded (`session.recordDevices`). */
  readonly ipAddress: string | undefined;
  /** What the client says of itself, at most 512 characters; undefined as {@link ipAddress} is. */
  readonly userAgent: string | undefined;
  /** The same in words for people. */
  readonly device: DeviceName;
}

/** The answer of {@link SessionService.validateClaimsForSessionHandle}. */
export type ValidateClaimsResult =
  | { readonly status: 'OK'; readonly invalidClaims: readonly ClaimValidationError[] }
  | { readonly status: 'SESSION_DOES_NOT_EXIST_ERROR' };

/**
 * Sessions for the code of an app: creates, verifies, refreshes and ends them, and reads and changes what they carry
 * (contract §4).
 */
@Injectable()
export class SessionService {
  private readonly logger = new Logger(SessionService.name);
  private readonly dependencies: SessionContainerDependencies;

  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_STORAGE) private readonly storage: Storage,
    @Inject(SessionCore) private readonly core: SessionCore,
    @Inject(SessionTransport) private readonly transport: SessionTransport,
  ) {
    this.dependencies = { service: this, core, transport, clock: config.clock };
  }

  /**
   * Creates a session and gives its tokens to the client, in cookies or headers as the client wishes (contract §2).
   *
   * @param accessTokenPayload the app's own claims; the configured claims are fetched and added.
   * @param sessionData kept in the database only.
   * @throws ConfigurationError if the tokens are to travel in cookies which browsers would refuse.
   */
  async createNewSession(
    request: HttpRequest,
    response: HttpResponse,
    userId: string,
    accessTokenPayload: JsonObject = {},
    sessionData: JsonObject = {},
    options: CreateSessionForResponseOptions = {},
  ): Promise<SessionContainer> {
    const transferMethod = this.transport.getMethodForNewSession(request, options.transferMethod);
    const attachment = { request, response, transferMethod };
    const withAntiCsrfToken = this.usesAntiCsrfToken(attachment);
    const device = this.readDevice(request);
    const tokens = await this.create(userId, accessTokenPayload, sessionData, options, withAntiCsrfToken, device);
    this.transport.clearOtherWay(attachment);
    return this.toContainer(tokens, attachment);
  }

  /** Creates a session for a transport of the app's own. The container has the tokens. */
  async createNewSessionWithoutRequestResponse(
    userId: string,
    accessTokenPayload: JsonObject = {},
    sessionData: JsonObject = {},
    options: CreateSessionOptions & {
      /** Whether the session goes without an anti-CSRF token in the mode `VIA_TOKEN`. Default: `false`. */
      readonly disableAntiCsrf?: boolean | undefined;
    } = {},
  ): Promise<SessionContainer> {
    const withAntiCsrfToken =
      options.disableAntiCsrf !== true && this.config.session.getAntiCsrfMode(undefined) === 'VIA_TOKEN';
    return this.toContainer(
      await this.create(userId, accessTokenPayload, sessionData, options, withAntiCsrfToken, UNKNOWN_DEVICE),
      undefined,
    );
  }

  /**
   * Verifies the session of a request, and checks its claims.
   *
   * @returns the session; undefined only if `sessionRequired` is false and the request has none.
   * @throws UnauthorisedException if a session is required and there is none, or `checkDatabase` finds it revoked.
   * @throws TryRefreshTokenException if the access token is not good any more.
   * @throws InvalidClaimException if a claim fails.
   */
  getSession(
    request: HttpRequest,
    response: HttpResponse,
    options?: VerifySessionOptions & { readonly sessionRequired?: true | undefined },
  ): Promise<SessionContainer>;
  getSession(
    request: HttpRequest,
    response: HttpResponse,
    options?: VerifySessionOptions,
  ): Promise<SessionContainer | undefined>;
  async getSession(
    request: HttpRequest,
    response: HttpResponse,
    options: VerifySessionOptions = {},
  ): Promise<SessionContainer | undefined> {
    const received = this.transport.findAccessToken(request, (token) => this.core.parse(token));
    if (received === undefined) {
      this.assertOptional(options);
      return undefined;
    }
    const { token, transferMethod } = received;
    const tokens = await this.core.verify(token, {
      antiCsrfToken: this.checkAntiCsrf(request, transferMethod, options.antiCsrfCheck),
      checkDatabase: options.checkDatabase ?? false,
      getDevice: () => this.readDevice(request),
    });
    const session = this.toContainer(tokens, { request, response, transferMethod });
    await this.assertRouteClaims(session, options);
    return session;
  }

  /**
   * Verifies an access token that reached the app by a transport of its own. In the mode `VIA_TOKEN` the anti-CSRF token is
   * checked unless `antiCsrfCheck` is false; in the other modes there is nothing to check here.
   *
   * @throws as {@link getSession} does.
   */
  getSessionWithoutRequestResponse(
    accessToken: string,
    antiCsrfToken?: string,
    options?: VerifySessionOptions & { readonly sessionRequired?: true | undefined },
  ): Promise<SessionContainer>;
  getSessionWithoutRequestResponse(
    accessToken: string,
    antiCsrfToken?: string,
    options?: VerifySessionOptions,
  ): Promise<SessionContainer | undefined>;
  async getSessionWithoutRequestResponse(
    accessToken: string,
    antiCsrfToken?: string,
    options: VerifySessionOptions = {},
  ): Promise<SessionContainer | undefined> {
    const token = this.core.parse(accessToken);
    if (token === undefined) {
      this.assertOptional(options);
      return undefined;
    }
    const isChecked = options.antiCsrfCheck !== false && this.config.session.getAntiCsrfMode(undefined) === 'VIA_TOKEN';
    const tokens = await this.core.verify(token, {
      antiCsrfToken: isChecked && antiCsrfToken,
      checkDatabase: options.checkDatabase ?? false,
      getDevice: () => UNKNOWN_DEVICE,
    });
    const session = this.toContainer(tokens, undefined);
    await this.assertRouteClaims(session, options);
    return session;
  }

  /**
   * Refreshes the session of a request, and gives the new tokens to the client.
   *
   * @throws UnauthorisedException if there is no refresh token, or it is not good any more; the tokens are then cleared.
   * @throws TokenTheftDetectedException if the refresh token had been replaced; the session has then been revoked.
   * @throws DuplicateSessionCookiesClearedException, DuplicateSessionCookiesException (contract §2).
   */
  async refreshSession(request: HttpRequest, response: HttpResponse): Promise<SessionContainer> {
    this.transport.clearLeftovers(request, response);
    const received = this.transport.findRefreshToken(request, hasRefreshTokenForm);
    if (received === undefined) {
      throw new UnauthorisedException('The request has no refresh token');
    }
    const { token, transferMethod } = received;
    const attachment = { request, response, transferMethod };
    if (
      transferMethod === 'cookie' &&
      this.config.session.getAntiCsrfMode(request) === 'VIA_CUSTOM_HEADER' &&
      !this.transport.hasCustomHeader(request)
    ) {
      throw new UnauthorisedException("The request has no 'rid' header, which proves that the website made it");
    }
    const tokens = await this.refresh(token, this.usesAntiCsrfToken(attachment), this.readDevice(request));
    this.transport.clearOtherWay(attachment);
    return this.toContainer(tokens, attachment);
  }

  /**
   * Refreshes a session for a transport of the app's own. The container has the tokens.
   * @param disableAntiCsrf whether the session goes without an anti-CSRF token in the mode `VIA_TOKEN`. Default: `false`.
   * @throws as {@link refreshSession} does.
   */
  async refreshSessionWithoutRequestResponse(refreshToken: string, disableAntiCsrf = false): Promise<SessionContainer> {
    const withAntiCsrfToken = !disableAntiCsrf && this.config.session.getAntiCsrfMode(undefined) === 'VIA_TOKEN';
    return this.toContainer(await this.refresh(refreshToken, withAntiCsrfToken, UNKNOWN_DEVICE), undefined);
  }

  /** Ends a session. @returns whether it existed. */
  async revokeSession(sessionHandle: string): Promise<boolean> {
    return (await this.revokeMultipleSessions([sessionHandle])).length > 0;
  }

  /** Ends sessions. @returns the handles of those that existed. */
  async revokeMultipleSessions(sessionHandles: readonly string[]): Promise<string[]> {
    return this.storage.sessions.remove(sessionHandles);
  }

  /**
   * Ends the session of a request and takes its tokens from the client, also where the access token has expired: its signature
   * is enough to end it. No anti-CSRF token is asked for; the caller knows that the person wants it.
   * @returns whether there was such a session. Of a token whose signing key is gone nobody can tell.
   */
  async revokeSessionOfRequest(request: HttpRequest, response: HttpResponse): Promise<boolean> {
    const token = this.findAnyAccessToken(request);
    const handle = token === undefined ? undefined : await this.core.findHandleOfSigned(token);
    const isRevoked = handle !== undefined && (await this.revokeSession(handle));
    this.transport.clear(request, response);
    return isRevoked;
  }

  /** Ends all sessions of a user. @returns their handles. */
  async revokeAllSessionsForUser(userId: string): Promise<string[]> {
    return this.storage.sessions.removeAllForUser(userId);
  }

  /** Ends all sessions of a user but one, as a person does who is afraid of the others. @returns their handles. */
  async revokeOtherSessions(userId: string, exceptSessionHandle: string): Promise<string[]> {
    return this.storage.sessions.removeOthersForUser(userId, exceptSessionHandle);
  }

  /** A user's sessions and what they were last used with, those that were used last first. */
  async listSessions(userId: string): Promise<UserSession[]> {
    const sessions = await this.storage.sessions.listForUser(userId, this.config.clock.now());
    const { recordDevices } = this.config.session;
    // What was recorded before the option was turned off is nobody's to see either.
    return sessions.map((session) => toUserSession(session, recordDevices ? session.device : UNKNOWN_DEVICE));
  }

  /** The handles of a user's sessions, oldest first. */
  async getAllSessionHandlesForUser(userId: string): Promise<string[]> {
    return this.storage.sessions.listHandlesForUser(userId, this.config.clock.now());
  }

  /** What the database knows about a session. @returns undefined if there is no such session. */
  async getSessionInformation(sessionHandle: string): Promise<SessionInformation | undefined> {
    const session = await this.core.find(sessionHandle);
    return session === undefined ? undefined : toInformation(session);
  }

  /**
   * Merges claims into a session's access token payload; `null` removes one. The client sees it with the next refresh.
   * @returns whether the session exists.
   */
  async mergeIntoAccessTokenPayload(sessionHandle: string, update: JsonObject): Promise<boolean> {
    return (await this.core.mergeIntoPayload(sessionHandle, update)) !== undefined;
  }

  /** Replaces a session's data in the database. @returns whether the session exists. */
  async updateSessionDataInDatabase(sessionHandle: string, sessionData: JsonObject): Promise<boolean> {
    return this.storage.sessions.updateSessionData(sessionHandle, sessionData);
  }

  /** Fetches a claim's value and puts it into a session's payload. @returns whether the session exists. */
  async fetchAndSetClaim<Value extends JsonValue>(sessionHandle: string, claim: SessionClaim<Value>): Promise<boolean> {
    const session = await this.core.find(sessionHandle);
    if (session === undefined) {
      return false;
    }
    const update = await claim.build(this.getClaimFetchInput(session), this.config.clock.now());
    return this.mergeIntoAccessTokenPayload(sessionHandle, update);
  }

  /** Puts a claim's value into a session's payload. @returns whether the session exists. */
  async setClaimValue<Value extends JsonValue>(
    sessionHandle: string,
    claim: SessionClaim<Value>,
    value: Value,
  ): Promise<boolean> {
    return this.mergeIntoAccessTokenPayload(sessionHandle, claim.addToPayload({}, value, this.config.clock.now()));
  }

  /** A claim's value in a session's payload, as the database has it. */
  async getClaimValue<Value extends JsonValue>(
    sessionHandle: string,
    claim: SessionClaim<Value>,
  ): Promise<
    { readonly status: 'OK'; readonly value: Value | undefined } | { readonly status: 'SESSION_DOES_NOT_EXIST_ERROR' }
  > {
    const session = await this.core.find(sessionHandle);
    return session === undefined
      ? { status: 'SESSION_DOES_NOT_EXIST_ERROR' }
      : { status: 'OK', value: claim.getValueFromPayload(session.accessTokenPayload) };
  }

  /** Removes a claim from a session's payload. @returns whether the session exists. */
  async removeClaim<Value extends JsonValue>(sessionHandle: string, claim: SessionClaim<Value>): Promise<boolean> {
    return this.mergeIntoAccessTokenPayload(sessionHandle, claim.removeFromPayloadByMerge({}));
  }

  /**
   * Checks a session's claims as the database has them, after it has fetched those that are missing or too old.
   * @param validators default: the global ones.
   */
  async validateClaimsForSessionHandle(
    sessionHandle: string,
    validators: readonly SessionClaimValidator[] = this.config.session.globalClaimValidators,
  ): Promise<ValidateClaimsResult> {
    const session = await this.core.find(sessionHandle);
    if (session === undefined) {
      return { status: 'SESSION_DOES_NOT_EXIST_ERROR' };
    }
    const { invalidClaims, accessTokenPayloadUpdate } = await validateClaims({
      ...this.getClaimFetchInput(session),
      validators,
      now: this.config.clock.now(),
    });
    if (
      accessTokenPayloadUpdate !== undefined &&
      !(await this.mergeIntoAccessTokenPayload(sessionHandle, accessTokenPayloadUpdate))
    ) {
      return { status: 'SESSION_DOES_NOT_EXIST_ERROR' };
    }
    return { status: 'OK', invalidClaims };
  }

  /** The validators that every guarded route checks, unless it overrides them. */
  getGlobalClaimValidators(): readonly SessionClaimValidator[] {
    return this.config.session.globalClaimValidators;
  }

  /**
   * What a claim's value is fetched by.
   * @internal
   */
  getClaimFetchInput({
    userId,
    recipeUserId,
    tenantId,
    accessTokenPayload,
  }: Omit<ClaimFetchInput, 'getUser'>): ClaimFetchInput {
    return {
      userId,
      recipeUserId,
      tenantId,
      accessTokenPayload,
      getUser: () => this.storage.users.find(userId),
    };
  }

  private readDevice(request: HttpRequest): SessionDevice {
    return this.config.session.recordDevices ? readDevice(request) : UNKNOWN_DEVICE;
  }

  private async create(
    userId: string,
    payload: JsonObject,
    sessionData: JsonObject,
    { recipeUserId = userId, tenantId = PUBLIC_TENANT_ID }: CreateSessionOptions,
    withAntiCsrfToken: boolean,
    device: SessionDevice,
  ): Promise<SessionTokens> {
    let accessTokenPayload = withoutProtectedClaims(payload);
    for (const claim of this.config.session.claims) {
      const input = this.getClaimFetchInput({ userId, recipeUserId, tenantId, accessTokenPayload });
      accessTokenPayload = { ...accessTokenPayload, ...(await claim.build(input, this.config.clock.now())) };
    }
    return this.core.create({
      userId,
      recipeUserId,
      tenantId,
      accessTokenPayload,
      sessionData,
      withAntiCsrfToken,
      device,
    });
  }

  private async refresh(
    refreshToken: string,
    withAntiCsrfToken: boolean,
    device: SessionDevice,
  ): Promise<SessionTokens> {
    try {
      return await this.core.refresh(refreshToken, withAntiCsrfToken, device);
    } catch (error) {
      if (error instanceof TokenTheftDetectedException) {
        this.logger.warn(
          `A refresh token of the session ${error.sessionHandle} (user ${error.userId}) was used after it had been replaced, and the session was revoked.`,
        );
      }
      throw error;
    }
  }

  /** @returns undefined if there is none, or there are two that claim to be it. */
  private findAnyAccessToken(request: HttpRequest): UnverifiedAccessToken | undefined {
    try {
      return this.transport.findAccessToken(request, (token) => this.core.parse(token))?.token;
    } catch (error) {
      if (error instanceof TryRefreshTokenException) {
        return undefined;
      }
      throw error;
    }
  }

  private toContainer(tokens: SessionTokens, attachment: SessionAttachment | undefined): SessionContainer {
    if (attachment !== undefined && tokens.isAccessTokenNew) {
      this.transport.attach(attachment, tokens);
    }
    return new SessionContainer(this.dependencies, tokens, attachment);
  }

  private async assertRouteClaims(session: SessionContainer, options: VerifySessionOptions): Promise<void> {
    const { globalClaimValidators } = this.config.session;
    const validators =
      options.overrideGlobalClaimValidators === undefined
        ? globalClaimValidators
        : await options.overrideGlobalClaimValidators(globalClaimValidators, session);
    if (validators.length > 0) {
      await session.assertClaims(validators);
    }
  }

  /** A missing session clears nothing: a request that raced with a sign-in would sign the person out (contract §4). */
  private assertOptional({ sessionRequired = true }: VerifySessionOptions): void {
    if (sessionRequired) {
      throw new UnauthorisedException('The request has no session', { clearTokens: false });
    }
  }

  /** @returns the anti-CSRF token that the access token must name, or false if there is nothing to check in it. */
  private checkAntiCsrf(
    request: HttpRequest,
    transferMethod: SessionAttachment['transferMethod'],
    wished: boolean | undefined,
  ): string | undefined | false {
    if (!this.transport.needsAntiCsrfCheck(request, transferMethod, wished)) {
      return false;
    }
    const mode = this.config.session.getAntiCsrfMode(request);
    if (mode === 'VIA_CUSTOM_HEADER' && !this.transport.hasCustomHeader(request)) {
      throw new TryRefreshTokenException("The request has no 'rid' header, which proves that the website made it");
    }
    return mode === 'VIA_TOKEN' && this.transport.getAntiCsrfToken(request);
  }

  private usesAntiCsrfToken({ request, transferMethod }: SessionAttachment): boolean {
    return transferMethod === 'cookie' && this.config.session.getAntiCsrfMode(request) === 'VIA_TOKEN';
  }
}

function toUserSession(session: SessionRecord, { userAgent, ipAddress }: SessionDevice): UserSession {
  return {
    sessionHandle: session.handle,
    recipeUserId: session.recipeUserId,
    timeCreated: session.createdAt,
    lastSeen: session.confirmedAt,
    expiry: session.expiresAt,
    ipAddress: ipAddress ?? undefined,
    userAgent: userAgent ?? undefined,
    device: nameDevice(userAgent),
  };
}

function toInformation(session: SessionRecord): SessionInformation {
  return {
    sessionHandle: session.handle,
    userId: session.userId,
    recipeUserId: session.recipeUserId,
    tenantId: session.tenantId,
    sessionDataInDatabase: session.sessionData,
    customClaimsInAccessTokenPayload: session.accessTokenPayload,
    timeCreated: session.createdAt,
    expiry: session.expiresAt,
  };
}
