import type { JsonObject, JsonValue } from '../config/json.js';
import type { Clock } from '../config/clock.js';
import { validateClaims } from './claims/claim-validation.js';
import type { ClaimFetchInput, SessionClaim } from './claims/session-claim.js';
import type { SessionClaimValidator } from './claims/session-claim-validator.js';
import type { SessionCore, SessionTokens } from './session-core.js';
import { InvalidClaimException, UnauthorisedException } from './session.exceptions.js';
import type { SessionInformation, SessionService } from './session.service.js';
import { createFrontToken, type SessionAttachment, type SessionTransport } from './session-transport.js';

/** A session's tokens as strings. Whoever holds them is the user: keep them out of logs. */
export interface AllSessionTokens {
  readonly accessToken: string;
  /** Only after a creation or a refresh. */
  readonly refreshToken: string | undefined;
  readonly frontToken: string;
  readonly antiCsrfToken: string | undefined;
  /** Whether the client holds other access and front tokens, so that it must be told about these. */
  readonly accessAndFrontTokenUpdated: boolean;
}

/** What a {@link SessionContainer} works with. */
export interface SessionContainerDependencies {
  readonly service: SessionService;
  readonly core: SessionCore;
  readonly transport: SessionTransport;
  readonly clock: Clock;
}

/**
 * A verified session: what `@Session()` hands to a handler. What it changes takes effect in the database, in the access
 * token, and in the headers of the response, at once.
 */
export class SessionContainer {
  /** @internal Use `SessionService` to get a session. */
  constructor(
    private readonly dependencies: SessionContainerDependencies,
    private tokens: SessionTokens,
    private readonly attachment: SessionAttachment | undefined,
  ) {}

  getUserId(): string {
    return this.tokens.claims.sub;
  }

  /** The id of the login method that the session was created with. */
  getRecipeUserId(): string {
    return this.tokens.claims.rsub;
  }

  getTenantId(): string {
    return this.tokens.claims.tId;
  }

  getHandle(): string {
    return this.tokens.claims.sessionHandle;
  }

  getAccessToken(): string {
    return this.tokens.accessToken;
  }

  /**
   * All claims of the access token: the app's own, and the ones that the library writes (contract §4).
   * @returns a copy, which the caller may change: the claims of a verified token serve other requests as well.
   */
  getAccessTokenPayload(): JsonObject {
    return structuredClone<JsonObject>(this.tokens.claims);
  }

  /** The tokens themselves, for a transport of the app's own. Whoever holds them is the user. */
  getAllSessionTokensDangerously(): AllSessionTokens {
    const { accessToken, refresh, claims, isAccessTokenNew } = this.tokens;
    return {
      accessToken,
      refreshToken: refresh?.token,
      frontToken: createFrontToken(this.tokens),
      antiCsrfToken: claims.antiCsrfToken,
      accessAndFrontTokenUpdated: isAccessTokenNew,
    };
  }

  /** @throws UnauthorisedException if the session does not exist any more. */
  async getSessionDataFromDatabase(): Promise<JsonObject> {
    return (await this.getInformation()).sessionDataInDatabase;
  }

  /**
   * Replaces the session data.
   * @throws UnauthorisedException if the session does not exist any more.
   */
  async updateSessionDataInDatabase(sessionData: JsonObject): Promise<void> {
    if (!(await this.dependencies.service.updateSessionDataInDatabase(this.getHandle(), sessionData))) {
      throw sessionIsGone();
    }
  }

  /** When the session was created, in milliseconds since the Unix epoch. */
  async getTimeCreated(): Promise<number> {
    return (await this.getInformation()).timeCreated;
  }

  /** When the session ends without another refresh, in milliseconds since the Unix epoch. */
  async getExpiry(): Promise<number> {
    return (await this.getInformation()).expiry;
  }

  /**
   * Merges claims into the access token payload, one level deep; `null` removes one. Protected names are dropped
   * (contract §4).
   *
   * @throws UnauthorisedException if the session does not exist any more.
   */
  async mergeIntoAccessTokenPayload(update: JsonObject): Promise<void> {
    const { core } = this.dependencies;
    const payload = await core.mergeIntoPayload(this.getHandle(), update);
    if (payload === undefined) {
      throw sessionIsGone();
    }
    this.tokens = { ...(await core.reissue(this.tokens.claims, payload)), refresh: this.tokens.refresh };
    if (this.attachment !== undefined) {
      this.dependencies.transport.attach(this.attachment, this.tokens);
    }
  }

  /** Ends the session, and takes the tokens from the client. */
  async revokeSession(): Promise<void> {
    await this.dependencies.service.revokeSession(this.getHandle());
    if (this.attachment !== undefined) {
      this.dependencies.transport.clear(this.attachment.request, this.attachment.response);
    }
  }

  /**
   * Checks claims, after it has fetched those that are missing or too old.
   * @throws InvalidClaimException with those that fail.
   */
  async assertClaims(validators: readonly SessionClaimValidator[]): Promise<void> {
    if (validators.length === 0) {
      return;
    }
    const { invalidClaims, accessTokenPayloadUpdate } = await validateClaims({
      ...this.getClaimFetchInput(),
      validators,
      now: this.dependencies.clock.now(),
    });
    if (accessTokenPayloadUpdate !== undefined) {
      await this.mergeIntoAccessTokenPayload(accessTokenPayloadUpdate);
    }
    if (invalidClaims.length > 0) {
      throw new InvalidClaimException(invalidClaims);
    }
  }

  /** Fetches a claim's value and puts it into the payload. */
  async fetchAndSetClaim<Value extends JsonValue>(claim: SessionClaim<Value>): Promise<void> {
    await this.mergeIntoAccessTokenPayload(await claim.build(this.getClaimFetchInput(), this.dependencies.clock.now()));
  }

  async setClaimValue<Value extends JsonValue>(claim: SessionClaim<Value>, value: Value): Promise<void> {
    await this.mergeIntoAccessTokenPayload(claim.addToPayload({}, value, this.dependencies.clock.now()));
  }

  getClaimValue<Value extends JsonValue>(claim: SessionClaim<Value>): Value | undefined {
    return claim.getValueFromPayload(this.tokens.claims);
  }

  async removeClaim<Value extends JsonValue>(claim: SessionClaim<Value>): Promise<void> {
    await this.mergeIntoAccessTokenPayload(claim.removeFromPayloadByMerge({}));
  }

  private getClaimFetchInput(): ClaimFetchInput {
    const { sub: userId, rsub: recipeUserId, tId: tenantId } = this.tokens.claims;
    const accessTokenPayload = this.getAccessTokenPayload();
    return this.dependencies.service.getClaimFetchInput({ userId, recipeUserId, tenantId, accessTokenPayload });
  }

  private async getInformation(): Promise<SessionInformation> {
    const information = await this.dependencies.service.getSessionInformation(this.getHandle());
    if (information === undefined) {
      throw sessionIsGone();
    }
    return information;
  }
}

function sessionIsGone(): UnauthorisedException {
  return new UnauthorisedException('The session does not exist any more');
}
