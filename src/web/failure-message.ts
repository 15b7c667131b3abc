import { ApiError } from './api.js';

/**
 * Says to a person why a request failed, and what they can do. A `GENERAL_ERROR` of the server brings its own words; the SDK
 * throws it as an error that it marks, and other answers as they are.
 */
export function failureMessage(failure: unknown): string {
  if (failure instanceof Error && 'isSuperTokensGeneralError' in failure) {
    return failure.message;
  }
  if (failure instanceof Response || failure instanceof ApiError) {
    return failure.status === 429
      ? 'That was too often. Wait a little, and try again.'
      : `The server could not do that (${String(failure.status)}). Try again in a moment.`;
  }
  return 'The server cannot be reached. Check your connection, and try again.';
}
