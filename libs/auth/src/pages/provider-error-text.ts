import type { PageTexts } from './texts/page-texts.js';

/**
 * Says why a sign-in with a provider did not work, by the code in the address of the sign-in page. It is a code, because
 * anybody can make a link to that page.
 * @returns undefined if there is no code.
 */
export function getProviderErrorText({ providerErrors }: PageTexts, code: unknown): string | undefined {
  switch (code) {
    case undefined:
    case '':
      return undefined;
    case 'access_denied':
      return providerErrors.accessDenied;
    case 'invalid_state':
      return providerErrors.invalidState;
    case 'no_email_given_by_provider':
      return providerErrors.noEmail;
    case 'provider_unavailable':
      return providerErrors.providerUnavailable;
    case 'sign_in_up_not_allowed':
      return providerErrors.notAllowed;
    default:
      return providerErrors.providerError;
  }
}
