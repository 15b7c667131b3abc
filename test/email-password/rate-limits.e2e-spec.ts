import { Logger, type INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DatabaseSync } from '@photostructure/sqlite';
import { jest } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AuthModule,
  ConfigurationError,
  sqlite,
  TooManyRequestsException,
  type AuthOptions,
  type RateLimitOptions,
} from 'nestward';
import { getAddress, type ClientAddress } from '../../libs/auth/src/http/get-address.js';
import { RateLimitService } from '../../libs/auth/src/rate-limits/rate-limit.service.js';
import { ExpiredRecordRemovalService } from '../../libs/auth/src/storage/expired-record-removal.service.js';
import { AUTH_STORAGE, type Storage } from '../../libs/auth/src/storage/storage.js';
import { startTestApp, TEST_APP_INFO, type TestApp, type TestAppOptions } from '../support/create-app.js';
import { createTestStorage } from '../support/test-storage.js';
import { CHEAP_HASHING, form, get, getSessionUserId, post, type Answer } from './client.js';
import { createSharedDatabase } from './shared-database.js';

const PASSWORD = 'passw0rd';
const QUARTER = 900;
const HOUR = 3600;
const DAY = 86_400;

const started: TestApp[] = [];

/** An app behind a proxy that it trusts, so that a test can come from any address. */
async function start(rateLimits: RateLimitOptions | false | undefined, options: TestAppOptions = {}): Promise<TestApp> {
  const testApp = await startTestApp({
    configure: trustProxy,
    ...options,
    auth: { emailPassword: { passwordHashing: CHEAP_HASHING }, rateLimits, ...options.auth },
  });
  started.push(testApp);
  return testApp;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((testApp) => testApp.close()));
});

function trustProxy(app: INestApplication): void {
  (app as NestExpressApplication).set('trust proxy', 1);
}

/** Somebody at an address. */
function client({ url }: TestApp, address = '203.0.113.1') {
  const headers = { 'x-forwarded-for': address, 'st-auth-mode': 'header' };
  return {
    signIn: (email: string, password = 'wr0ngpass') => post(`${url}/auth/signin`, form({ email, password }), headers),
    signUp: (email: string) => post(`${url}/auth/signup`, form({ email, password: PASSWORD }), headers),
    emailExists: (email: string, path = 'emailpassword/email/exists') =>
      get(`${url}/auth/${path}?email=${encodeURIComponent(email)}`, headers),
  };
}

type Client = ReturnType<typeof client>;

const addressOf = (ip: string): ClientAddress => getAddress({ headers: {}, ip });
const bot = (index: number): string => `198.51.${String(index >> 8)}.${String(index & 255)}`;

function expectWrong(answer: Answer): void {
  expect(answer.body).toStrictEqual({ status: 'WRONG_CREDENTIALS_ERROR' });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('retry-after')).toBeNull();
}

function expectSignedIn(answer: Answer): void {
  expect(answer.body).toMatchObject({ status: 'OK' });
  expect(getSessionUserId(answer)).toBeDefined();
}

function expectRefused(answer: Answer, retryAfter: number): void {
  expect(answer.status).toBe(429);
  expect(answer.body).toStrictEqual({
    message: expect.stringMatching(/^Too many attempts\. Please try again in \d+ /),
  });
  expect(answer.headers.get('retry-after')).toBe(String(retryAfter));
  expect(getSessionUserId(answer)).toBeUndefined();
}

async function times(count: number, action: (index: number) => Promise<void>): Promise<void> {
  for (let index = 0; index < count; index++) {
    await action(index);
  }
}

const fail = (person: Client, email: string, count: number): Promise<void> =>
  times(count, async () => {
    expectWrong(await person.signIn(email));
  });

describe('sign-ins of one email from one address', () => {
  const rateLimits = { signInPerAccountAndAddress: { points: 3, duration: QUARTER } };

  it('are refused after some failures, also with the right password, until the window ends', async () => {
    const testApp = await start(rateLimits);
    const person = client(testApp);
    await client(testApp, '203.0.113.9').signUp('ada@example.com');
    await fail(person, 'ada@example.com', 1);
    testApp.clock.advanceSeconds(100);
    await fail(person, ' ADA@Example.com ', 2);
    expectRefused(await person.signIn('ada@example.com', PASSWORD), QUARTER - 100);
    testApp.clock.advance((QUARTER - 100) * 1000 - 1500);
    expectRefused(await person.signIn('ada@example.com', PASSWORD), 2);
    testApp.clock.advance(1499);
    const late = await person.signIn('ada@example.com', PASSWORD);
    expectRefused(late, 1);
    expect(late.body).toStrictEqual({ message: 'Too many attempts. Please try again in 1 second.' });
    testApp.clock.advance(1);
    expectSignedIn(await person.signIn('ada@example.com', PASSWORD));
  });

  it('stop neither other emails nor other addresses', async () => {
    const testApp = await start(rateLimits);
    const person = client(testApp);
    await person.signUp('ada@example.com');
    await person.signUp('bob@example.com');
    await fail(person, 'ada@example.com', 3);
    expectRefused(await person.signIn('ada@example.com', PASSWORD), QUARTER);
    expectSignedIn(await person.signIn('bob@example.com', PASSWORD));
    expectSignedIn(await client(testApp, '203.0.113.2').signIn('ada@example.com', PASSWORD));
  });

  it('are never counted if they succeed', async () => {
    const testApp = await start({
      signInPerAccountAndAddress: { points: 3, duration: QUARTER },
      signInPerAddress: { points: 3, duration: HOUR },
      signInPerAccount: { points: 3, duration: HOUR },
    });
    await client(testApp).signUp('ada@example.com');
    const elsewhere = client(testApp, '203.0.113.2');
    await fail(elsewhere, 'ada@example.com', 2);
    await times(8, async () => {
      expectSignedIn(await elsewhere.signIn('ada@example.com', PASSWORD));
    });
    await fail(elsewhere, 'ada@example.com', 1);
    expectRefused(await elsewhere.signIn('ada@example.com', PASSWORD), QUARTER);
  });

  it('give nothing back to a later window', async () => {
    const testApp = await start(rateLimits);
    const service = testApp.app.get(RateLimitService);
    const pair = { email: 'ada@example.com', address: addressOf('203.0.113.1') };
    const slow = await service.limitSignIn(pair);
    testApp.clock.advanceSeconds(QUARTER);
    await fail(client(testApp), 'ada@example.com', 3);
    await slow.reportSuccess();
    expectRefused(await client(testApp).signIn('ada@example.com'), QUARTER);
  });

  it('are refused alike whether the email has an account or not', async () => {
    const testApp = await start(rateLimits);
    await client(testApp, '203.0.113.9').signUp('ada@example.com');
    const seen = async (email: string) => {
      const answers: unknown[] = [];
      await times(5, async () => {
        const { status, body, headers } = await client(testApp).signIn(email);
        answers.push({ status, body, retryAfter: headers.get('retry-after'), names: [...headers.keys()].sort() });
      });
      return answers;
    };
    const known = await seen('ada@example.com');
    expect(known).toStrictEqual(await seen('nobody@example.com'));
    expect(known).toMatchObject([{ status: 200 }, { status: 200 }, { status: 200 }, { status: 429 }, { status: 429 }]);
  });

  it('are refused before a hook or a password check has begun, however many come at the same instant', async () => {
    let hookCalls = 0;
    const testApp = await start(
      { signInPerAccountAndAddress: { points: 10, duration: QUARTER } },
      {
        auth: {
          emailPassword: {
            passwordHashing: CHEAP_HASHING,
            beforeSignIn: () => {
              hookCalls++;
              return undefined;
            },
          },
        },
      },
    );
    await client(testApp, '203.0.113.9').signUp('ada@example.com');
    const answers = await Promise.all(Array.from({ length: 50 }, () => client(testApp).signIn('ada@example.com')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(40);
    expect(hookCalls).toBe(10);
  });
});

describe('sign-ins from one address', () => {
  it('are refused after some failures, whatever the email', async () => {
    const testApp = await start({ signInPerAddress: { points: 4, duration: HOUR } });
    const person = client(testApp);
    await person.signUp('ada@example.com');
    await times(4, async (index) => {
      expectWrong(await person.signIn(`nobody${String(index)}@example.com`));
    });
    expectRefused(await person.signIn('ada@example.com', PASSWORD), HOUR);
    expectSignedIn(await client(testApp, '203.0.113.2').signIn('ada@example.com', PASSWORD));
    testApp.clock.advanceSeconds(HOUR);
    expectSignedIn(await person.signIn('ada@example.com', PASSWORD));
  });

  it('do not count what another limit has refused', async () => {
    const testApp = await start({
      signInPerAccountAndAddress: { points: 2, duration: QUARTER },
      signInPerAddress: { points: 5, duration: HOUR },
    });
    const person = client(testApp);
    await fail(person, 'ada@example.com', 2);
    await times(10, async () => {
      expectRefused(await person.signIn('ada@example.com'), QUARTER);
    });
    await fail(person, 'bob@example.com', 2);
    await fail(person, 'carol@example.com', 1);
    expectRefused(await person.signIn('carol@example.com'), HOUR);
  });

  it('count nowhere if a later limit refuses them', async () => {
    const testApp = await start({
      signInPerAccountAndAddress: { points: 2, duration: 2 * HOUR },
      signInPerAddress: { points: 2, duration: 2 * HOUR },
      signInPerAccount: { points: 1, duration: HOUR },
    });
    await fail(client(testApp, '203.0.113.2'), 'ada@example.com', 1);
    await times(5, async () => {
      expectRefused(await client(testApp).signIn('ada@example.com'), HOUR);
    });
    await fail(client(testApp), 'bob@example.com', 1);
    testApp.clock.advanceSeconds(HOUR);
    await fail(client(testApp), 'ada@example.com', 1);
  });

  it('count as one for the addresses of one IPv6 network', async () => {
    const testApp = await start({ signInPerAddress: { points: 3, duration: HOUR } });
    await times(3, async (index) => {
      expectWrong(await client(testApp, `2001:db8:1:2::${String(index)}`).signIn('ada@example.com'));
    });
    expectRefused(await client(testApp, '2001:db8:1:2:ffff::').signIn('ada@example.com'), HOUR);
    expectWrong(await client(testApp, '2001:db8:1:3::').signIn('ada@example.com'));
  });

  it('take no header’s word for the address, unless the app trusts its proxy', async () => {
    const testApp = await start({ signInPerAddress: { points: 3, duration: HOUR } }, { configure: () => undefined });
    await times(3, async (index) => {
      expectWrong(await client(testApp, bot(index)).signIn('ada@example.com'));
    });
    expectRefused(await client(testApp, bot(99)).signIn('ada@example.com'), HOUR);
  });

  it.each([
    ['does not trust', new FastifyAdapter(), 429],
    ['trusts', new FastifyAdapter({ trustProxy: '127.0.0.1' }), 200],
  ])('are the same on Fastify, which %s its proxy', async (_, adapter, status) => {
    const testApp = await start(
      { signInPerAddress: { points: 3, duration: HOUR } },
      { adapter: () => adapter, configure: () => undefined },
    );
    await fail(client(testApp), 'ada@example.com', 3);
    expectRefused(await client(testApp).signIn('ada@example.com'), HOUR);
    expect((await client(testApp, '203.0.113.2').signIn('ada@example.com')).status).toBe(status);
  });
});

describe('sign-ins of one email from many addresses', () => {
  const rateLimits = { signInPerAccount: { points: 20, duration: HOUR } };

  /** Many addresses, each with one guess. @returns how many passwords were checked. */
  async function attack(testApp: TestApp, email: string, count = 40): Promise<number> {
    const answers = await Promise.all(
      Array.from({ length: count }, (_, index) => client(testApp, bot(index)).signIn(email)),
    );
    return answers.filter(({ status }) => status === 200).length;
  }

  it('are refused after some failures, but not where the owner has signed in before', async () => {
    const testApp = await start(rateLimits);
    await client(testApp, '203.0.113.50').signUp('ada@example.com');
    const [home, office] = [client(testApp), client(testApp, '203.0.113.2')];
    expectSignedIn(await home.signIn('ada@example.com', PASSWORD));
    expect(await attack(testApp, 'ada@example.com')).toBe(20);
    expectRefused(await office.signIn('ada@example.com', PASSWORD), HOUR);
    // A typo at home is no reason to be locked out either.
    await fail(home, 'ada@example.com', 3);
    expectSignedIn(await home.signIn('ada@example.com', PASSWORD));
    testApp.clock.advanceSeconds(HOUR);
    expectSignedIn(await office.signIn('ada@example.com', PASSWORD));
  });

  it('do not lock the owner out where she has signed up', async () => {
    const testApp = await start(rateLimits);
    await client(testApp).signUp('ada@example.com');
    expect(await attack(testApp, 'ada@example.com')).toBe(20);
    expectSignedIn(await client(testApp).signIn('ada@example.com', PASSWORD));
  });

  it('do not lock the owner out where she has reset her password, however often she had tried there', async () => {
    const testApp = await start({ ...rateLimits, signInPerAccountAndAddress: { points: 3, duration: QUARTER } });
    await client(testApp, '203.0.113.50').signUp('ada@example.com');
    await fail(client(testApp), 'ada@example.com', 3);
    expect(await attack(testApp, 'ada@example.com')).toBe(17);
    expectRefused(await client(testApp).signIn('ada@example.com', PASSWORD), QUARTER);
    const pair = { email: 'Ada@example.com', address: addressOf('203.0.113.1') };
    await testApp.app.get(RateLimitService).reportPasswordReset(pair);
    expectSignedIn(await client(testApp).signIn('ada@example.com', PASSWORD));
  });

  it('know an address for 90 days from the last sign-in', async () => {
    const testApp = await start(rateLimits);
    const home = client(testApp);
    await home.signUp('ada@example.com');
    testApp.clock.advanceSeconds(60 * DAY);
    expectSignedIn(await home.signIn('ada@example.com', PASSWORD));
    testApp.clock.advance(90 * DAY * 1000 - 1);
    expect(await attack(testApp, 'ada@example.com')).toBe(20);
    expectSignedIn(await home.signIn('ada@example.com', PASSWORD));
    testApp.clock.advanceSeconds(90 * DAY);
    expect(await attack(testApp, 'ada@example.com')).toBe(20);
    expectRefused(await home.signIn('ada@example.com', PASSWORD), HOUR);
  });

  it('do not make an address known by failing, nor one email’s address another’s', async () => {
    const testApp = await start(rateLimits);
    await client(testApp, '203.0.113.50').signUp('ada@example.com');
    await client(testApp).signUp('eve@example.com');
    await fail(client(testApp), 'ada@example.com', 1);
    expect(await attack(testApp, 'ada@example.com')).toBe(19);
    expectRefused(await client(testApp).signIn('ada@example.com', PASSWORD), HOUR);
  });

  it('count alike whether the email has an account or not', async () => {
    const testApp = await start(rateLimits);
    await client(testApp).signUp('ada@example.com');
    expect(await attack(testApp, 'nobody@example.com')).toBe(await attack(testApp, 'ada@example.com'));
  });

  it('do not count what is refused at one address', async () => {
    const testApp = await start({ ...rateLimits, signInPerAccountAndAddress: { points: 2, duration: QUARTER } });
    await client(testApp, '203.0.113.50').signUp('ada@example.com');
    await fail(client(testApp), 'ada@example.com', 2);
    await times(30, async () => {
      expectRefused(await client(testApp).signIn('ada@example.com'), QUARTER);
    });
    expectSignedIn(await client(testApp, '203.0.113.2').signIn('ada@example.com', PASSWORD));
  });
});

describe('other limits over HTTP', () => {
  it('sign-ups from one address: no account is made beyond them', async () => {
    const testApp = await start({ signUpPerAddress: { points: 2, duration: HOUR } });
    const person = client(testApp);
    expectSignedIn(await person.signUp('ada@example.com'));
    expect((await person.signUp('ada@example.com')).body).toMatchObject({ status: 'FIELD_ERROR' });
    expectRefused(await person.signUp('bob@example.com'), HOUR);
    expect((await person.emailExists('bob@example.com')).body).toStrictEqual({ status: 'OK', exists: false });
    expectSignedIn(await client(testApp, '203.0.113.2').signUp('bob@example.com'));
    testApp.clock.advanceSeconds(HOUR);
    expectSignedIn(await person.signUp('carol@example.com'));
  });

  it('forms that are not good count as nothing', async () => {
    const testApp = await start({
      signUpPerAddress: { points: 1, duration: HOUR },
      signInPerAddress: { points: 1, duration: HOUR },
    });
    await times(3, async () => {
      expect((await client(testApp).signUp('ada')).body).toMatchObject({ status: 'FIELD_ERROR' });
      expect((await client(testApp).signIn('ada')).body).toMatchObject({ status: 'FIELD_ERROR' });
    });
    expectSignedIn(await client(testApp).signUp('ada@example.com'));
    await fail(client(testApp), 'ada@example.com', 1);
  });

  it('questions for emails from one address, on both paths together', async () => {
    const testApp = await start({ emailExistsPerAddress: { points: 2, duration: 600 } });
    const person = client(testApp);
    expect((await person.emailExists('ada@example.com')).status).toBe(200);
    expect((await person.emailExists('bob@example.com', 'signup/email/exists')).status).toBe(200);
    expectRefused(await person.emailExists('ada@example.com'), 600);
    expectRefused(await person.emailExists('ada@example.com', 'signup/email/exists'), 600);
    expect((await client(testApp, '203.0.113.2').emailExists('ada@example.com')).status).toBe(200);
    testApp.clock.advanceSeconds(600);
    expect((await person.emailExists('ada@example.com')).status).toBe(200);
  });

  it('let scripts of the website read when to try again', async () => {
    const testApp = await start({ emailExistsPerAddress: { points: 1, duration: 600 } });
    const url = `${testApp.url}/auth/emailpassword/email/exists?email=a@example.com`;
    await get(url, { origin: 'http://localhost:3000' });
    const { status, headers } = await get(url, { origin: 'http://localhost:3000' });
    expect(status).toBe(429);
    expect(headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
    expect(headers.get('access-control-expose-headers')?.toLowerCase().split(', ')).toContain('retry-after');
  });
});

describe('limits of mails, and of passwords that somebody gives who is signed in', () => {
  const pair = (email: string, ip: string) => ({ email, address: addressOf(ip) });

  async function expectTooMany(attempt: Promise<unknown>, retryAfterSeconds: number): Promise<void> {
    await expect(attempt).rejects.toBeInstanceOf(TooManyRequestsException);
    await expect(attempt).rejects.toMatchObject({ statusCode: 429, retryAfterSeconds });
  }

  it('one address can ask for mails to one email, and to all emails, only so often', async () => {
    const { app, clock } = await start({
      passwordResetMailPerEmailAndAddress: { points: 2, duration: HOUR },
      passwordResetMailPerAddress: { points: 3, duration: 2 * HOUR },
    });
    const service = app.get(RateLimitService);
    expect(await service.limitPasswordResetMail(pair('ada@example.com', '203.0.113.1'))).toBe(true);
    expect(await service.limitPasswordResetMail(pair('ADA@example.com', '203.0.113.1'))).toBe(true);
    await expectTooMany(service.limitPasswordResetMail(pair('ada@example.com', '203.0.113.1')), HOUR);
    expect(await service.limitPasswordResetMail(pair('ada@example.com', '203.0.113.2'))).toBe(true);
    expect(await service.limitPasswordResetMail(pair('bob@example.com', '203.0.113.1'))).toBe(true);
    await expectTooMany(service.limitPasswordResetMail(pair('carol@example.com', '203.0.113.1')), 2 * HOUR);
    clock.advanceSeconds(2 * HOUR);
    expect(await service.limitPasswordResetMail(pair('ada@example.com', '203.0.113.1'))).toBe(true);
  });

  it('many addresses get no more mails to one email than it has use for, and are not told', async () => {
    const { app, clock } = await start({ passwordResetMailPerEmail: { points: 4, duration: HOUR } });
    const service = app.get(RateLimitService);
    const sent = await Promise.all(
      Array.from({ length: 30 }, (_, index) => service.limitPasswordResetMail(pair('ada@example.com', bot(index)))),
    );
    expect(sent.filter(Boolean)).toHaveLength(4);
    expect(await service.limitPasswordResetMail(pair('bob@example.com', bot(0)))).toBe(true);
    clock.advanceSeconds(HOUR);
    expect(await service.limitPasswordResetMail(pair('ada@example.com', bot(0)))).toBe(true);
  });

  it('mails that verify, of one login method', async () => {
    const { app, clock } = await start({ verificationMailPerLoginMethod: { points: 2, duration: HOUR } });
    const service = app.get(RateLimitService);
    await service.limitVerificationMail('ada');
    await service.limitVerificationMail('ada');
    await expectTooMany(service.limitVerificationMail('ada'), HOUR);
    await service.limitVerificationMail('bob');
    clock.advanceSeconds(HOUR);
    await service.limitVerificationMail('ada');
  });

  it('mails to new addresses, of one login method and to one address', async () => {
    const { app, clock } = await start({
      emailChangeMailPerLoginMethod: { points: 3, duration: HOUR },
      emailChangeMailPerEmail: { points: 2, duration: HOUR },
    });
    const service = app.get(RateLimitService);
    const sent = await Promise.all([1, 2, 3].map(() => service.limitEmailChangeMail('ada', 'eve@example.com')));
    expect(sent.filter(Boolean)).toHaveLength(2);
    await expectTooMany(service.limitEmailChangeMail('ada', 'other@example.com'), HOUR);
    expect(await service.limitEmailChangeMail('bob', 'Eve@example.com')).toBe(false);
    expect(await service.limitEmailChangeMail('bob', 'other@example.com')).toBe(true);
    clock.advanceSeconds(HOUR);
    expect(await service.limitEmailChangeMail('ada', 'eve@example.com')).toBe(true);
  });

  it('wrong current passwords of one login method', async () => {
    const { app, clock } = await start({ reauthenticationPerLoginMethod: { points: 2, duration: QUARTER } });
    const service = app.get(RateLimitService);
    await times(5, async () => {
      await (await service.limitReauthentication('ada')).reportSuccess();
    });
    await service.limitReauthentication('ada');
    await service.limitReauthentication('ada');
    await expectTooMany(service.limitReauthentication('ada'), QUARTER);
    await service.limitReauthentication('bob');
    clock.advanceSeconds(QUARTER);
    await service.limitReauthentication('ada');
  });
});

describe('where the counts are', () => {
  it('is the database: two apps on one count together, and a restart forgets nothing', async () => {
    const shared = createSharedDatabase();
    const storage = process.env['NESTWARD_TEST_STORAGE'] === 'postgres' ? createTestStorage() : shared.factory;
    const rateLimits = { signInPerAccountAndAddress: { points: 10, duration: QUARTER } };
    const nodes = [await start(rateLimits, { auth: { storage } }), await start(rateLimits, { auth: { storage } })];
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => {
        const node = nodes[index % 2];
        return node === undefined ? Promise.reject(new Error('No node')) : client(node).signIn('ada@example.com');
      }),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    const clock = nodes[0]?.clock;
    await Promise.all(started.splice(0).map((node) => node.close()));
    const restarted = await start(rateLimits, { auth: { storage, ...(clock === undefined ? {} : { clock }) } });
    expect((await client(restarted).signIn('ada@example.com')).status).toBe(429);
    await restarted.close();
    started.splice(0);
    shared.close();
  });

  it('says neither emails nor addresses', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'nestward-'));
    const filename = join(directory, 'test.sqlite');
    const testApp = await start({}, { auth: { storage: sqlite({ filename }) } });
    await client(testApp).signUp('ada@example.com');
    await client(testApp).signIn('ada@example.com', PASSWORD);
    await client(testApp).signIn('ada@example.com');
    await client(testApp).emailExists('ada@example.com');
    const database = new DatabaseSync(filename);
    const rows = database.prepare('SELECT * FROM nestward_rate_limits').all();
    database.close();
    expect(rows.length).toBeGreaterThan(4);
    expect(JSON.stringify(rows)).not.toMatch(/ada|example|203\.0/);
    await testApp.close();
    started.splice(0);
    rmSync(directory, { recursive: true });
  });

  it('is emptied in the background of what has expired', async () => {
    const testApp = await start({}, { auth: { session: { expiredSessionRemovalInterval: 0.01 } } });
    const { rateLimits } = testApp.app.get<Storage>(AUTH_STORAGE);
    const now = testApp.clock.now();
    await rateLimits.set('old', { points: 1, expiresAt: now });
    await rateLimits.set('young', { points: 1, expiresAt: now + 1 });
    const deadline = Date.now() + 10_000;
    while ((await rateLimits.find('old', 0)) !== undefined) {
      expect(Date.now()).toBeLessThan(deadline);
      await delay(5);
    }
    expect(await rateLimits.find('young', 0)).toBeDefined();
    testApp.clock.advance(1);
    expect(await testApp.app.get(ExpiredRecordRemovalService).removeExpiredRateLimits()).toBeLessThanOrEqual(1);
    expect(await rateLimits.find('young', 0)).toBeUndefined();
  });
});

describe('an app that does not trust its proxy', () => {
  it('is warned once, when the proxy reaches a limit that all people share', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const limits = { signInPerAddress: { points: 1, duration: HOUR } };
    const behindProxy = await start(limits, { configure: () => undefined });
    const open = await start(limits);
    await times(3, async () => {
      await client(behindProxy).signIn('ada@example.com');
      await client(open).signIn('ada@example.com');
    });
    const messages = warn.mock.calls.map(([message]) => String(message));
    warn.mockRestore();
    expect(messages).toStrictEqual([expect.stringMatching(/signInPerAddress .* 127\.0\.0\.1,.*trust proxy/)]);
  });
});

describe('the option rateLimits', () => {
  it('is off where NODE_ENV is test, unless it is given', async () => {
    await fail(client(await start(undefined)), 'ada@example.com', 12);
    const testApp = await start({});
    await fail(client(testApp), 'ada@example.com', 10);
    expectRefused(await client(testApp).signIn('ada@example.com'), QUARTER);
  });

  it('is on everywhere else, unless it is false', async () => {
    const environment = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'development';
    try {
      const testApp = await start(undefined);
      await fail(client(testApp), 'ada@example.com', 10);
      expectRefused(await client(testApp).signIn('ada@example.com'), QUARTER);
      await fail(client(await start(false)), 'ada@example.com', 12);
    } finally {
      process.env['NODE_ENV'] = environment;
    }
  });

  it('has the defaults that its page lists', async () => {
    const { app, clock } = await start({});
    const service = app.get(RateLimitService);
    const address = addressOf('203.0.113.1');
    const [email, other] = ['ada@example.com', () => `${randomUUID()}@example.com`];
    const otherAddress = (index: number) => addressOf(bot(index));
    const count = async (attempt: (index: number) => Promise<unknown>): Promise<[number, number]> => {
      for (let index = 0; ; index++) {
        try {
          if ((await attempt(index)) === false) {
            return [index, 0];
          }
        } catch (error) {
          expect(error).toBeInstanceOf(TooManyRequestsException);
          return [index, error instanceof TooManyRequestsException ? error.retryAfterSeconds : 0];
        }
      }
    };
    expect(await count(() => service.limitSignIn({ email, address }))).toEqual([10, QUARTER]);
    expect(await count(() => service.limitSignIn({ email: other(), address }))).toEqual([90, HOUR]);
    expect(await count((index) => service.limitSignIn({ email, address: otherAddress(index) }))).toEqual([90, HOUR]);
    expect(await count(() => service.limitSignUp(address))).toEqual([20, HOUR]);
    expect(await count(() => service.limitEmailExists(address))).toEqual([60, 600]);
    expect(await count(() => service.limitPasswordResetMail({ email, address }))).toEqual([5, HOUR]);
    expect(await count(() => service.limitPasswordResetMail({ email: other(), address }))).toEqual([25, HOUR]);
    expect(await count((index) => service.limitPasswordResetMail({ email, address: otherAddress(index) }))).toEqual([
      5, 0,
    ]);
    expect(await count(() => service.limitSignUpAttemptMail(email))).toEqual([1, 0]);
    expect(await count(() => service.limitVerificationMail('ada'))).toEqual([5, HOUR]);
    expect(await count(() => service.limitReauthentication('ada'))).toEqual([10, QUARTER]);
    clock.advanceSeconds(HOUR);
    expect(await count(() => service.limitSignIn({ email, address }))).toEqual([10, QUARTER]);
  });

  it('turns off single limits', async () => {
    const testApp = await start({
      signInPerAccountAndAddress: false,
      signInPerAccount: false,
      signInPerAddress: { points: 12, duration: HOUR },
    });
    await fail(client(testApp), 'ada@example.com', 12);
    expectRefused(await client(testApp).signIn('ada@example.com'), HOUR);
    await testApp.app
      .get(RateLimitService)
      .reportPasswordReset({ email: 'ada@example.com', address: addressOf('203.0.113.1') });
  });

  it.each<[string, unknown, RegExp]>([
    ['true', true, /^rateLimits is true: write an object such as \{ signInPerAddress: .*, or false to turn all/],
    ['a limit that is none', { perHour: 5 }, /^rateLimits\.perHour is not an option: check its spelling/],
    ['a number', { signUpPerAddress: 20 }, /^rateLimits\.signUpPerAddress is 20: write \{ points, duration \}/],
    ['null', { signUpPerAddress: null }, /^rateLimits\.signUpPerAddress is null: write \{ points, duration \}/],
    [
      'no points',
      { signUpPerAddress: { duration: 60 } },
      /^rateLimits\.signUpPerAddress\.points is missing: write a whole number of attempts, at least 1/,
    ],
    [
      '0 points',
      { signUpPerAddress: { points: 0, duration: 60 } },
      /^rateLimits\.signUpPerAddress\.points is 0: write/,
    ],
    ['half a point', { emailExistsPerAddress: { points: 0.5, duration: 60 } }, /\.points is 0\.5: write a whole/],
    ['too many points', { emailExistsPerAddress: { points: 1e10, duration: 60 } }, /\.points is 10000000000: write/],
    [
      'no duration',
      { signInPerAccount: { points: 1 } },
      /^rateLimits\.signInPerAccount\.duration is missing: write a n/,
    ],
    [
      'a duration of 0',
      { signInPerAccount: { points: 1, duration: 0 } },
      /\.duration is 0: write a number of seconds greater than 0, at most 31536000 \(1 year\)/,
    ],
    ['a duration in words', { signInPerAccount: { points: 1, duration: '1h' } }, /\.duration is "1h": write a number/],
    ['milliseconds', { signInPerAccount: { points: 1, duration: 3_600_000_000 } }, /\.duration is 3600000000: write/],
    [
      'a field that is none',
      { signInPerAccount: { points: 1, duration: 1, per: 'day' } },
      /^rateLimits\.signInPerAccount\.per is not an option/,
    ],
  ])('stops the boot: %s', (_, rateLimits, expected) => {
    let message = '';
    try {
      AuthModule.forRoot(TEST_APP_INFO, { rateLimits } as AuthOptions);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError);
      message = (error as Error).message;
    }
    expect(message).toMatch(expected);
    expect(message).toMatch(/^[^\n]+\.$/);
    expect(message.slice(0, -1)).not.toMatch(/\. [A-Z]/);
  });
});

describe('any order of attempts', () => {
  const LIMITS = {
    signInPerAccountAndAddress: { points: 2, duration: 200 },
    signInPerAddress: { points: 4, duration: 100 },
    signInPerAccount: { points: 3, duration: 60 },
  };

  /** The scheme in a few lines: windows from the first attempt, and what the narrowest limit refuses counts nowhere. */
  class Model {
    private readonly windows = new Map<string, { count: number; end: number }>();
    private readonly known = new Set<string>();

    attempt(email: string, address: string, now: number, succeeds: boolean): 'done' | 'refused' {
      const pair = `${email} ${address}`;
      const counts = [
        { key: pair, ...LIMITS.signInPerAccountAndAddress },
        { key: address, ...LIMITS.signInPerAddress },
        ...(this.known.has(pair) ? [] : [{ key: email, ...LIMITS.signInPerAccount }]),
      ].map(({ key, points, duration }) => {
        const window = this.windows.get(key);
        const isOpen = window !== undefined && window.end > now;
        return { key, points, window: isOpen ? window : { count: 0, end: now + duration * 1000 } };
      });
      const full = counts.findIndex(({ points, window }) => window.count >= points);
      // A limit before the one that refuses had begun to count, so that its window stays open.
      for (const { key, window } of full === -1 ? counts : counts.slice(0, full)) {
        this.windows.set(key, window);
        window.count += full === -1 && !succeeds ? 1 : 0;
      }
      if (full === -1 && succeeds) {
        this.known.add(pair);
      }
      return full === -1 ? 'done' : 'refused';
    }
  }

  it('is limited as the scheme says', async () => {
    const testApp = await start(LIMITS);
    const service = testApp.app.get(RateLimitService);
    const attempt = fc.record({
      email: fc.constantFrom('ada', 'bob', 'carol'),
      address: fc.constantFrom(1, 2, 3),
      succeeds: fc.boolean(),
      waitMs: fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 0, max: 70_000 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { maxLength: 30 }), async (attempts) => {
        const [run, model] = [randomUUID(), new Model()];
        const network = run.replaceAll('-', '').slice(0, 8);
        for (const { email, address, succeeds, waitMs } of attempts) {
          testApp.clock.advance(waitMs);
          const ip = `${network.slice(0, 4)}:${network.slice(4)}:0:${String(address)}::1`;
          const expected = model.attempt(email, ip, testApp.clock.now(), succeeds);
          const outcome = await service
            .limitSignIn({ email: `${email}-${run}@example.com`, address: addressOf(ip) })
            .catch((error: unknown) => {
              expect(error).toBeInstanceOf(TooManyRequestsException);
            });
          if (succeeds) {
            await outcome?.reportSuccess();
          }
          expect(outcome === undefined ? 'refused' : 'done').toBe(expected);
        }
      }),
      { numRuns: process.env['NESTWARD_TEST_STORAGE'] === 'postgres' ? 15 : 80 },
    );
  });
});
