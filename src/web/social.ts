import { getAuthorisationURLWithQueryParamsAndSetState } from 'supertokens-web-js/recipe/thirdparty';

/** A provider that people can sign in with. */
export interface SocialProvider {
  id: string;
  name: string;
}

/** The providers that the server has. */
export async function getProviders(): Promise<SocialProvider[]> {
  const response = await fetch('/auth/loginmethods');
  const { thirdParty } = (await response.json()) as { thirdParty: { providers: SocialProvider[] } };
  return thirdParty.providers;
}

/** Leaves for a provider's page. The provider sends back to `/auth/callback/<id>`. */
export async function continueWith(id: string): Promise<void> {
  const url = await getAuthorisationURLWithQueryParamsAndSetState({
    thirdPartyId: id,
    frontendRedirectURI: `${location.origin}/auth/callback/${encodeURIComponent(id)}`,
  });
  location.assign(url);
}

const redirectErrors: Readonly<Record<string, string>> = {
  access_denied: 'You cancelled the sign-in. You can try again, or sign in with your email.',
  invalid_state: 'That sign-in took too long, or began in another browser. Please try again.',
  no_email_given_by_provider: 'Your account there has no email address that we may see. Please use another one.',
  provider_error: 'The provider did not confirm the sign-in. Please try again.',
  provider_unavailable: 'The provider cannot be reached right now. Please try again in a moment.',
  sign_in_up_not_allowed: 'You cannot sign in with this account.',
};

/** What to tell a person who comes back from a provider without a session; the empty string if there is nothing to tell. */
export function redirectErrorMessage(error: string | null): string {
  if (error === null) {
    return '';
  }
  return (
    (Object.hasOwn(redirectErrors, error) ? redirectErrors[error] : undefined) ??
    'The sign-in did not work. Please try again.'
  );
}
