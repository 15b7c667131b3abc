import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import {
  EmailPasswordService,
  PasswordResetService,
  SessionService,
  type SignUpResult,
  type Storage,
  type StorageFactory,
} from 'nestward';
import { hash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { OneTimeTokenHash } from '../../libs/auth/src/one-time-token/one-time-token.js';
import { ExpiredRecordRemovalService } from '../../libs/auth/src/storage/expired-record-removal.service.js';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { createTestStorage } from '../support/test-storage.js';

const DAY_MS = 24 * 3_600_000;

/** A storage that a test can look into, and whose removal of sessions it can break. */
class WatchedStorage implements StorageFactory {
  readonly description = 'a watched storage';
  isBroken = false;
  removals = 0;
  private inner: Storage | undefined;

  async open(): Promise<Storage> {
    const inner = await createTestStorage().open();
    this.inner = inner;
    const sessions = new Proxy(inner.sessions, {
      get: (target, property): unknown => {
        const member: unknown = Reflect.get(target, property);
        if (property === 'removeExpired') {
          this.removals++;
          if (this.isBroken) {
            return () => Promise.reject(new Error('the disk is full'));
          }
        }
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    return new Proxy(inner, {
      get: (target, property): unknown => {
        const member: unknown = property === 'sessions' ? sessions : Reflect.get(target, property);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
  }

  get opened(): Storage {
    if (this.inner === undefined) {
      throw new Error('The storage has not been opened');
    }
    return this.inner;
  }

  /** Whether there is a row of a session, expired or not. */
  async has(handle: string): Promise<boolean> {
    return (await this.inner?.sessions.find(handle)) !== undefined;
  }
}

/** Waits for something that happens in the background. @throws if it does not happen within seconds. */
async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error('It did not happen');
    }
    await delay(5);
  }
}

function getRecipeUserId(result: SignUpResult): string {
  return result.status === 'OK' ? result.recipeUserId : '';
}

describe('the removal of what has expired', () => {
  let storage: WatchedStorage;
  let testApp: TestApp;
  let sessions: SessionService;

  async function start(expiredSessionRemovalInterval: number): Promise<void> {
    storage = new WatchedStorage();
    testApp = await startTestApp({ auth: { storage, session: { expiredSessionRemovalInterval } } });
    sessions = testApp.app.get(SessionService);
  }

  const create = async (): Promise<string> =>
    (await sessions.createNewSessionWithoutRequestResponse('ada')).getHandle();

  it('happens in the background, and takes only what has expired', async () => {
    await start(0.01);
    const old = await Promise.all([create(), create(), create()]);
    testApp.clock.advance(DAY_MS);
    const young = await create();
    testApp.clock.advance(99 * DAY_MS + 1);
    await waitUntil(async () => (await Promise.all(old.map((handle) => storage.has(handle)))).every((is) => !is));
    expect(await storage.has(young)).toBe(true);
    await testApp.close();
  });

  it('does not stop the app from closing, and stops with it', async () => {
    await start(0.001);
    await waitUntil(() => storage.removals > 0);
    await testApp.close();
    const { removals } = storage;
    await delay(20);
    expect(storage.removals).toBe(removals);
  });

  it('warns about a failure, and tries again', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    await start(0.01);
    const handle = await create();
    testApp.clock.advance(101 * DAY_MS);
    storage.isBroken = true;
    await waitUntil(() => warn.mock.calls.length > 0);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('the disk is full'));
    storage.isBroken = false;
    await waitUntil(async () => !(await storage.has(handle)));
    warn.mockRestore();
    await testApp.close();
  });

  it('takes more than a batch', async () => {
    await start(3600);
    const service = testApp.app.get(SessionService);
    const removal = testApp.app.get(ExpiredRecordRemovalService);
    const { outbox } = storage.opened;
    const [leaseId, now] = ['lease', testApp.clock.now()];
    const content = { kind: 'passwordChanged', email: 'a@example.com', websiteDomain: 'http://localhost' } as const;
    for (let i = 0; i < 1001; i++) {
      await service.createNewSessionWithoutRequestResponse('ada');
      await outbox.insert({ id: String(i), content, createdAt: now });
    }
    for (const { id } of await outbox.claimDue({ leaseId, now, leaseUntil: now + DAY_MS, limit: 1001 })) {
      await outbox.giveUp({ id, leaseId });
    }
    testApp.clock.advance(101 * DAY_MS);
    expect(await removal.removeExpiredSessions()).toBe(1001);
    expect(await removal.removeGivenUpMessages()).toBe(1001);
    await testApp.close();
  });

  it('takes expired tokens of mails along, and what was given up of the mails themselves', async () => {
    await start(0.01);
    const recipeUserId = getRecipeUserId(
      await testApp.app.get(EmailPasswordService).signUp('a@example.com', 'passw0rd'),
    );
    const created = await testApp.app.get(PasswordResetService).createToken(recipeUserId);
    const tokenHash = hash('sha256', created.status === 'OK' ? created.token : '', 'base64url') as OneTimeTokenHash;
    const { oneTimeTokens, outbox } = storage.opened;
    const content = { kind: 'passwordChanged', email: 'a@example.com', websiteDomain: 'http://localhost' } as const;
    await outbox.insert({ id: 'given-up', content, createdAt: testApp.clock.now() });
    await outbox.claimDue({
      leaseId: 'lease',
      now: testApp.clock.now(),
      leaseUntil: testApp.clock.now() + DAY_MS,
      limit: 1,
    });
    await outbox.giveUp({ id: 'given-up', leaseId: 'lease' });
    expect(await oneTimeTokens.find(tokenHash)).toBeDefined();
    testApp.clock.advance(9 * DAY_MS);
    await waitUntil(async () => (await oneTimeTokens.find(tokenHash)) === undefined);
    const { removals } = storage;
    await waitUntil(() => storage.removals > removals + 1);
    expect(await outbox.removeGivenUp(testApp.clock.now(), 10)).toBe(0);
    await testApp.close();
  });

  it('is turned off by 0', async () => {
    await start(0);
    const handle = await create();
    testApp.clock.advance(101 * DAY_MS);
    await delay(30);
    expect(await storage.has(handle)).toBe(true);
    expect(storage.removals).toBe(0);
    await testApp.close();
  });

  it('takes an interval that is longer than a timer of Node can be', async () => {
    await start(1e10);
    expect(storage.removals).toBe(0);
    await testApp.close();
  });
});
