import {
  EmailPasswordService,
  OutboxService,
  PasswordResetService,
  SessionService,
  ThirdPartyService,
  UserService,
} from 'nestward';
import { CHEAP_HASHING, form, getSessionUserId, getUserId, post, type Answer } from '../email-password/client.js';
import { startTestApp, type TestApp, type TestAppOptions } from '../support/create-app.js';
import { MailServer, tokenOf } from './mail-server.js';

const HOUR = 3600;
const [OLD, NEW] = ['old-passw0rd', 'new-passw0rd'];
const INVALID = { status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR' };

describe('resetting a forgotten password', () => {
  let mailServer: MailServer;
  let testApp: TestApp;
  let emails = 0;

  beforeAll(async () => {
    mailServer = await MailServer.start();
    testApp = await start();
  });

  afterAll(async () => {
    await testApp.close();
    await mailServer.stop();
  });

  function start(auth: NonNullable<TestAppOptions['auth']> = {}): Promise<TestApp> {
    const emailPassword = { passwordHashing: CHEAP_HASHING, ...auth.emailPassword };
    return startTestApp({ auth: { email: mailServer.delivery, ...auth, emailPassword } });
  }

  const newEmail = (): string => `Person-${String(++emails)}@Example.com`;
  const url = (path: string, app = testApp): string => `${app.url}/auth${path}`;
  const ask = (email: unknown, app = testApp): Promise<Answer> =>
    post(url('/user/password/reset/token', app), form({ email }));
  const reset = (token: unknown, password: unknown = NEW, app = testApp): Promise<Answer> =>
    post(url('/user/password/reset', app), { method: 'token', token, ...form({ password }) });
  const signUp = (email: string, app = testApp): Promise<Answer> =>
    post(url('/signup', app), form({ email, password: OLD }));
  const signIn = async (email: string, password: string, app = testApp): Promise<unknown> => {
    const { body } = await post(url('/signin', app), form({ email, password }));
    return (body as { status: unknown }).status;
  };

  /** Waits until what is in the outbox has been sent. */
  const deliverAll = (app = testApp): Promise<void> => app.app.get(OutboxService).deliverDue();

  async function receiveToken(email: string, app = testApp): Promise<string> {
    const before = mailServer.mailsTo(email, 'Reset').length;
    expect((await ask(email, app)).body).toEqual({ status: 'OK' });
    return tokenOf(await mailServer.waitForMail(email, 'Reset', before + 1));
  }

  it('goes from the mail to the new password', async () => {
    const email = newEmail();
    const signedUp = await signUp(email);
    expect((await ask(` ${email.toUpperCase()} `)).body).toEqual({ status: 'OK' });
    const mail = await mailServer.waitForMail(email);
    expect(mail).toMatchObject({
      to: email.toLowerCase(),
      from: '"Acme" <no-reply@acme.com>',
      subject: 'Reset your password for Test',
    });
    expect(mail.text).toContain('1 hour');
    expect(mail.html).toContain(mail.link.href.replaceAll('&', '&amp;'));
    expect(`${mail.link.origin}${mail.link.pathname}`).toBe('http://localhost:3000/auth/reset-password');
    expect([...mail.link.searchParams.keys()]).toEqual(['token', 'tenantId']);
    expect(mail.link.searchParams.get('tenantId')).toBe('public');

    const answer = await reset(tokenOf(mail));
    expect(answer).toMatchObject({ status: 200, body: { status: 'OK' } });
    expect(getSessionUserId(answer)).toBeUndefined();
    expect(await signIn(email, OLD)).toBe('WRONG_CREDENTIALS_ERROR');
    expect(await signIn(email, NEW)).toBe('OK');
    const user = await testApp.app.get(UserService).getUser(getUserId(signedUp));
    expect(user?.loginMethods[0]?.verified).toBe(true);

    const notice = await mailServer.waitForMail(email, 'changed');
    expect(notice).toMatchObject({ to: email.toLowerCase(), subject: 'Your password for Test was changed' });
    expect(notice.link.href).toBe('http://localhost:3000/auth/reset-password');
  });

  it('ends all sessions of the user, and nobody else’s', async () => {
    const [email, other] = [newEmail(), newEmail()];
    const userId = getUserId(await signUp(email));
    const otherId = getUserId(await signUp(other));
    const sessions = testApp.app.get(SessionService);
    expect(await sessions.getAllSessionHandlesForUser(userId)).toHaveLength(1);
    await reset(await receiveToken(email));
    expect(await sessions.getAllSessionHandlesForUser(userId)).toEqual([]);
    expect(await sessions.getAllSessionHandlesForUser(otherId)).toHaveLength(1);
  });

  it('answers the same for an email without an account, and sends nothing', async () => {
    const [known, unknown] = [newEmail(), newEmail()];
    await signUp(known);
    const answers = [await ask(known), await ask(unknown)];
    await deliverAll();
    const comparable = answers.map(({ status, body, headers }) => ({ status, body, headers: [...headers.keys()] }));
    expect(comparable[1]).toEqual(comparable[0]);
    expect(mailServer.mailsTo(known)).toHaveLength(1);
    expect(mailServer.mailsTo(unknown)).toEqual([]);
  });

  it('sends nothing to whoever only has social sign-in', async () => {
    const email = newEmail();
    await testApp.app.get(ThirdPartyService).manuallyCreateOrUpdateUser({
      thirdPartyId: 'google',
      thirdPartyUserId: email,
      email,
      isVerified: true,
    });
    expect((await ask(email)).body).toEqual({ status: 'OK' });
    await deliverAll();
    expect(mailServer.mailsTo(email)).toEqual([]);
  });

  it('works once, also of many at the same instant', async () => {
    const email = newEmail();
    await signUp(email);
    const token = await receiveToken(email);
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, index) => reset(token, `passw0rd-${String(index)}`)),
    );
    const won = answers.findIndex(({ body }) => (body as { status: string }).status === 'OK');
    expect(answers.filter((_, index) => index !== won).map(({ body }) => body)).toEqual(Array(4).fill(INVALID));
    expect(await signIn(email, `passw0rd-${String(won)}`)).toBe('OK');
    expect((await reset(token)).body).toEqual(INVALID);
  });

  it('makes the user’s other links worthless', async () => {
    const email = newEmail();
    await signUp(email);
    const [first, second] = [await receiveToken(email), await receiveToken(email)];
    expect((await reset(second)).body).toEqual({ status: 'OK' });
    expect((await reset(first, 'other-passw0rd')).body).toEqual(INVALID);
    expect(await signIn(email, NEW)).toBe('OK');
  });

  it('ends after an hour', async () => {
    const email = newEmail();
    await signUp(email);
    const [first, second] = [await receiveToken(email), await receiveToken(email)];
    testApp.clock.advanceSeconds(HOUR - 1);
    expect((await reset(first)).body).toEqual({ status: 'OK' });
    expect((await reset(second)).body).toEqual(INVALID);
    const third = await receiveToken(email);
    testApp.clock.advanceSeconds(HOUR);
    expect((await reset(third, OLD)).body).toEqual(INVALID);
    expect(await signIn(email, NEW)).toBe('OK');
  });

  it('does not work for an account that has another address by then', async () => {
    const email = newEmail();
    const recipeUserId = getUserId(await signUp(email));
    const token = await receiveToken(email);
    await testApp.app.get(EmailPasswordService).updateEmailOrPassword({ recipeUserId, email: newEmail() });
    expect((await reset(token)).body).toEqual(INVALID);
  });

  it('does not use a token up for a password that is refused', async () => {
    const email = newEmail();
    await signUp(email);
    const token = await receiveToken(email);
    expect((await reset(token, 'short')).body).toEqual({
      status: 'FIELD_ERROR',
      formFields: [{ id: 'password', error: 'Password must contain at least 8 characters, including a number' }],
    });
    expect((await reset(token, '')).body).toEqual({
      status: 'FIELD_ERROR',
      formFields: [{ id: 'password', error: 'Field is not optional' }],
    });
    expect((await reset(token)).body).toEqual({ status: 'OK' });
  });

  it.each(['', 'x', 'A'.repeat(43), 'A'.repeat(10_000), '\u0000', '🐘'.repeat(43)])(
    'knows no token like %j',
    async (token) => {
      expect((await reset(token)).body).toEqual(INVALID);
    },
  );

  it('refuses what it cannot understand', async () => {
    const token = 'A'.repeat(43);
    const password = form({ password: NEW });
    for (const body of [
      {},
      [],
      { token, ...password },
      { method: 'token', ...password },
      { method: 'otp', token, ...password },
    ]) {
      expect((await post(url('/user/password/reset'), body)).status).toBe(400);
    }
    expect((await reset(1)).status).toBe(400);
    expect((await reset(token, 1)).status).toBe(400);
    expect((await post(url('/user/password/reset'), { method: 'token', token })).status).toBe(400);
    expect((await post(url('/user/password/reset/token'), {})).status).toBe(400);
    expect((await ask(1)).status).toBe(400);
    expect((await post(url('/user/password/reset/token'), 'email=a', { 'content-type': 'text/plain' })).status).toBe(
      400,
    );
    expect((await ask('nonsense')).body).toEqual({
      status: 'FIELD_ERROR',
      formFields: [{ id: 'email', error: 'Email is invalid' }],
    });
  });

  it('is there below the tenant too', async () => {
    const email = newEmail();
    await signUp(email);
    expect((await post(url('/public/user/password/reset/token'), form({ email }))).body).toEqual({ status: 'OK' });
    const token = tokenOf(await mailServer.waitForMail(email));
    const body = { method: 'token', token, ...form({ password: NEW }) };
    expect((await post(url('/other/user/password/reset'), body)).status).toBe(400);
    expect((await post(url('/public/user/password/reset'), body)).body).toEqual({ status: 'OK' });
  });

  it('can leave the sessions, last longer, and be turned off', async () => {
    const patient = await start({
      emailPassword: { passwordReset: { tokenLifetime: 3 * HOUR, revokeSessions: false } },
    });
    const email = newEmail();
    const userId = getUserId(await signUp(email, patient));
    const token = await receiveToken(email, patient);
    patient.clock.advanceSeconds(3 * HOUR - 1);
    expect((await reset(token, NEW, patient)).body).toEqual({ status: 'OK' });
    expect(await patient.app.get(SessionService).getAllSessionHandlesForUser(userId)).toHaveLength(1);
    await patient.close();

    const without = await start({ emailPassword: { passwordReset: false } });
    expect((await ask(email, without)).status).toBe(404);
    expect((await reset(token, NEW, without)).status).toBe(404);
    await without.close();
  });

  it('has functions for an app that sends its own messages', async () => {
    const email = newEmail();
    const recipeUserId = getUserId(await signUp(email));
    const service = testApp.app.get(PasswordResetService);
    const created = await service.createToken(recipeUserId);
    const token = created.status === 'OK' ? created.token : '';
    expect(await service.resetPassword(token, 'short')).toMatchObject({ status: 'PASSWORD_POLICY_VIOLATED_ERROR' });
    expect(await service.resetPassword(token, NEW)).toEqual({
      status: 'OK',
      userId: recipeUserId,
      recipeUserId,
      email: email.toLowerCase(),
    });
    expect(await service.resetPassword(token, NEW)).toEqual(INVALID);
    expect(await service.createToken('nobody')).toEqual({ status: 'UNKNOWN_USER_ID_ERROR' });
    await expect(service.requestPasswordReset('')).resolves.toBeUndefined();
  });

  it('tells the owner of an account that somebody tried to sign up with its email', async () => {
    const email = newEmail();
    await signUp(email);
    expect((await signUp(email)).body).toMatchObject({ status: 'FIELD_ERROR' });
    const mail = await mailServer.waitForMail(email);
    expect(mail).toMatchObject({ to: email.toLowerCase(), subject: 'You have an account at Test already' });
    expect(mail.link.href).toBe('http://localhost:3000/auth');
  });
});
