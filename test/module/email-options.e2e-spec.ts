import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import {
  AuthModule,
  ConfigurationError,
  developmentMailbox,
  PasswordResetService,
  EmailPasswordService,
  OutboxService,
  smtp,
  type SmtpOptions,
} from 'nestward';
import { startTestApp, TEST_APP_INFO } from '../support/create-app.js';

const messageOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error('The boot went on');
};

const boot = (options: object) => AuthModule.forRoot(TEST_APP_INFO, options);
const delivery = { send: () => Promise.resolve() };

/** One sentence: it ends with a full stop, and has none in between. */
const expectOneSentence = (message: string): void => {
  expect(message).toMatch(/^[^\n]+\.$/);
  expect(message.slice(0, -1)).not.toMatch(/\. [A-Z]/);
};

describe('a wrong configuration of mail stops the boot with one sentence', () => {
  it.each<[object, RegExp]>([
    [
      { email: {} },
      /^email is .*: write smtp\(\{ host, auth, from \}\) or an object with a function send\(message\)\.$/,
    ],
    [{ email: 'smtp://localhost' }, /^email is "smtp:\/\/localhost": write smtp/],
    [{ email: { send: true } }, /^email is .*: write smtp/],
    [
      { emailTemplates: { resetPassword: 'Hello' } },
      /^emailTemplates\.resetPassword is "Hello": write a function that/,
    ],
    [{ emailTemplates: { reset: () => ({}) } }, /^emailTemplates\.reset is not an option/],
    [{ emailTemplates: [] }, /^emailTemplates is .*: write an object with some of verifyEmail, resetPassword/],
    [{ emailOutbox: { pollInterval: -1 } }, /^emailOutbox\.pollInterval is -1: write a number of seconds, or 0/],
    [{ emailOutbox: { giveUpAfter: 0 } }, /^emailOutbox\.giveUpAfter is 0: write a number of seconds greater than 0/],
    [{ emailOutbox: { retries: 3 } }, /^emailOutbox\.retries is not an option/],
    [{ emailVerification: {} }, /^emailVerification\.mode is missing: write 'REQUIRED' or 'OPTIONAL'/],
    [{ emailVerification: { mode: 'required' } }, /^emailVerification\.mode is "required": write 'REQUIRED'/],
    [{ emailVerification: true }, /^emailVerification is true: write \{ mode: 'REQUIRED' \}/],
    [{ emailVerification: { mode: 'REQUIRED', tokenLifetime: 0 } }, /^emailVerification\.tokenLifetime is 0: write/],
    [{ emailPassword: { passwordReset: true } }, /^emailPassword\.passwordReset is true: write \{ tokenLifetime/],
  ])('%j', (options, expected) => {
    const message = messageOf(() => boot(options));
    expect(message).toMatch(expected);
    expectOneSentence(message);
  });

  it.each<[unknown, RegExp]>([
    [undefined, /^email: smtp\(\) is missing: write smtp\(\{ host, auth, from \}\)\.$/],
    [
      { from: 'a@b.c' },
      /^email: smtp\(\)\.host is missing: write the mail server's name, such as 'smtp\.acme\.com'\.$/,
    ],
    [{ host: ' ', from: 'a@b.c' }, /^email: smtp\(\)\.host is " ": write/],
    [{ host: 'h' }, /^email: smtp\(\)\.from is missing: write the sender, such as 'Acme <no-reply@acme\.com>'\.$/],
    [{ host: 'h', from: 'Acme' }, /^email: smtp\(\)\.from is "Acme": write the sender/],
    [{ host: 'h', from: 'a@b.c\r\nBcc: d@e.f' }, /^email: smtp\(\)\.from is .*: write the sender/],
    [{ host: 'h', from: 'a@b.c', port: '25' }, /^email: smtp\(\)\.port is "25": write a port from 1 to 65535/],
    [
      { host: 'h', from: 'a@b.c', auth: { user: 'u' } },
      /^email: smtp\(\)\.auth\.pass is not usable: write the password/,
    ],
    [{ host: 'h', from: 'a@b.c', tls: true }, /^email: smtp\(\)\.tls is not an option: leave it out\.$/],
  ])('smtp(%j)', (options, expected) => {
    const message = messageOf(() => smtp(options as SmtpOptions));
    expect(message).toMatch(expected);
    expectOneSentence(message);
  });

  it('smtp(), without showing a password', () => {
    const auth = { user: '', pass: 'hunter2' };
    expect(messageOf(() => smtp({ host: 'h', from: 'a@b.c', auth }))).not.toContain('hunter2');
  });
});

describe('in production', () => {
  const environment = process.env['NODE_ENV'];

  beforeAll(() => {
    process.env['NODE_ENV'] = 'production';
  });

  afterAll(() => {
    process.env['NODE_ENV'] = environment;
  });

  it('stops the boot where a feature that is on would wait for mail that nobody sends', () => {
    for (const [options, expected] of [
      [{}, /^email is not set, .*forget their password: write email: smtp\(.*passwordReset: false/],
      [
        { emailVerification: { mode: 'OPTIONAL' } },
        /^email is not set, .*emailVerification needs it: write email: smtp/,
      ],
    ] as const) {
      const message = messageOf(() => boot(options));
      expect(message).toMatch(expected);
      expectOneSentence(message);
    }
    expect(() => boot({ emailPassword: { passwordReset: false } })).not.toThrow();
    expect(() => boot({ email: delivery, emailVerification: { mode: 'REQUIRED' } })).not.toThrow();
  });

  it('refuses the mailbox of development', () => {
    expectOneSentence(messageOf(developmentMailbox));
  });

  it('goes on without mail where nothing needs it', async () => {
    jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const testApp = await startTestApp({ auth: { emailPassword: { passwordReset: false } } });
    const passwords = testApp.app.get(EmailPasswordService);
    const signedUp = await passwords.signUp('a@example.com', 'passw0rd');
    const recipeUserId = signedUp.status === 'OK' ? signedUp.recipeUserId : '';
    expect(
      await passwords.changePassword({ recipeUserId, currentPassword: 'passw0rd', newPassword: 'new-passw0rd' }),
    ).toEqual({ status: 'OK' });
    await testApp.app.get(OutboxService).deliverDue();
    await testApp.close();
    jest.restoreAllMocks();
  });
});

it('keeps messages in a mailbox while an app is developed, and says each in one line of the log', async () => {
  const mailbox = developmentMailbox();
  const log = jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  const testApp = await startTestApp({ auth: { email: mailbox } });
  await testApp.app.get(EmailPasswordService).signUp('a@example.com', 'passw0rd');
  await testApp.app.get(PasswordResetService).requestPasswordReset('a@example.com');
  await testApp.app.get(OutboxService).deliverDue();
  expect(mailbox.messages).toMatchObject([{ to: 'a@example.com', kind: 'resetPassword' }]);
  const [message] = mailbox.messages;
  expect(log).toHaveBeenCalledWith(`To a@example.com: Reset your password for Test ${message?.link ?? ''}`);
  await mailbox.send(message ?? { id: '', kind: 'resetPassword', to: '', subject: '', text: '', html: '', link: '' });
  expect(mailbox.messages).toHaveLength(1);
  for (let index = 0; index < 110; index++) {
    await mailbox.send({ id: String(index), kind: 'resetPassword', to: '', subject: '', text: '', html: '', link: '' });
  }
  expect(mailbox.messages.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, index) => String(109 - index)));
  await testApp.close();
  log.mockRestore();
});
