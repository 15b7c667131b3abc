import { AuthException } from '../http/auth.exception.js';
import type { ClaimValidationError } from './claims/session-claim-validator.js';

/** Whether an answer that ends a session also takes the tokens from the client. */
export interface ClearTokensOption {
  readonly clearTokens: boolean;
}

/** There is no session: 401 `{"message":"unauthorised"}` (contract §4). */
export class UnauthorisedException extends AuthException {
  readonly statusCode = 401;
  /** Whether the client's tokens are cleared with the answer. */
  readonly clearTokens: boolean;

  /**
   * @param message for the log; the client sees only `unauthorised`.
   * @param options.clearTokens default `true`, as in SuperTokens.
   */
  constructor(message: string, options: ClearTokensOption = { clearTokens: true }) {
    super(message);
    this.clearTokens = options.clearTokens;
  }
}

/** The access token is not good, but the session may be: 401 `{"message":"try refresh token"}`, nothing is cleared. */
export class TryRefreshTokenException extends AuthException {
  readonly statusCode = 401;
}

/**
 * A refresh token that had been replaced was used again outside the grace: somebody else has it. The session has been
 * revoked; 401 `{"message":"token theft detected"}`, and the tokens are cleared (contract §4, RFC 9700 §4.14.2).
 */
export class TokenTheftDetectedException extends AuthException {
  readonly statusCode = 401;

  constructor(
    readonly sessionHandle: string,
    readonly userId: string,
    readonly recipeUserId: string,
  ) {
    super('A refresh token was used after it had been replaced, and the session was revoked');
  }
}

/** The session is good, but a claim is not what the route asks for: 403 with the claims that failed (contract §4). */
export class InvalidClaimException extends AuthException {
  readonly statusCode = 403;

  constructor(readonly claimValidationErrors: readonly ClaimValidationError[]) {
    super(`Invalid claims: ${claimValidationErrors.map(({ id }) => id).join(', ')}`);
  }
}

/**
 * The request had two session cookies of one name, and the one of `session.olderCookieDomain` has been cleared: 200, and
 * the session is left for the next refresh (contract §2).
 */
export class DuplicateSessionCookiesClearedException extends AuthException {
  readonly statusCode = 200;
}

/**
 * The request has two session cookies of one name, and nothing says which one is stale: 500 with a message that says what
 * to configure (contract §2).
 */
export class DuplicateSessionCookiesException extends AuthException {
  readonly statusCode = 500;

  constructor() {
    super(
      'The request has two session cookies of the same name, as after a change of session.cookieDomain: ' +
        'set session.olderCookieDomain to the domain that was used before, and the stale cookie is cleared.',
    );
  }
}
