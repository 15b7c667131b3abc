import { askSignInHook, askSignUpHook } from './email-password.hooks.js';

const request = { headers: {} };
const signUp = { email: 'ada@example.com', formFields: [], request };
const signIn = { email: 'ada@example.com', request };

/** A hook of an app that is not written in TypeScript. */
function untyped(answer: unknown): () => never {
  return () => answer as never;
}

describe('beforeSignUp and beforeSignIn', () => {
  it('let everybody pass where there are none', async () => {
    await expect(askSignUpHook(undefined, signUp)).resolves.toBeUndefined();
    await expect(askSignInHook(undefined, signIn)).resolves.toBeUndefined();
  });

  it('let pass by answering undefined, now or later', async () => {
    await expect(askSignUpHook(() => undefined, signUp)).resolves.toBeUndefined();
    await expect(askSignInHook(() => Promise.resolve(undefined), signIn)).resolves.toBeUndefined();
  });

  it('answer with no more than the contract has', async () => {
    const more = { secret: 'x' };
    await expect(
      askSignUpHook(() => ({ status: 'SIGN_UP_NOT_ALLOWED', reason: 'Closed', ...more }), signUp),
    ).resolves.toStrictEqual({ status: 'SIGN_UP_NOT_ALLOWED', reason: 'Closed' });
    await expect(
      askSignInHook(() => ({ status: 'SIGN_IN_NOT_ALLOWED', reason: 'Locked', ...more }), signIn),
    ).resolves.toStrictEqual({ status: 'SIGN_IN_NOT_ALLOWED', reason: 'Locked' });
    await expect(
      askSignInHook(() => ({ status: 'GENERAL_ERROR', message: 'Later', ...more }), signIn),
    ).resolves.toStrictEqual({ status: 'GENERAL_ERROR', message: 'Later' });
  });

  it.each<[unknown]>([
    [false],
    [null],
    [true],
    ['OK'],
    [{}],
    [{ status: 'OK' }],
    [{ status: 'SIGN_IN_NOT_ALLOWED', reason: 'Locked' }],
    [{ status: 'SIGN_UP_NOT_ALLOWED' }],
    [{ status: 'GENERAL_ERROR', message: 1 }],
  ])('let nobody pass by answering %j', async (answer) => {
    await expect(askSignUpHook(untyped(answer), signUp)).rejects.toThrow(
      "emailPassword.beforeSignUp must answer undefined, { status: 'SIGN_UP_NOT_ALLOWED', reason } or { status: 'GENERAL_ERROR', message }",
    );
  });
});
