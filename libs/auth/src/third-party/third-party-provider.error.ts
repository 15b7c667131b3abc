/**
 * Why a provider did not tell who a person is: `unavailable` where it cannot be reached, is too slow or fails itself;
 * `refused` where it says no, as to a code that was used before; `invalid-answer` where nobody can tell what it says;
 * `cancelled` where the person said no.
 */
export type ProviderFailure = 'unavailable' | 'refused' | 'invalid-answer' | 'cancelled';

/**
 * A provider did not tell who a person is. The endpoints answer with a sentence for the person; the message is for the log
 * and has no secret in it.
 */
export class ThirdPartyProviderError extends Error {
  override readonly name = 'ThirdPartyProviderError';

  constructor(
    readonly failure: ProviderFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
