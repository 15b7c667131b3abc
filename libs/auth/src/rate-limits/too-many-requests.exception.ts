import { AuthException } from '../http/auth.exception.js';

/**
 * A rate limit has been reached: 429 with `Retry-After` (RFC 6585 §4, RFC 9110 §10.2.3) and `{"message"}`. Nothing has been
 * done of what was asked for.
 */
export class TooManyRequestsException extends AuthException {
  readonly statusCode = 429;

  /** @param retryAfterSeconds after how many seconds it is worth trying again; a whole number, at least 1. */
  constructor(readonly retryAfterSeconds: number) {
    super(`Too many attempts. Please try again in ${describeDuration(retryAfterSeconds)}.`);
  }
}

function describeDuration(seconds: number): string {
  const [count, unit] = seconds < 60 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute'];
  return `${String(count)} ${unit}${count === 1 ? '' : 's'}`;
}
