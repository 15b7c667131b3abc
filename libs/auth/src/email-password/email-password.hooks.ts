import { isJsonObject } from '../config/json.js';
import type {
  BeforeSignInHook,
  BeforeSignInInput,
  BeforeSignUpHook,
  BeforeSignUpInput,
  GeneralErrorResult,
  SignInNotAllowedResult,
  SignUpNotAllowedResult,
} from './email-password.options.js';

/**
 * Asks the app whether a person may sign up.
 * @returns `undefined` for a yes, else what is answered to the client.
 * @throws TypeError if the hook answers anything else.
 */
export async function askSignUpHook(
  hook: BeforeSignUpHook | undefined,
  input: BeforeSignUpInput,
): Promise<GeneralErrorResult | SignUpNotAllowedResult | undefined> {
  const answer: unknown = await hook?.(input);
  return readRefusal(answer, 'SIGN_UP_NOT_ALLOWED', 'emailPassword.beforeSignUp');
}

/**
 * Asks the app whether a person may sign in.
 * @returns `undefined` for a yes, else what is answered to the client.
 * @throws TypeError if the hook answers anything else.
 */
export async function askSignInHook(
  hook: BeforeSignInHook | undefined,
  input: BeforeSignInInput,
): Promise<GeneralErrorResult | SignInNotAllowedResult | undefined> {
  const answer: unknown = await hook?.(input);
  return readRefusal(answer, 'SIGN_IN_NOT_ALLOWED', 'emailPassword.beforeSignIn');
}

/** Takes nothing but `undefined` for a yes: a hook that answers `false` by mistake must not let anybody in. */
function readRefusal<Status extends string>(
  answer: unknown,
  notAllowed: Status,
  hook: string,
): GeneralErrorResult | { readonly status: Status; readonly reason: string } | undefined {
  if (answer === undefined) {
    return undefined;
  }
  if (isJsonObject(answer)) {
    const { status, message, reason } = answer;
    if (status === 'GENERAL_ERROR' && typeof message === 'string') {
      return { status, message };
    }
    if (status === notAllowed && typeof reason === 'string') {
      return { status: notAllowed, reason };
    }
  }
  throw new TypeError(
    `${hook} must answer undefined, { status: '${notAllowed}', reason } or { status: 'GENERAL_ERROR', message }`,
  );
}
