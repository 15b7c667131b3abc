import { signInAndUp } from 'supertokens-web-js/recipe/thirdparty';
import { startAuthClient } from './auth-client.js';
import { readPageData, type ProviderMessage } from './page-data.js';

/** Signs in with what the provider gave to this page, and goes on; or says why it did not work. */
export async function finishSignIn(): Promise<void> {
  startAuthClient();
  const { home } = readPageData();
  const problem = await attempt();
  if (problem === undefined) {
    location.replace(home);
    return;
  }
  const heading = document.getElementById('heading');
  const failure = document.getElementById('failure');
  const message = document.getElementById('failure-message');
  if (heading === null || failure === null || message === null) {
    return;
  }
  heading.textContent = heading.dataset['failed'] ?? '';
  document.title = heading.textContent;
  message.textContent = problem;
  failure.hidden = false;
}

/** @returns why it did not work, or undefined if it did. */
async function attempt(): Promise<string | undefined> {
  const error = new URLSearchParams(location.search).get('error');
  if (error !== null) {
    return say(error === 'access_denied' ? 'accessDenied' : 'providerError');
  }
  try {
    const answer = await signInAndUp();
    switch (answer.status) {
      case 'OK':
        return undefined;
      case 'NO_EMAIL_GIVEN_BY_PROVIDER':
        return say('noEmail');
      case 'SIGN_IN_UP_NOT_ALLOWED':
        return translate(answer.reason);
    }
  } catch (failure) {
    return explain(failure);
  }
}

/** The SDK throws answers as they are, messages of the server as errors that it marks, and plain errors for the rest. */
function explain(failure: unknown): string {
  if (failure instanceof Error && 'isSuperTokensGeneralError' in failure) {
    return translate(failure.message);
  }
  if (failure instanceof Response) {
    return say('providerUnavailable');
  }
  // The state is not the one that this tab began with.
  const isStateError = failure instanceof Error && /\bstate\b/i.test(failure.message);
  return say(isStateError ? 'invalidState' : 'unreachable');
}

/** As the server does it for forms. */
function translate(message: string): string {
  return new Map(Object.entries(readPageData().translations ?? {})).get(message) ?? message;
}

function say(message: ProviderMessage): string {
  return readPageData().messages?.[message] ?? '';
}
