import STGeneralError from 'supertokens-web-js/utils/error';

/** Says to a person why a request failed, and what they can do. */
export function failureMessage(failure: unknown): string {
  if (STGeneralError.isThisError(failure)) {
    return failure.message;
  }
  if (failure instanceof Response) {
    return failure.status === 429
      ? 'That was too often. Wait a little, and try again.'
      : `The server could not do that (${String(failure.status)}). Try again in a moment.`;
  }
  return 'The server cannot be reached. Check your connection, and try again.';
}
