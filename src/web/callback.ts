import { signInAndUp } from 'supertokens-web-js/recipe/thirdparty';
import { startAuthClient } from './auth-client.js';
import { element } from './element.js';
import { failureMessage } from './failure-message.js';
import { redirectErrorMessage } from './social.js';

/** Signs in with what the provider gave to this page. @returns why it did not work, or undefined if it did. */
async function finish(): Promise<string | undefined> {
  const error = new URLSearchParams(location.search).get('error');
  if (error !== null) {
    return redirectErrorMessage(error);
  }
  try {
    const answer = await signInAndUp();
    switch (answer.status) {
      case 'OK':
        return undefined;
      case 'NO_EMAIL_GIVEN_BY_PROVIDER':
        return redirectErrorMessage('no_email_given_by_provider');
      case 'SIGN_IN_UP_NOT_ALLOWED':
        return answer.reason;
    }
  } catch (failure) {
    // The SDK throws a plain error where the state is not the one that this tab began with.
    const isStateError =
      failure instanceof Error && !('isSuperTokensGeneralError' in failure) && /\bstate\b/i.test(failure.message);
    return isStateError ? redirectErrorMessage('invalid_state') : failureMessage(failure);
  }
}

startAuthClient();
void finish().then((problem) => {
  if (problem === undefined) {
    location.replace('/');
    return;
  }
  document.title = 'Not signed in · Nestward demo';
  element('heading', HTMLElement).textContent = 'You are not signed in';
  element('failure', HTMLElement).hidden = false;
  element('alert', HTMLElement).textContent = problem;
});
