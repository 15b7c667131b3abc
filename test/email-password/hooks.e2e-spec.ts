import type { AfterSignUpInput, BeforeSignInInput, BeforeSignUpInput, EmailPasswordOptions } from 'nestward';
import { GeneralErrorException, UserService } from 'nestward';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { CHEAP_HASHING, form, getSessionUserId, getUserId, post, type Answer } from './client.js';

describe('the hooks of email and password', () => {
  const signUpForm = form({
    email: ' Ada@example.com',
    password: 'passw0rd',
    name: 'Ada',
  });
  const signInForm = form({ email: ' Ada@example.com', password: 'passw0rd' });
  const hooks: Pick<EmailPasswordOptions, 'beforeSignUp' | 'beforeSignIn' | 'afterSignUp'> = {};
  let testApp: TestApp;

  beforeEach(async () => {
    hooks.beforeSignUp = undefined;
    hooks.beforeSignIn = undefined;
    hooks.afterSignUp = undefined;
    testApp = await startTestApp({
      auth: {
        emailPassword: {
          passwordHashing: CHEAP_HASHING,
          signUpFeature: { formFields: [{ id: 'name' }] },
          beforeSignUp: (input) => hooks.beforeSignUp?.(input),
          beforeSignIn: (input) => hooks.beforeSignIn?.(input),
          afterSignUp: (input) => hooks.afterSignUp?.(input),
        },
      },
    });
  });

  afterEach(async () => {
    await testApp.close();
  });

  function signUp(): Promise<Answer> {
    return post(`${testApp.url}/auth/signup`, signUpForm, { 'x-test': 'up' });
  }

  function signIn(): Promise<Answer> {
    return post(`${testApp.url}/auth/signin`, signInForm, { 'x-test': 'in' });
  }

  async function expectNobody(): Promise<void> {
    await expect(testApp.app.get(UserService).listUsersByEmail('ada@example.com')).resolves.toStrictEqual([]);
  }

  it('SIGN_UP_NOT_ALLOWED with the reason, and nobody is signed up', async () => {
    hooks.beforeSignUp = () => ({
      status: 'SIGN_UP_NOT_ALLOWED',
      reason: 'Come back tomorrow',
    });
    const answer = await signUp();
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      status: 'SIGN_UP_NOT_ALLOWED',
      reason: 'Come back tomorrow',
    });
    expect(answer.headers.get('front-token')).toBeNull();
    await expectNobody();
  });

  it('SIGN_IN_NOT_ALLOWED with the reason, and nobody is signed in', async () => {
    await signUp();
    hooks.beforeSignIn = () => Promise.resolve({ status: 'SIGN_IN_NOT_ALLOWED', reason: 'Locked' });
    const answer = await signIn();
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      status: 'SIGN_IN_NOT_ALLOWED',
      reason: 'Locked',
    });
    expect(answer.headers.get('front-token')).toBeNull();
  });

  it('GENERAL_ERROR with the message, at sign-up and at sign-in', async () => {
    const generalError = {
      status: 'GENERAL_ERROR',
      message: 'We are moving house',
    } as const;
    hooks.beforeSignUp = () => generalError;
    hooks.beforeSignIn = () => generalError;
    for (const answer of [await signUp(), await signIn()]) {
      expect(answer.status).toBe(200);
      expect(answer.body).toStrictEqual(generalError);
    }
    await expectNobody();
  });

  it('GENERAL_ERROR of an exception that says so', async () => {
    hooks.beforeSignUp = () => {
      throw new GeneralErrorException('We are moving house');
    };
    const answer = await signUp();
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      status: 'GENERAL_ERROR',
      message: 'We are moving house',
    });
    await expectNobody();
  });

  it('an exception of any other kind goes to the filters of the app, and nobody is signed up', async () => {
    testApp.app.useLogger(false);
    hooks.beforeSignUp = () => {
      throw new Error('broken');
    };
    expect((await signUp()).status).toBe(500);
    await expectNobody();
  });

  it('beforeSignUp is told what is asked, but never the password, and only of a good form', async () => {
    const inputs: BeforeSignUpInput[] = [];
    hooks.beforeSignUp = (input) => void inputs.push(input);
    await post(`${testApp.url}/auth/signup`, form({ email: 'ada@example.com', password: 'short', name: 'Ada' }));
    expect(inputs).toHaveLength(0);
    expect((await signUp()).body).toMatchObject({ status: 'OK' });
    expect(inputs).toHaveLength(1);
    expect(inputs[0]?.email).toBe('Ada@example.com');
    expect(inputs[0]?.request.headers['x-test']).toBe('up');
    expect(inputs[0]?.formFields).toStrictEqual([
      { id: 'name', value: 'Ada' },
      { id: 'email', value: 'Ada@example.com' },
    ]);
  });

  it('beforeSignIn is told who asks, before the password is checked', async () => {
    const inputs: BeforeSignInInput[] = [];
    hooks.beforeSignIn = (input) => void inputs.push(input);
    expect((await signIn()).body).toStrictEqual({
      status: 'WRONG_CREDENTIALS_ERROR',
    });
    expect(inputs).toHaveLength(1);
    expect(Object.keys(inputs[0] ?? {})).toStrictEqual(['email', 'request']);
    expect(inputs[0]?.email).toBe('Ada@example.com');
    expect(inputs[0]?.request.headers['x-test']).toBe('in');
  });

  it('afterSignUp is told who signed up, and what it puts into the session reaches the client', async () => {
    const inputs: AfterSignUpInput[] = [];
    hooks.afterSignUp = async (input) => {
      inputs.push(input);
      await input.session.mergeIntoAccessTokenPayload({ greeted: true });
    };
    const answer = await signUp();
    const userId = getUserId(answer);
    expect(inputs).toHaveLength(1);
    expect(inputs[0]?.user.id).toBe(userId);
    expect(inputs[0]?.session.getUserId()).toBe(userId);
    expect(inputs[0]?.formFields).toStrictEqual([
      { id: 'name', value: 'Ada' },
      { id: 'email', value: 'Ada@example.com' },
    ]);
    expect(getSessionUserId(answer)).toBe(userId);
    const frontToken = Buffer.from(answer.headers.get('front-token') ?? '', 'base64').toString();
    expect(JSON.parse(frontToken)).toMatchObject({ up: { greeted: true } });
  });

  it('afterSignUp is not run for a taken email, nor at sign-in', async () => {
    await signUp();
    let calls = 0;
    hooks.afterSignUp = () => void (calls += 1);
    expect((await signUp()).body).toMatchObject({ status: 'FIELD_ERROR' });
    expect((await signIn()).body).toMatchObject({ status: 'OK' });
    expect(calls).toBe(0);
  });

  it('afterSignUp that fails leaves an account that can sign in', async () => {
    testApp.app.useLogger(false);
    hooks.afterSignUp = () => Promise.reject(new Error('broken'));
    expect((await signUp()).status).toBe(500);
    expect((await signIn()).body).toMatchObject({ status: 'OK' });
  });
});
