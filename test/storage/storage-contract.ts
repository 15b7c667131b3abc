import { randomUUID } from 'node:crypto';
import type { StorageFactory, Storage } from 'nestward';
import fc from 'fast-check';
import type { RefreshTokenHash } from '../../libs/auth/src/session/refresh-token.js';
import type { NewSession } from '../../libs/auth/src/storage/session.storage.js';
import type { KeyRecord } from '../../libs/auth/src/storage/signing-key.storage.js';

/** Makes an empty storage, and takes it away again. */
export interface StorageUnderTest {
  readonly factory: StorageFactory;
  dispose(): Promise<void>;
}

const T0 = 1_700_000_000_000;

/**
 * What every storage must do, whatever database is under it.
 * @param name names the database in the test report.
 * @param create makes an empty storage for each test.
 */
export function describeStorageContract(name: string, create: () => Promise<StorageUnderTest>): void {
  describe(`the storage contract on ${name}`, () => {
    let under: StorageUnderTest;
    let storage: Storage;

    beforeEach(async () => {
      under = await create();
      storage = await under.factory.open();
      await storage.migrate();
    });

    afterEach(async () => {
      await storage.close();
      await under.dispose();
    });

    describe('schema', () => {
      it('migrates once and finds nothing to do after that', async () => {
        expect(await storage.migrate()).toEqual([]);
        await expect(storage.checkSchema()).resolves.toBeUndefined();
        await expect(storage.ping()).resolves.toBeUndefined();
      });

      it('refuses a schema that has not been made, and says what to run', async () => {
        const empty = await create();
        const unmigrated = await empty.factory.open();
        await expect(unmigrated.checkSchema()).rejects.toMatchObject({
          name: 'ConfigurationError',
          message: expect.stringMatching(/older than this version.*npx nestward migrate/s) as string,
        });
        await unmigrated.close();
        await empty.dispose();
      });

      it('migrates once although several nodes boot at the same moment', async () => {
        const empty = await create();
        const nodes = await Promise.all([1, 2, 3].map(() => empty.factory.open()));
        const ran = await Promise.all(nodes.map((node) => node.migrate()));
        const isShared = empty.factory.description.includes(':memory:') ? 3 : 1;
        expect(ran.filter((names) => names.length > 0)).toHaveLength(isShared);
        await Promise.all(nodes.map((node) => node.checkSchema()));
        await Promise.all(nodes.map((node) => node.close()));
        await empty.dispose();
      });
    });

    describe('users', () => {
      const newUser = (email = `${randomUUID()}@example.com`) => ({
        userId: randomUUID(),
        email,
        passwordHash: `hash-${randomUUID()}`,
        timeJoined: T0,
      });

      it('creates a user with one login method and finds it by its id', async () => {
        const user = newUser();
        expect(await storage.users.createEmailPasswordUser(user)).toBe('created');
        expect(await storage.users.find(user.userId)).toEqual({
          id: user.userId,
          isPrimaryUser: false,
          tenantIds: ['public'],
          timeJoined: T0,
          loginMethods: [
            {
              recipeId: 'emailpassword',
              recipeUserId: user.userId,
              tenantIds: ['public'],
              email: user.email,
              verified: false,
              timeJoined: T0,
            },
          ],
        });
        expect(await storage.users.listByEmail(user.email)).toHaveLength(1);
      });

      it('answers undefined or nothing for what is not there', async () => {
        expect(await storage.users.find('nobody')).toBeUndefined();
        expect(await storage.users.findCredential('nobody')).toBeUndefined();
        expect(await storage.users.findCredentialByEmail('nobody@example.com')).toBeUndefined();
        expect(await storage.users.listByEmail('nobody@example.com')).toEqual([]);
        expect(await storage.users.remove('nobody')).toBe(false);
        expect(await storage.users.replacePasswordHash('nobody', 'a', 'b')).toBe(false);
      });

      it('refuses a taken email and leaves nothing of the second user behind', async () => {
        const first = newUser();
        const second = newUser(first.email);
        await storage.users.createEmailPasswordUser(first);
        expect(await storage.users.createEmailPasswordUser(second)).toBe('email-taken');
        expect(await storage.users.find(second.userId)).toBeUndefined();
        expect(await storage.users.listByEmail(first.email)).toHaveLength(1);
      });

      it('lets one of many sign-ups of one email at the same instant win', async () => {
        const users = Array.from({ length: 8 }, () => newUser('race@example.com'));
        const outcomes = await Promise.all(users.map((user) => storage.users.createEmailPasswordUser(user)));
        expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
        expect(outcomes.filter((outcome) => outcome === 'email-taken')).toHaveLength(7);
        expect(await storage.users.listByEmail('race@example.com')).toHaveLength(1);
      });

      it('finds credentials by email and by login method', async () => {
        const user = newUser();
        await storage.users.createEmailPasswordUser(user);
        const credential = { userId: user.userId, recipeUserId: user.userId, passwordHash: user.passwordHash };
        expect(await storage.users.findCredentialByEmail(user.email)).toEqual(credential);
        expect(await storage.users.findCredential(user.userId)).toEqual(credential);
      });

      it('changes email and password hash together', async () => {
        const user = newUser();
        await storage.users.createEmailPasswordUser(user);
        const update = { email: 'new@example.com', passwordHash: 'new' };
        expect(await storage.users.updateEmailPassword(user.userId, update)).toBe('updated');
        expect(await storage.users.findCredentialByEmail('new@example.com')).toMatchObject({ passwordHash: 'new' });
        expect(await storage.users.findCredentialByEmail(user.email)).toBeUndefined();
      });

      it('changes neither email nor password hash if the email is taken', async () => {
        const [first, second] = [newUser(), newUser()];
        await storage.users.createEmailPasswordUser(first);
        await storage.users.createEmailPasswordUser(second);
        const update = { email: first.email, passwordHash: 'new' };
        expect(await storage.users.updateEmailPassword(second.userId, update)).toBe('email-taken');
        expect(await storage.users.findCredential(second.userId)).toMatchObject({ passwordHash: second.passwordHash });
      });

      it('answers unknown-user for an update of nobody, also of nothing', async () => {
        expect(await storage.users.updateEmailPassword('nobody', { email: 'a@example.com' })).toBe('unknown-user');
        expect(await storage.users.updateEmailPassword('nobody', {})).toBe('unknown-user');
      });

      it('replaces a password hash only if it is the expected one', async () => {
        const user = newUser();
        await storage.users.createEmailPasswordUser(user);
        expect(await storage.users.replacePasswordHash(user.userId, 'other', 'new')).toBe(false);
        const attempts = ['a', 'b', 'c'].map((hash) =>
          storage.users.replacePasswordHash(user.userId, user.passwordHash, hash),
        );
        expect((await Promise.all(attempts)).filter(Boolean)).toHaveLength(1);
      });

      it('removes a user with its login methods and sessions', async () => {
        const user = newUser();
        await storage.users.createEmailPasswordUser(user);
        await storage.sessions.insert(newSession({ userId: user.userId, handle: 'of-user' }));
        expect(await storage.users.remove(user.userId)).toBe(true);
        expect(await storage.users.find(user.userId)).toBeUndefined();
        expect(await storage.users.findCredentialByEmail(user.email)).toBeUndefined();
        expect(await storage.sessions.find('of-user')).toBeUndefined();
        expect(await storage.users.createEmailPasswordUser(newUser(user.email))).toBe('created');
      });
    });

    describe('sessions', () => {
      it('keeps what it was given', async () => {
        const session = newSession({
          accessTokenPayload: { nested: { list: [1, 'two', null, true] }, 'ünïcode 💥': '\u0000"\\' },
          sessionData: { a: 1.5 },
        });
        await storage.sessions.insert(session);
        expect(await storage.sessions.find(session.handle)).toEqual({
          ...session,
          previousRefreshTokenHash: null,
          confirmedAt: session.createdAt,
          accessTokenPayloadVersion: 0,
        });
        expect(await storage.sessions.find('nothing')).toBeUndefined();
      });

      it('keeps any JSON object', async () => {
        await fc.assert(
          fc.asyncProperty(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), async (value) => {
            const json = JSON.parse(JSON.stringify(value)) as NewSession['sessionData'];
            // PostgreSQL's text cannot hold U+0000, which JSON escapes.
            const session = newSession({ handle: randomUUID(), sessionData: json, accessTokenPayload: json });
            await storage.sessions.insert(session);
            const found = await storage.sessions.find(session.handle);
            expect(found?.sessionData).toEqual(json);
            expect(found?.accessTokenPayload).toEqual(json);
          }),
          { numRuns: 50 },
        );
      });

      it('confirms a refresh token only in the place of the expected one', async () => {
        const session = newSession();
        await storage.sessions.insert(session);
        const confirmation = {
          handle: session.handle,
          from: hash('first'),
          to: hash('second'),
          confirmedAt: T0 + 5,
          expiresAt: T0 + 9999,
        };
        expect(await storage.sessions.confirmRefreshToken({ ...confirmation, from: hash('other') })).toBe(false);
        expect(await storage.sessions.confirmRefreshToken(confirmation)).toBe(true);
        expect(await storage.sessions.confirmRefreshToken(confirmation)).toBe(false);
        expect(await storage.sessions.find(session.handle)).toMatchObject({
          refreshTokenHash: 'second',
          previousRefreshTokenHash: 'first',
          confirmedAt: T0 + 5,
          expiresAt: T0 + 9999,
        });
      });

      it('lets one of many confirmations at the same instant win', async () => {
        const session = newSession();
        await storage.sessions.insert(session);
        const outcomes = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            storage.sessions.confirmRefreshToken({
              handle: session.handle,
              from: hash('first'),
              to: hash(`child-${String(index)}`),
              confirmedAt: T0,
              expiresAt: T0 + 1,
            }),
          ),
        );
        expect(outcomes.filter(Boolean)).toHaveLength(1);
        const winner = `child-${String(outcomes.indexOf(true))}`;
        expect(await storage.sessions.find(session.handle)).toMatchObject({ refreshTokenHash: winner });
      });

      it('extends and removes only while the confirmed token is the expected one', async () => {
        const session = newSession();
        await storage.sessions.insert(session);
        expect(await storage.sessions.extend(session.handle, hash('other'), 5)).toBe(false);
        expect(await storage.sessions.extend(session.handle, hash('first'), T0 + 77)).toBe(true);
        expect(await storage.sessions.find(session.handle)).toMatchObject({ expiresAt: T0 + 77 });
        expect(await storage.sessions.removeConfirmed(session.handle, hash('other'))).toBe(false);
        expect(await storage.sessions.removeConfirmed(session.handle, hash('first'))).toBe(true);
        expect(await storage.sessions.removeConfirmed(session.handle, hash('first'))).toBe(false);
        expect(await storage.sessions.find(session.handle)).toBeUndefined();
      });

      it('removes by handle, thousands at once, and says which existed', async () => {
        const handles = ['a', 'b', 'c'];
        for (const handle of handles) {
          await storage.sessions.insert(newSession({ handle }));
        }
        const asked = [...Array.from({ length: 2000 }, (_, index) => `none-${String(index)}`), 'a', 'c'];
        expect((await storage.sessions.remove(asked)).sort()).toEqual(['a', 'c']);
        expect(await storage.sessions.remove([])).toEqual([]);
        expect(await storage.sessions.find('b')).toBeDefined();
      });

      it('lists and removes by user, oldest first, without the expired', async () => {
        await storage.sessions.insert(newSession({ handle: 'young', userId: 'u', createdAt: T0 + 2 }));
        await storage.sessions.insert(newSession({ handle: 'old', userId: 'u', createdAt: T0 + 1 }));
        await storage.sessions.insert(newSession({ handle: 'expired', userId: 'u', expiresAt: T0 + 10 }));
        await storage.sessions.insert(newSession({ handle: 'other', userId: 'v' }));
        expect(await storage.sessions.listHandlesForUser('u', T0 + 10)).toEqual(['old', 'young']);
        expect((await storage.sessions.removeAllForUser('u')).sort()).toEqual(['expired', 'old', 'young']);
        expect(await storage.sessions.removeAllForUser('u')).toEqual([]);
        expect(await storage.sessions.find('other')).toBeDefined();
      });

      it('updates the payload only if nobody else did since it was read', async () => {
        await storage.sessions.insert(newSession({ handle: 's' }));
        const outcomes = await Promise.all(
          [1, 2, 3].map((value) => storage.sessions.updateAccessTokenPayload('s', 0, { value })),
        );
        expect(outcomes.filter(Boolean)).toHaveLength(1);
        const value = outcomes.indexOf(true) + 1;
        expect(await storage.sessions.find('s')).toMatchObject({
          accessTokenPayload: { value },
          accessTokenPayloadVersion: 1,
        });
        expect(await storage.sessions.updateAccessTokenPayload('nothing', 0, {})).toBe(false);
      });

      it('replaces the session data', async () => {
        await storage.sessions.insert(newSession({ handle: 's' }));
        expect(await storage.sessions.updateSessionData('s', { new: true })).toBe(true);
        expect(await storage.sessions.find('s')).toMatchObject({ sessionData: { new: true } });
        expect(await storage.sessions.updateSessionData('nothing', {})).toBe(false);
      });

      it('removes expired sessions, no more at once than it is told to', async () => {
        for (let index = 0; index < 5; index++) {
          await storage.sessions.insert(newSession({ handle: `expired-${String(index)}`, expiresAt: T0 + index }));
        }
        await storage.sessions.insert(newSession({ handle: 'alive', expiresAt: T0 + 100 }));
        expect(await storage.sessions.removeExpired(T0 + 100, 3)).toBe(3);
        expect(await storage.sessions.find('expired-4')).toBeDefined();
        expect(await storage.sessions.removeExpired(T0 + 100, 3)).toBe(2);
        expect(await storage.sessions.removeExpired(T0 + 100, 3)).toBe(0);
        expect(await storage.sessions.find('alive')).toBeDefined();
      });
    });

    describe('keys', () => {
      const newKey = (overrides: Partial<KeyRecord> = {}): KeyRecord => ({
        id: randomUUID(),
        purpose: 'dynamic',
        generation: 1,
        algorithm: 'ES256',
        material: 'secret',
        createdAt: T0,
        activeFrom: T0 + 1,
        ...overrides,
      });

      it('lists keys by purpose and generation', async () => {
        const keys = [
          newKey({ purpose: 'dynamic', generation: 2 }),
          newKey({ purpose: 'static', generation: 1 }),
          newKey({ purpose: 'dynamic', generation: 1 }),
        ];
        for (const key of keys) {
          expect(await storage.keys.insert(key)).toBe(true);
        }
        const [second, other, first] = keys;
        expect(await storage.keys.list()).toEqual([first, second, other]);
        await storage.keys.remove([first?.id ?? '', other?.id ?? '']);
        expect(await storage.keys.list()).toEqual([second]);
        await storage.keys.remove([]);
      });

      it('lets one of many keys of a generation win', async () => {
        const keys = Array.from({ length: 6 }, () => newKey());
        const outcomes = await Promise.all(keys.map((key) => storage.keys.insert(key)));
        expect(outcomes.filter(Boolean)).toHaveLength(1);
        expect(await storage.keys.list()).toEqual([keys[outcomes.indexOf(true)]]);
      });

      it('replaces the material of a key only if it is the expected one', async () => {
        const key = newKey();
        await storage.keys.insert(key);
        expect(await storage.keys.replaceMaterial(key.id, 'other', 'new')).toBe(false);
        expect(await storage.keys.replaceMaterial(key.id, 'secret', 'new')).toBe(true);
        expect(await storage.keys.list()).toEqual([{ ...key, material: 'new' }]);
      });
    });
  });
}

function hash(text: string): RefreshTokenHash {
  return text as RefreshTokenHash;
}

function newSession(overrides: Partial<NewSession> = {}): NewSession {
  return {
    handle: randomUUID(),
    userId: 'user',
    recipeUserId: 'user',
    tenantId: 'public',
    refreshTokenHash: hash('first'),
    accessTokenPayload: {},
    sessionData: {},
    createdAt: T0,
    expiresAt: T0 + 1_000_000,
    ...overrides,
  };
}
