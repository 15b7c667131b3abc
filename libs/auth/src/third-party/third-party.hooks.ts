import { isJsonObject } from '../config/json.js';
import type { GeneralErrorResult } from '../email-password/email-password.options.js';
import type { BeforeSignInUpHook, BeforeSignInUpInput, SignInUpNotAllowedResult } from './third-party.options.js';

/**
 * Asks the app whether a person may sign in or up.
 * @returns `undefined` for a yes, else what is answered to the client. Nothing but `undefined` is a yes: a hook that answers
 * `false` by mistake must not let anybody in.
 * @throws TypeError if the hook answers anything else.
 */
export async function askSignInUpHook(
  hook: BeforeSignInUpHook | undefined,
  input: BeforeSignInUpInput,
): Promise<GeneralErrorResult | SignInUpNotAllowedResult | undefined> {
  const answer: unknown = await hook?.(input);
  if (answer === undefined) {
    return undefined;
  }
  if (isJsonObject(answer)) {
    const { status, message, reason } = answer;
    if (status === 'GENERAL_ERROR' && typeof message === 'string') {
      return { status, message };
    }
    if (status === 'SIGN_IN_UP_NOT_ALLOWED' && typeof reason === 'string') {
      return { status, reason };
    }
  }
  throw new TypeError(
    "thirdParty.beforeSignInUp must answer undefined, { status: 'SIGN_IN_UP_NOT_ALLOWED', reason } or { status: 'GENERAL_ERROR', message }",
  );
}
