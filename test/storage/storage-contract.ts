import { randomUUID } from 'node:crypto';
import type { StorageFactory, Storage } from 'nestward';
import fc from 'fast-check';
import type { CredentialFingerprint, OneTimeTokenHash } from '../../libs/auth/src/one-time-token/one-time-token.js';
import type { RefreshTokenHash } from '../../libs/auth/src/session/refresh-token.js';
import type { OneTimeTokenRecord } from '../../libs/auth/src/storage/one-time-token.storage.js';
import type { NewOutboxMessage } from '../../libs/auth/src/storage/outbox.storage.js';
import { UNKNOWN_DEVICE } from '../../libs/auth/src/session/read-device.js';
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
        const session = newSession({ device: { userAgent: 'Agent/1.0', ipAddress: '192.0.2.1' } });
        await storage.sessions.insert(session);
        const confirmation = {
          handle: session.handle,
          from: hash('first'),
          to: hash('second'),
          confirmedAt: T0 + 5,
          expiresAt: T0 + 9999,
          device: { userAgent: null, ipAddress: '192.0.2.2' },
        };
        expect(await storage.sessions.confirmRefreshToken({ ...confirmation, from: hash('other') })).toBe(false);
        expect(await storage.sessions.confirmRefreshToken(confirmation)).toBe(true);
        expect(await storage.sessions.confirmRefreshToken(confirmation)).toBe(false);
        expect(await storage.sessions.find(session.handle)).toMatchObject({
          refreshTokenHash: 'second',
          previousRefreshTokenHash: 'first',
          confirmedAt: T0 + 5,
          expiresAt: T0 + 9999,
          // What is not known now stays as it was.
          device: { userAgent: 'Agent/1.0', ipAddress: '192.0.2.2' },
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
              device: UNKNOWN_DEVICE,
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

      it('lists the sessions of a user with what they were last used with, and removes all but one', async () => {
        const device = { userAgent: 'Agent/1.0', ipAddress: '2001:db8::1' };
        const [old, young] = [newSession({ userId: 'v', device }), newSession({ userId: 'v', createdAt: T0 + 1 })];
        const [other, expired] = [newSession({ userId: 'w' }), newSession({ userId: 'v', expiresAt: T0 + 10 })];
        for (const session of [old, young, other, expired]) {
          await storage.sessions.insert(session);
        }
        const list = async (now = T0 + 10) =>
          (await storage.sessions.listForUser('v', now)).map(({ handle }) => handle);
        expect(await list()).toEqual([young.handle, old.handle]);
        expect((await storage.sessions.listForUser('v', T0 + 10))[1]).toMatchObject({
          device,
          createdAt: old.createdAt,
        });
        await storage.sessions.confirmRefreshToken({
          handle: old.handle,
          from: old.refreshTokenHash,
          to: hash('next'),
          confirmedAt: T0 + 5,
          expiresAt: old.expiresAt,
          device: UNKNOWN_DEVICE,
        });
        expect(await list()).toEqual([old.handle, young.handle]);
        const removed = await storage.sessions.removeOthersForUser('v', old.handle);
        expect(removed.sort()).toEqual([young.handle, expired.handle].sort());
        expect(await list(T0)).toEqual([old.handle]);
        expect(await storage.sessions.find(other.handle)).toBeDefined();
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

    describe('one-time tokens', () => {
      const newToken = (rest: Partial<OneTimeTokenRecord> = {}): OneTimeTokenRecord => ({
        tokenHash: randomUUID() as OneTimeTokenHash,
        purpose: 'email-verification',
        recipeUserId: randomUUID(),
        tenantId: 'public',
        email: `${randomUUID()}@example.com`,
        credentialFingerprint: null,
        keepSessionHandle: null,
        expiresAt: T0 + 1000,
        ...rest,
      });

      /** A user with a session and with tokens for everything. */
      async function createUser() {
        const [userId, email] = [randomUUID(), `${randomUUID()}@example.com`];
        await storage.users.createEmailPasswordUser({ userId, email, passwordHash: 'old', timeJoined: T0 });
        const session = newSession({ userId, recipeUserId: userId });
        await storage.sessions.insert(session);
        const base = { recipeUserId: userId, email };
        const verification = newToken(base);
        const reset = newToken({ ...base, purpose: 'password-reset' });
        const otherReset = newToken({ ...base, purpose: 'password-reset' });
        const change = newToken({
          ...base,
          purpose: 'email-change',
          email: `new-${email}`,
          credentialFingerprint: 'fingerprint' as CredentialFingerprint,
          keepSessionHandle: session.handle,
        });
        for (const token of [verification, reset, otherReset, change]) {
          await storage.oneTimeTokens.insert(token);
        }
        const countTokens = async (): Promise<number> => {
          const found = await Promise.all(
            [verification, reset, otherReset, change].map(({ tokenHash }) => storage.oneTimeTokens.find(tokenHash)),
          );
          return found.filter((token) => token !== undefined).length;
        };
        return { userId, email, session, verification, reset, otherReset, change, countTokens };
      }

      const getLoginMethod = async (userId: string) => (await storage.users.find(userId))?.loginMethods[0];
      const getOutbox = () =>
        storage.outbox.claimDue({ leaseId: randomUUID(), now: T0 + 10_000, leaseUntil: T0 + 20_000, limit: 100 });
      const notice = (): NewOutboxMessage => ({
        id: randomUUID(),
        content: { kind: 'passwordChanged', email: 'a@example.com', websiteDomain: 'http://localhost' },
        createdAt: T0,
      });

      it('keeps what it was given', async () => {
        const token = newToken({
          purpose: 'email-change',
          credentialFingerprint: 'fingerprint' as CredentialFingerprint,
          keepSessionHandle: randomUUID(),
        });
        await storage.oneTimeTokens.insert(token);
        expect(await storage.oneTimeTokens.find(token.tokenHash)).toEqual(token);
        expect(await storage.oneTimeTokens.find('unknown' as OneTimeTokenHash)).toBeUndefined();
      });

      it('verifies an address once, and removes the other tokens for it', async () => {
        const { userId, email, verification, countTokens } = await createUser();
        const other = newToken({ recipeUserId: userId, email });
        const elsewhere = newToken({ recipeUserId: userId, email: 'elsewhere@example.com' });
        await storage.oneTimeTokens.insert(other);
        await storage.oneTimeTokens.insert(elsewhere);
        const owner = { userId, recipeUserId: userId, email };
        expect(await storage.oneTimeTokens.useToVerifyEmail(verification.tokenHash, T0)).toEqual(owner);
        expect((await getLoginMethod(userId))?.verified).toBe(true);
        expect(await storage.oneTimeTokens.useToVerifyEmail(verification.tokenHash, T0)).toBeUndefined();
        expect(await storage.oneTimeTokens.find(other.tokenHash)).toBeUndefined();
        expect(await storage.oneTimeTokens.find(elsewhere.tokenHash)).toBeDefined();
        expect(await countTokens()).toBe(3);
      });

      it('takes no token that has expired, is for something else, or was sent to another address', async () => {
        const { userId, verification, reset, change, session } = await createUser();
        const { oneTimeTokens } = storage;
        expect(await oneTimeTokens.useToVerifyEmail(verification.tokenHash, T0 + 1000)).toBeUndefined();
        expect(await oneTimeTokens.useToVerifyEmail(reset.tokenHash, T0)).toBeUndefined();
        expect(await oneTimeTokens.useToVerifyEmail(change.tokenHash, T0)).toBeUndefined();
        const password = { passwordHash: 'new', now: T0, revokeSessions: true, notice: notice() };
        for (const { tokenHash } of [verification, change]) {
          expect(await oneTimeTokens.useToResetPassword({ ...password, tokenHash })).toBeUndefined();
        }
        expect(
          await oneTimeTokens.useToResetPassword({ ...password, tokenHash: reset.tokenHash, now: T0 + 1000 }),
        ).toBeUndefined();
        const strayReset = newToken({ recipeUserId: userId, purpose: 'password-reset' });
        const strayVerification = newToken({ recipeUserId: userId });
        await oneTimeTokens.insert(strayReset);
        await oneTimeTokens.insert(strayVerification);
        expect(
          await oneTimeTokens.useToResetPassword({ ...password, tokenHash: strayReset.tokenHash }),
        ).toBeUndefined();
        expect(await oneTimeTokens.useToVerifyEmail(strayVerification.tokenHash, T0)).toBeUndefined();
        expect((await getLoginMethod(userId))?.verified).toBe(false);
        expect((await storage.users.findCredential(userId))?.passwordHash).toBe('old');
        expect(await storage.sessions.find(session.handle)).toBeDefined();
        expect(await getOutbox()).toEqual([]);
      });

      it('sets a password, and with it all that follows', async () => {
        const { userId, email, session, reset, countTokens } = await createUser();
        const sent = notice();
        expect(
          await storage.oneTimeTokens.useToResetPassword({
            tokenHash: reset.tokenHash,
            passwordHash: 'new',
            now: T0,
            revokeSessions: true,
            notice: sent,
          }),
        ).toEqual({ userId, recipeUserId: userId, email });
        expect((await storage.users.findCredential(userId))?.passwordHash).toBe('new');
        expect((await getLoginMethod(userId))?.verified).toBe(true);
        expect(await countTokens()).toBe(0);
        expect(await storage.sessions.find(session.handle)).toBeUndefined();
        expect(await getOutbox()).toEqual([{ ...sent, attempts: 1 }]);
      });

      it('leaves the sessions where it is told to', async () => {
        const { session, reset } = await createUser();
        const use = { tokenHash: reset.tokenHash, passwordHash: 'new', now: T0, notice: undefined };
        expect(await storage.oneTimeTokens.useToResetPassword({ ...use, revokeSessions: false })).toBeDefined();
        expect(await storage.sessions.find(session.handle)).toBeDefined();
      });

      it('lets one of many uses at the same instant win, also of different tokens', async () => {
        const { userId, reset, otherReset } = await createUser();
        const uses = [reset, reset, otherReset, otherReset, reset].map(({ tokenHash }, index) =>
          storage.oneTimeTokens.useToResetPassword({
            tokenHash,
            passwordHash: `new-${String(index)}`,
            now: T0,
            revokeSessions: true,
            notice: notice(),
          }),
        );
        const won = (await Promise.all(uses)).flatMap((owner, index) => (owner === undefined ? [] : [index]));
        expect(won).toHaveLength(1);
        expect((await storage.users.findCredential(userId))?.passwordHash).toBe(`new-${String(won[0])}`);
        expect(await getOutbox()).toHaveLength(1);
      });

      it('changes an address, keeps the session that asked for it, and ends the others', async () => {
        const { userId, email, session, change, countTokens } = await createUser();
        const other = newSession({ userId, recipeUserId: userId });
        await storage.sessions.insert(other);
        expect(
          await storage.oneTimeTokens.useToChangeEmail({
            tokenHash: change.tokenHash,
            expected: { email, passwordHash: 'old' },
            now: T0,
            notice: notice(),
          }),
        ).toEqual({ userId, recipeUserId: userId, email: `new-${email}` });
        expect(await getLoginMethod(userId)).toMatchObject({ email: `new-${email}`, verified: true });
        expect(await countTokens()).toBe(0);
        expect(await storage.sessions.find(session.handle)).toBeDefined();
        expect(await storage.sessions.find(other.handle)).toBeUndefined();
        expect(await getOutbox()).toHaveLength(1);
      });

      it('changes no address that is taken, or of a login method that is not as expected', async () => {
        const { userId, email, change, countTokens } = await createUser();
        const { oneTimeTokens } = storage;
        await storage.users.createEmailPasswordUser({
          userId: randomUUID(),
          email: change.email,
          passwordHash: 'hash',
          timeJoined: T0,
        });
        const use = { tokenHash: change.tokenHash, now: T0, notice: notice() };
        expect(await oneTimeTokens.useToChangeEmail({ ...use, expected: { email, passwordHash: 'old' } })).toBe(
          'email-taken',
        );
        expect(await countTokens()).toBe(4);
        expect(
          await oneTimeTokens.useToChangeEmail({ ...use, expected: { email, passwordHash: 'other' } }),
        ).toBeUndefined();
        expect(await getLoginMethod(userId)).toMatchObject({ email, verified: false });
        expect(await getOutbox()).toEqual([]);
      });

      it('changes a password that is still the expected one, once', async () => {
        const { userId, session, countTokens } = await createUser();
        const other = newSession({ userId, recipeUserId: userId });
        await storage.sessions.insert(other);
        const change = (index: number) =>
          storage.users.changePassword({
            recipeUserId: userId,
            expected: 'old',
            passwordHash: `new-${String(index)}`,
            keepSessionHandle: session.handle,
            notice: notice(),
          });
        const results = await Promise.all([1, 2, 3, 4].map(change));
        expect(results.filter(Boolean)).toHaveLength(1);
        expect((await storage.users.findCredential(userId))?.passwordHash).toBe(
          `new-${String(results.indexOf(true) + 1)}`,
        );
        expect(await countTokens()).toBe(0);
        expect(await storage.sessions.find(session.handle)).toBeDefined();
        expect(await storage.sessions.find(other.handle)).toBeUndefined();
        expect(await getOutbox()).toHaveLength(1);
        expect(await change(5)).toBe(false);
      });

      it('removes the tokens of a login method whose email or password the app changes', async () => {
        for (const update of [{ passwordHash: 'new' }, { email: `${randomUUID()}@example.com` }]) {
          const { userId, countTokens } = await createUser();
          expect(await storage.users.updateEmailPassword(userId, update)).toBe('updated');
          expect(await countTokens()).toBe(0);
        }
      });

      it('says that an address is verified while the login method has it', async () => {
        const { userId, email } = await createUser();
        expect(await storage.users.setEmailVerified(userId, 'other@example.com', true)).toBe(false);
        expect((await getLoginMethod(userId))?.verified).toBe(false);
        expect(await storage.users.setEmailVerified(userId, email, true)).toBe(true);
        expect((await getLoginMethod(userId))?.verified).toBe(true);
        expect(await storage.users.setEmailVerified(userId, email, false)).toBe(true);
        expect((await getLoginMethod(userId))?.verified).toBe(false);
        expect(await storage.users.setEmailVerified(randomUUID(), email, true)).toBe(false);
      });

      it('removes the tokens for one purpose and address', async () => {
        const { userId, email, verification, reset, countTokens } = await createUser();
        await storage.oneTimeTokens.removeAll(userId, 'email-verification', 'other@example.com');
        expect(await countTokens()).toBe(4);
        await storage.oneTimeTokens.removeAll(userId, 'email-verification', email);
        expect(await storage.oneTimeTokens.find(verification.tokenHash)).toBeUndefined();
        await storage.oneTimeTokens.removeAll(userId, 'password-reset');
        expect(await storage.oneTimeTokens.find(reset.tokenHash)).toBeUndefined();
        expect(await countTokens()).toBe(1);
      });

      it('removes expired tokens, no more at once than it is told to', async () => {
        const expired = [1, 2, 3].map((index) => newToken({ expiresAt: T0 - index }));
        const live = newToken({ expiresAt: T0 });
        for (const token of [...expired, live]) {
          await storage.oneTimeTokens.insert(token);
        }
        expect(await storage.oneTimeTokens.removeExpired(T0, 2)).toBe(2);
        expect(await storage.oneTimeTokens.removeExpired(T0, 2)).toBe(1);
        expect(await storage.oneTimeTokens.removeExpired(T0, 2)).toBe(0);
        expect(await storage.oneTimeTokens.find(live.tokenHash)).toBeDefined();
      });
    });

    describe('outbox', () => {
      const newMessage = (createdAt = T0): NewOutboxMessage => ({
        id: randomUUID(),
        content: { kind: 'resetPassword', email: `${randomUUID()}@example.com`, websiteDomain: 'https://acme.com' },
        createdAt,
      });
      const claim = (now: number, limit = 10, leaseUntil = now + 1000, leaseId: string = randomUUID()) =>
        storage.outbox.claimDue({ leaseId, now, leaseUntil, limit });

      it('hands out what is due, those that have waited longest first, and not again before the lease ends', async () => {
        const messages = [newMessage(T0 + 2), newMessage(T0), newMessage(T0 + 1), newMessage(T0 + 100)];
        for (const message of messages) {
          await storage.outbox.insert(message);
        }
        const [late, first, second, future] = messages;
        expect(new Set((await claim(T0 + 10, 2)).map(({ id }) => id))).toEqual(new Set([first?.id, second?.id]));
        expect(await claim(T0 + 10)).toEqual([{ ...late, attempts: 1 }]);
        expect(await claim(T0 + 10)).toEqual([]);
        expect(await claim(T0 + 100)).toEqual([{ ...future, attempts: 1 }]);
        const again = await claim(T0 + 1010);
        expect(again).toHaveLength(3);
        expect(again.map(({ attempts }) => attempts)).toEqual([2, 2, 2]);
      });

      it('gives each message to one of many nodes', async () => {
        const messages = Array.from({ length: 20 }, () => newMessage());
        for (const message of messages) {
          await storage.outbox.insert(message);
        }
        const claimed: string[] = [];
        while (claimed.length < messages.length) {
          const batches = await Promise.all([1, 2, 3, 4].map(() => claim(T0, 3)));
          claimed.push(...batches.flat().map(({ id }) => id));
        }
        expect(claimed.sort()).toEqual(messages.map(({ id }) => id).sort());
      });

      it('listens only to whoever holds the lease', async () => {
        const message = newMessage();
        const { id } = message;
        await storage.outbox.insert(message);
        await claim(T0, 1, T0 + 10, 'first');
        await claim(T0 + 10, 1, T0 + 20, 'second');
        expect(await storage.outbox.remove({ id, leaseId: 'first' })).toBe(false);
        expect(await storage.outbox.postpone({ id, leaseId: 'first' }, T0)).toBe(false);
        expect(await storage.outbox.giveUp({ id, leaseId: 'first' })).toBe(false);
        expect(await claim(T0 + 19)).toEqual([]);
        expect(await storage.outbox.postpone({ id, leaseId: 'second' }, T0 + 30)).toBe(true);
        expect(await claim(T0 + 29)).toEqual([]);
        expect(await storage.outbox.remove({ id, leaseId: 'second' })).toBe(true);
        expect(await claim(T0 + 1000)).toEqual([]);
      });

      it('keeps what was given up from being tried again, and removes it later', async () => {
        const messages = [newMessage(T0), newMessage(T0 + 1), newMessage(T0 + 2)];
        for (const message of messages) {
          await storage.outbox.insert(message);
        }
        await claim(T0 + 1, 2, T0 + 100, 'lease');
        for (const { id } of messages.slice(0, 2)) {
          expect(await storage.outbox.giveUp({ id, leaseId: 'lease' })).toBe(true);
        }
        expect((await claim(T0 + 1_000_000)).map(({ id }) => id)).toEqual([messages[2]?.id]);
        expect(await storage.outbox.removeGivenUp(T0 + 1, 10)).toBe(1);
        expect(await storage.outbox.removeGivenUp(T0 + 1_000_000, 10)).toBe(1);
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

    describe('rate limits', () => {
      const WINDOW_MS = 60_000;

      const add = (key: string, rest: { points?: number; maxPoints?: number; now?: number } = {}) => {
        const { points = 1, maxPoints = 10, now = T0 } = rest;
        return storage.rateLimits.add({ key, points, maxPoints, now, expiresAt: now + WINDOW_MS });
      };

      it('counts until there is no more room, and then changes nothing', async () => {
        const expiresAt = T0 + WINDOW_MS;
        expect(await add('a', { points: 2, maxPoints: 3 })).toEqual({ points: 2, expiresAt });
        // The window is that of the first addition.
        expect(await add('a', { maxPoints: 3, now: T0 + 5 })).toEqual({ points: 3, expiresAt });
        expect(await add('a', { maxPoints: 3, now: T0 + 6 })).toBeUndefined();
        expect(await storage.rateLimits.find('a', T0 + 6)).toEqual({ points: 3, expiresAt });
        expect(await add('b', { maxPoints: 3 })).toEqual({ points: 1, expiresAt });
      });

      it('begins anew at the end of the window, and not before', async () => {
        await add('a', { points: 10 });
        expect(await add('a', { now: T0 + WINDOW_MS - 1 })).toBeUndefined();
        expect(await storage.rateLimits.find('a', T0 + WINDOW_MS - 1)).toBeDefined();
        expect(await storage.rateLimits.find('a', T0 + WINDOW_MS)).toBeUndefined();
        expect(await add('a', { now: T0 + WINDOW_MS })).toEqual({ points: 1, expiresAt: T0 + 2 * WINDOW_MS });
      });

      it('sets and removes', async () => {
        const counter = { points: 7, expiresAt: T0 + 1 };
        await storage.rateLimits.set('a', { points: 1, expiresAt: T0 + 100 });
        await storage.rateLimits.set('a', counter);
        expect(await storage.rateLimits.find('a', T0)).toEqual(counter);
        expect(await storage.rateLimits.remove('a')).toBe(true);
        expect(await storage.rateLimits.remove('a')).toBe(false);
        expect(await storage.rateLimits.find('a', T0)).toBeUndefined();
      });

      it('gives back in the window that was counted in, and never below nothing', async () => {
        const first = await add('a');
        expect(await storage.rateLimits.giveBack('a', 1, first?.expiresAt ?? 0)).toBe(true);
        expect(await storage.rateLimits.find('a', T0)).toEqual({ points: 0, expiresAt: T0 + WINDOW_MS });
        expect(await storage.rateLimits.giveBack('a', 1, first?.expiresAt ?? 0)).toBe(false);
        expect(await storage.rateLimits.giveBack('nothing', 1, first?.expiresAt ?? 0)).toBe(false);
        const next = await add('a', { now: T0 + WINDOW_MS });
        expect(await storage.rateLimits.giveBack('a', 1, first?.expiresAt ?? 0)).toBe(false);
        expect(await storage.rateLimits.find('a', T0 + WINDOW_MS)).toEqual(next);
      });

      it('has room for exactly as many at the same instant as one after the other', async () => {
        const [fresh, expired] = await Promise.all(
          ['fresh', 'expired'].map(async (key) => {
            await (key === 'expired' ? add(key, { points: 10, now: T0 - WINDOW_MS }) : undefined);
            return Promise.all(Array.from({ length: 40 }, () => add(key)));
          }),
        );
        for (const [key, outcomes] of Object.entries({ fresh, expired })) {
          const points = (outcomes ?? []).flatMap((counter) => counter?.points ?? []);
          expect(points.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
          expect(await storage.rateLimits.find(key, T0)).toMatchObject({ points: 10 });
        }
      });

      it('loses nothing where some count while others give back', async () => {
        await add('a', { points: 20, maxPoints: 100 });
        const expiresAt = T0 + WINDOW_MS;
        const outcomes = await Promise.all(
          Array.from({ length: 40 }, (_, index) =>
            index % 2 === 0 ? add('a', { maxPoints: 100 }) : storage.rateLimits.giveBack('a', 1, expiresAt),
          ),
        );
        expect(outcomes.filter((outcome) => outcome === undefined || outcome === false)).toEqual([]);
        expect(await storage.rateLimits.find('a', T0)).toEqual({ points: 20, expiresAt });
      });

      it('removes what has expired, no more at once than it is told to', async () => {
        for (let index = 0; index < 5; index++) {
          await add(`expired-${String(index)}`, { now: T0 + index });
        }
        const end = T0 + WINDOW_MS + 4;
        await add('alive', { now: T0 + 5 });
        expect(await storage.rateLimits.removeExpired(end, 3)).toBe(3);
        expect(await storage.rateLimits.find('expired-4', T0 + 4)).toBeDefined();
        expect(await storage.rateLimits.removeExpired(end, 3)).toBe(2);
        expect(await storage.rateLimits.removeExpired(end, 3)).toBe(0);
        expect(await storage.rateLimits.find('alive', T0 + 5)).toBeDefined();
      });

      it('keeps a counter that begins anew while expired ones are removed', async () => {
        const keys = Array.from({ length: 20 }, (_, index) => `key-${String(index)}`);
        await Promise.all(keys.map((key) => add(key, { points: 10 })));
        const now = T0 + WINDOW_MS;
        await Promise.all(keys.flatMap((key) => [add(key, { now }), storage.rateLimits.removeExpired(now, 100)]));
        for (const key of keys) {
          expect(await storage.rateLimits.find(key, now)).toEqual({ points: 1, expiresAt: now + WINDOW_MS });
        }
      });

      it('counts like a counter in memory, whatever happens in which order', async () => {
        const step = fc.oneof(
          fc.record({ kind: fc.constant('add' as const), points: fc.integer({ min: 1, max: 3 }) }),
          fc.record({ kind: fc.constant('giveBack' as const), window: fc.nat({ max: 3 }) }),
          fc.record({ kind: fc.constant('wait' as const), ms: fc.nat({ max: WINDOW_MS }) }),
          fc.record({ kind: fc.constant('removeExpired' as const) }),
        );
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
            const key = randomUUID();
            const windows: number[] = [];
            let model: { points: number; expiresAt: number } | undefined;
            let now = T0;
            for (const action of steps) {
              const valid = model !== undefined && model.expiresAt > now ? model : undefined;
              if (action.kind === 'wait') {
                now += action.ms;
              } else if (action.kind === 'removeExpired') {
                await storage.rateLimits.removeExpired(now, 100);
                model = valid;
              } else if (action.kind === 'add') {
                const points: number = (valid?.points ?? 0) + action.points;
                const expected = points > 4 ? undefined : { points, expiresAt: valid?.expiresAt ?? now + WINDOW_MS };
                expect(await add(key, { points: action.points, maxPoints: 4, now })).toEqual(expected);
                model = expected ?? model;
                windows.push(now + WINDOW_MS);
              } else {
                const expiresAt = windows.at(-1 - action.window) ?? 0;
                const fits = model?.expiresAt === expiresAt && model.points > 0;
                expect(await storage.rateLimits.giveBack(key, 1, expiresAt)).toBe(fits);
                model = fits && model !== undefined ? { ...model, points: model.points - 1 } : model;
              }
            }
            const left = model !== undefined && model.expiresAt > now ? model : undefined;
            expect(await storage.rateLimits.find(key, now)).toEqual(left);
          }),
          { numRuns: 60 },
        );
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
    device: UNKNOWN_DEVICE,
    ...overrides,
  };
}
