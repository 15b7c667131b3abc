import type { INestApplication } from '@nestjs/common';
import {
  EmailPasswordService,
  OutboxService,
  TooManyRequestsException,
  type EmailMessage,
  type RateLimitOptions,
} from 'nestward';
import { CHEAP_HASHING, form, getUserId, post, type Answer } from '../email-password/client.js';
import { startTestApp, type TestApp } from '../support/create-app.js';

const PASSWORD = 'passw0rd';

describe('rate limits of mail', () => {
  const messages: EmailMessage[] = [];
  let testApp: TestApp;
  let emails = 0;

  beforeAll(async () => {
    testApp = await start({});
  });

  afterAll(async () => {
    await testApp.close();
  });

  function start(rateLimits: RateLimitOptions): Promise<TestApp> {
    return startTestApp({
      auth: {
        email: {
          send: (message) => {
            messages.push(message);
            return Promise.resolve();
          },
        },
        emailPassword: { passwordHashing: CHEAP_HASHING },
        emailVerification: { mode: 'OPTIONAL' },
        rateLimits: { signUpPerAddress: false, signInPerAddress: false, ...rateLimits },
      },
      configure: (app: INestApplication) => {
        (app.getHttpAdapter().getInstance() as { set(name: string, value: unknown): void }).set('trust proxy', true);
      },
    });
  }

  const newEmail = (): string => `person-${String(++emails)}@example.com`;
  const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });
  const signUp = (email: string, app = testApp): Promise<Answer> =>
    post(`${app.url}/auth/signup`, form({ email, password: PASSWORD }), from('198.51.100.1'));
  const ask = (email: string, address: string, app = testApp): Promise<Answer> =>
    post(`${app.url}/auth/user/password/reset/token`, form({ email }), from(address));
  const signIn = (email: string, password: string, address: string): Promise<Answer> =>
    post(`${testApp.url}/auth/signin`, form({ email, password }), from(address));

  async function mailsTo(email: string, app = testApp): Promise<EmailMessage[]> {
    await app.app.get(OutboxService).deliverDue();
    return messages.filter(({ to }) => to === email);
  }

  it('of resets: 5 in an hour for one email from one address, known or not, and others go on', async () => {
    const [known, unknown] = [newEmail(), newEmail()];
    await signUp(known);
    const answers: Answer[][] = [];
    for (let index = 0; index < 6; index++) {
      answers.push(await Promise.all([known, unknown].map((email) => ask(email, '203.0.113.7'))));
    }
    expect(answers.map(([answer]) => answer?.status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(answers.map(([, answer]) => answer?.status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(answers[5]?.map(({ headers }) => headers.get('retry-after'))).toEqual(['3600', '3600']);
    expect((await ask(known, '203.0.113.8')).status).toBe(200);
    expect(await mailsTo(known)).toHaveLength(6);
    testApp.clock.advanceSeconds(3600);
    expect((await ask(known, '203.0.113.7')).status).toBe(200);
  });

  it('of resets: 30 in an hour from one address', async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 31; index++) {
      statuses.push((await ask(newEmail(), '203.0.113.9')).status);
    }
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    expect(statuses[30]).toBe(429);
  });

  it('of resets: 10 mails in an hour to one email, whoever asks, and nobody is told', async () => {
    const email = newEmail();
    await signUp(email);
    for (let index = 0; index < 15; index++) {
      expect((await ask(email, `203.0.113.${String(100 + index)}`)).body).toEqual({ status: 'OK' });
    }
    expect(await mailsTo(email)).toHaveLength(10);
  });

  it('let an owner back in who resets the password, where the account is under attack', async () => {
    const email = newEmail();
    await signUp(email);
    for (let index = 0; index < 100; index++) {
      await signIn(email, 'wrong-passw0rd', `203.0.${String(index)}.1`);
    }
    const hotel = '192.0.2.55';
    expect((await signIn(email, PASSWORD, hotel)).status).toBe(429);
    await ask(email, hotel);
    const [message] = (await mailsTo(email)).filter(({ kind }) => kind === 'resetPassword');
    const token = new URL(message?.link ?? '').searchParams.get('token');
    const body = { method: 'token', token, ...form({ password: 'new-passw0rd' }) };
    const reset = await post(`${testApp.url}/auth/user/password/reset`, body, from(hotel));
    expect(reset.body).toEqual({ status: 'OK' });
    expect((await signIn(email, 'new-passw0rd', hotel)).body).toMatchObject({ status: 'OK' });
    expect((await signIn(email, 'new-passw0rd', '203.0.7.7')).status).toBe(429);
  });

  it('of verification: 5 in an hour for a login method, from wherever', async () => {
    const email = newEmail();
    const signedUp = await signUp(email);
    const statuses: number[] = [];
    for (let index = 0; index < 6; index++) {
      const headers = {
        authorization: `Bearer ${signedUp.headers.get('st-access-token') ?? ''}`,
        ...from(`203.0.113.${String(index)}`),
      };
      statuses.push((await post(`${testApp.url}/auth/user/email/verify/token`, {}, headers)).status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    expect(await mailsTo(email)).toHaveLength(5);
  });

  it('of sign-ups with a taken email: one mail in a day', async () => {
    const email = newEmail();
    await signUp(email);
    await signUp(email);
    await signUp(email);
    expect(await mailsTo(email)).toHaveLength(1);
    testApp.clock.advanceSeconds(86_400);
    await signUp(email);
    expect(await mailsTo(email)).toHaveLength(2);
  });

  it('of the current password: 10 wrong ones, after which the right one must wait too', async () => {
    const service = testApp.app.get(EmailPasswordService);
    const recipeUserId = getUserId(await signUp(newEmail()));
    const change = (currentPassword: string, newPassword = 'new-passw0rd') =>
      service.changePassword({ recipeUserId, currentPassword, newPassword });
    for (let index = 0; index < 10; index++) {
      // The right one is given back, whatever comes of the change.
      expect(await change(PASSWORD, 'short')).toMatchObject({ status: 'PASSWORD_POLICY_VIOLATED_ERROR' });
    }
    for (let index = 0; index < 10; index++) {
      expect(await change('wrong-passw0rd')).toEqual({ status: 'WRONG_CREDENTIALS_ERROR' });
    }
    await expect(change(PASSWORD)).rejects.toThrow(TooManyRequestsException);
    await expect(
      service.requestEmailChange({ recipeUserId, currentPassword: PASSWORD, newEmail: newEmail() }),
    ).rejects.toThrow(TooManyRequestsException);
    testApp.clock.advanceSeconds(15 * 60);
    expect(await change(PASSWORD)).toEqual({ status: 'OK' });
  });

  it('can each be turned off', async () => {
    const without = await start({
      passwordResetMailPerEmailAndAddress: false,
      passwordResetMailPerAddress: false,
      passwordResetMailPerEmail: false,
      signUpAttemptMailPerEmail: false,
    });
    const email = newEmail();
    await signUp(email, without);
    for (let index = 0; index < 35; index++) {
      expect((await ask(email, '203.0.113.1', without)).status).toBe(200);
    }
    await signUp(email, without);
    await signUp(email, without);
    expect(await mailsTo(email, without)).toHaveLength(37);
    await without.close();
  });
});
