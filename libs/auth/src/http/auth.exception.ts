/**
 * The base of the exceptions that the library throws while it serves a request. The module's exception filter turns each
 * into the contract's answer; every other exception passes on to the app's own filters.
 */
export abstract class AuthException extends Error {
  /** The HTTP status of the answer, where the configuration does not say otherwise. */
  abstract readonly statusCode: number;

  override get name(): string {
    return this.constructor.name;
  }
}

/** A request that cannot be understood. Answered with 400 and `{"message"}`. */
export class BadInputException extends AuthException {
  readonly statusCode = 400;
}

/**
 * Shows a message to the person: answered with 200 and `{"status":"GENERAL_ERROR","message"}` (contract §5). Hooks of the
 * app throw it, or answer the same as a result.
 */
export class GeneralErrorException extends AuthException {
  readonly statusCode = 200;
}
