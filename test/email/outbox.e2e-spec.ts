import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import {
  EmailPasswordService,
  OutboxService,
  PasswordResetService,
  PermanentDeliveryError,
  type EmailDelivery,
  type EmailMessage,
  type Storage,
} from 'nestward';
import { TestClock } from 'nestward/testing';
import { ExpiredRecordRemovalService } from '../../libs/auth/src/storage/expired-record-removal.service.js';
import { CHEAP_HASHING } from '../email-password/client.js';
import { startTestApp, type TestApp, type TestAppOptions } from '../support/create-app.js';
import { createTestStorage } from '../support/test-storage.js';
import { MailServer } from './mail-server.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A delivery that keeps what it is given, and does what it is told to before that. */
class Collector implements EmailDelivery {
  readonly messages: EmailMessage[] = [];
  readonly attempts: EmailMessage[] = [];
  closed = 0;
  before: (message: EmailMessage) => Promise<void> | void = () => undefined;

  async send(message: EmailMessage): Promise<void> {
    this.attempts.push(message);
    await this.before(message);
    this.messages.push(message);
  }

  close(): void {
    this.closed++;
  }
}

describe('the outbox', () => {
  const clock = new TestClock();
  const apps: TestApp[] = [];
  let shared: Storage;
  let collector: Collector;
  /** What is done in the place of the database, for as long as it is set. */
  let fault: Partial<Storage['outbox']> = {};
  let emails = 0;

  beforeEach(async () => {
    shared = await createTestStorage().open();
    collector = new Collector();
    fault = {};
    jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    jest.spyOn(Logger.prototype, 'error').mockReturnValue();
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await shared.close();
  });

  /** A node on the database that all of them share. */
  async function startNode(auth: NonNullable<TestAppOptions['auth']> = {}): Promise<TestApp> {
    const outbox = new Proxy(shared.outbox, {
      get: (target, property): unknown => {
        const member: unknown = Reflect.get(fault, property) ?? Reflect.get(target, property);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    const storage = new Proxy(shared, {
      get: (target, property): unknown => {
        if (property === 'outbox') {
          return outbox;
        }
        const member: unknown = property === 'close' ? () => Promise.resolve() : Reflect.get(target, property);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    const testApp = await startTestApp({
      auth: {
        clock,
        email: collector,
        storage: { description: 'a shared database', open: () => Promise.resolve(storage) },
        emailPassword: { passwordHashing: CHEAP_HASHING },
        ...auth,
      },
    });
    apps.push(testApp);
    return testApp;
  }

  async function signUp({ app }: TestApp): Promise<string> {
    const email = `person-${String(++emails)}@example.com`;
    await app.get(EmailPasswordService).signUp(email, 'passw0rd');
    return email;
  }

  const ask = ({ app }: TestApp, email: string): Promise<void> =>
    app.get(PasswordResetService).requestPasswordReset(email);
  const deliver = ({ app }: TestApp): Promise<void> => app.get(OutboxService).deliverDue();

  it('answers before the message is sent, however slow the mail server is', async () => {
    const node = await startNode();
    const email = await signUp(node);
    let release: () => void = () => undefined;
    collector.before = () => new Promise((resolve) => (release = resolve));
    await ask(node, email);
    expect(collector.messages).toEqual([]);
    while (collector.attempts.length === 0) {
      await new Promise(setImmediate);
    }
    release();
    await deliver(node);
    expect(collector.messages).toMatchObject([{ to: email, kind: 'resetPassword' }]);
  });

  it('does not let one message that hangs hold up the others', async () => {
    const node = await startNode();
    const [slow, quick] = [await signUp(node), await signUp(node)];
    let release: () => void = () => undefined;
    collector.before = ({ to }) => (to === slow ? new Promise((resolve) => (release = resolve)) : undefined);
    await ask(node, slow);
    await ask(node, quick);
    while (collector.messages.length === 0) {
      await new Promise(setImmediate);
    }
    expect(collector.messages.map(({ to }) => to)).toEqual([quick]);
    release();
    await deliver(node);
    expect(collector.messages).toHaveLength(2);
  });

  it('tries again with growing pauses, as the same message', async () => {
    const node = await startNode();
    const email = await signUp(node);
    collector.before = () => Promise.reject(new Error('The mail server is away'));
    const pauses: number[] = [];
    await ask(node, email);
    await deliver(node);
    for (let attempts = 1; attempts <= 6; attempts++) {
      expect(collector.attempts).toHaveLength(attempts);
      const since = clock.now();
      while (collector.attempts.length === attempts) {
        clock.advance(SECOND);
        await deliver(node);
      }
      pauses.push(clock.now() - since);
    }
    for (const [index, pause] of pauses.entries()) {
      const base = 5 * SECOND * 2 ** index;
      expect(pause).toBeGreaterThanOrEqual(0.75 * base);
      expect(pause).toBeLessThanOrEqual(1.25 * base + SECOND);
    }
    collector.before = () => undefined;
    clock.advance(HOUR);
    await deliver(node);
    expect(new Set(collector.attempts.map(({ id }) => id)).size).toBe(1);
    expect(collector.messages).toHaveLength(1);
    clock.advance(HOUR);
    await deliver(node);
    expect(collector.messages).toHaveLength(1);
  });

  it('gives up loudly after a day, and says neither address nor link', async () => {
    const node = await startNode();
    const email = await signUp(node);
    collector.before = () => Promise.reject(new Error('The mail server is away'));
    await ask(node, email);
    for (let hours = 0; hours <= 25; hours++) {
      await deliver(node);
      clock.advance(HOUR);
    }
    const { length } = collector.attempts;
    expect(length).toBeGreaterThan(10);
    const errors = jest.mocked(Logger.prototype.error).mock.calls.flat().join('\n');
    expect(errors).toContain('(resetPassword) could not be sent');
    expect(errors).toContain('given up: The mail server is away');
    const log = errors + jest.mocked(Logger.prototype.warn).mock.calls.flat().join('\n');
    expect(log).not.toContain(email);
    for (const { link } of collector.attempts) {
      expect(log).not.toContain(new URL(link).searchParams.get('token'));
    }
    await deliver(node);
    expect(collector.attempts).toHaveLength(length);
    const removal = node.app.get(ExpiredRecordRemovalService);
    clock.advance(6 * 24 * HOUR);
    expect(await removal.removeGivenUpMessages()).toBe(0);
    clock.advance(24 * HOUR);
    expect(await removal.removeGivenUpMessages()).toBe(1);
  });

  it('does not try again what will never be taken', async () => {
    const node = await startNode();
    await ask(node, await signUp(node));
    collector.before = () => Promise.reject(new PermanentDeliveryError('No such address'));
    await deliver(node);
    clock.advance(HOUR);
    await deliver(node);
    expect(collector.attempts).toHaveLength(1);
    expect(jest.mocked(Logger.prototype.error)).toHaveBeenCalledTimes(1);
  });

  it('sends what another node left, and every message once', async () => {
    const [first, second] = [await startNode({ emailOutbox: { pollInterval: 0 } }), await startNode()];
    const addresses: string[] = [];
    for (let index = 0; index < 30; index++) {
      addresses.push(await signUp(first));
      await ask(first, addresses.at(-1) ?? '');
    }
    expect(collector.attempts).toEqual([]);
    await Promise.all([deliver(first), deliver(second)]);
    expect(collector.messages.map(({ to }) => to).sort()).toEqual(addresses.sort());
  });

  it('takes over after two minutes what a node had begun that died', async () => {
    const [dying, other] = [await startNode(), await startNode()];
    const email = await signUp(dying);
    let release: () => void = () => undefined;
    collector.before = () => new Promise((resolve) => (release = resolve));
    await ask(dying, email);
    while (collector.attempts.length === 0) {
      await new Promise(setImmediate);
    }
    collector.before = () => undefined;
    clock.advance(2 * MINUTE - 1);
    await deliver(other);
    expect(collector.messages).toEqual([]);
    clock.advance(1);
    await deliver(other);
    expect(collector.messages).toMatchObject([{ to: email }]);
    expect(collector.attempts.map(({ id }) => id)).toEqual([collector.messages[0]?.id, collector.messages[0]?.id]);
    release();
  });

  it('lets a message go only when the database has taken it', async () => {
    const node = await startNode();
    await ask(node, await signUp(node));
    let failures = 2;
    fault = {
      remove: (lease) => {
        failures--;
        return failures >= 0 ? Promise.reject(new Error('The database is away')) : shared.outbox.remove(lease);
      },
    };
    await deliver(node);
    clock.advance(HOUR);
    await deliver(node);
    expect(collector.messages).toHaveLength(1);
    expect(failures).toBe(-1);
  });

  it('waits for what is being sent when the app closes, and lets the delivery go', async () => {
    const node = await startNode();
    const email = await signUp(node);
    let release: () => void = () => undefined;
    collector.before = () => new Promise((resolve) => (release = resolve));
    await ask(node, email);
    while (collector.attempts.length === 0) {
      await new Promise(setImmediate);
    }
    const closing = node.close();
    apps.splice(0);
    await new Promise(setImmediate);
    release();
    await closing;
    expect(collector.messages).toHaveLength(1);
    expect(collector.closed).toBe(1);
    expect(await shared.outbox.claimDue({ leaseId: 'x', now: clock.now() + HOUR, leaseUntil: 0, limit: 1 })).toEqual(
      [],
    );
  });

  it('lets an app replace messages one by one, and tells them all they need', async () => {
    const node = await startNode({
      emailTemplates: {
        resetPassword: ({ appName, email, link, expiresInSeconds }) =>
          Promise.resolve({
            subject: `${appName}!`,
            text: `${email} ${link} ${String(expiresInSeconds)}`,
            html: '<b>Hello</b>',
          }),
      },
    });
    const email = await signUp(node);
    await ask(node, email);
    await node.app.get(EmailPasswordService).notifyOfSignUpAttempt(email);
    await deliver(node);
    const [reset, attempt] = ['resetPassword', 'signUpAttempt'].map((kind) =>
      collector.messages.find((message) => message.kind === kind),
    );
    expect(reset).toMatchObject({ subject: 'Test!', html: '<b>Hello</b>' });
    expect(reset?.text).toBe(`${email} ${reset?.link ?? ''} 3600`);
    expect(attempt?.subject).toBe('You have an account at Test already');
  });

  describe('with a mail server', () => {
    let mailServer: MailServer;

    beforeEach(async () => {
      mailServer = await MailServer.start();
    });

    afterEach(async () => {
      await Promise.all(apps.splice(0).map((app) => app.close()));
      await mailServer.stop();
    });

    it('delivers everything after the server was away', async () => {
      const node = await startNode({ email: mailServer.delivery });
      const addresses = await Promise.all(Array.from({ length: 5 }, () => signUp(node)));
      await mailServer.stop();
      await Promise.all(addresses.map((email) => ask(node, email)));
      await deliver(node);
      await mailServer.resume();
      clock.advance(MINUTE);
      await deliver(node);
      expect(mailServer.mails.map(({ to }) => to).sort()).toEqual(addresses.sort());
    });

    it('tries again what the server refuses for now, and gives up an address that it refuses for good', async () => {
      const node = await startNode({ email: mailServer.delivery });
      const [later, never] = [await signUp(node), await signUp(node)];
      mailServer.refusals.push({ at: 'DATA', code: 451 });
      await ask(node, later);
      await deliver(node);
      expect(mailServer.mails).toEqual([]);
      clock.advance(MINUTE);
      await deliver(node);
      expect(mailServer.mails.map(({ to }) => to)).toEqual([later]);
      mailServer.refusals.push({ at: 'RCPT', code: 550 });
      await ask(node, never);
      await deliver(node);
      clock.advance(MINUTE);
      await deliver(node);
      expect(mailServer.mailsTo(never)).toEqual([]);
      expect(jest.mocked(Logger.prototype.error).mock.calls.flat().join()).toContain('refuses the address');
    });

    it('says who it is, and that nobody is to answer', async () => {
      const node = await startNode({ email: mailServer.delivery });
      const email = await signUp(node);
      await ask(node, email);
      const mail = await mailServer.waitForMail(email);
      expect(mail.messageId).toMatch(/^<[0-9a-f-]{36}@acme\.com>$/);
      expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
    });

    it('sends to one address, whatever it looks like', async () => {
      const node = await startNode({
        email: mailServer.delivery,
        emailPassword: {
          passwordHashing: CHEAP_HASHING,
          signUpFeature: { formFields: [{ id: 'email', validate: () => undefined }] },
        },
      });
      for (const email of ['a@example.com,b@example.com', 'a@example.com>, <b@example.com', 'no-address']) {
        await node.app.get(EmailPasswordService).signUp(email, 'passw0rd');
        await ask(node, email);
        await deliver(node);
      }
      expect(mailServer.mails.flatMap(({ to }) => to)).not.toContain('b@example.com');
    });
  });
});
