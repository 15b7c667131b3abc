import { BadInputException, EmailPasswordService, UserService, type Storage } from 'nestward';
import { startTestApp, type TestApp } from '../support/create-app.js';

import { CHEAP_HASHING } from './client.js';
import { createSharedDatabase, type SharedDatabase } from './shared-database.js';

const UNKEPT_EMAILS = ['', ' ', 'ada\u0000@example.com', 'ada\uD800@example.com', 'a'.repeat(255)];

describe('EmailPasswordService', () => {
  let database: SharedDatabase;
  let storage: Storage;
  let testApp: TestApp;
  let service: EmailPasswordService;

  beforeEach(async () => {
    database = createSharedDatabase();
    storage = await database.factory.open();
    testApp = await startApp(CHEAP_HASHING);
    service = testApp.app.get(EmailPasswordService);
  });

  afterEach(async () => {
    await testApp.close();
    await storage.close();
    database.close();
  });

  function startApp(passwordHashing: typeof CHEAP_HASHING): Promise<TestApp> {
    return startTestApp({
      auth: { storage: database.factory, emailPassword: { passwordHashing } },
    });
  }

  async function signUp(email: string, password = 'passw0rd'): Promise<string> {
    const result = await service.signUp(email, password);
    if (result.status !== 'OK') {
      throw new Error(result.status);
    }
    return result.user.id;
  }

  async function storedHash(recipeUserId: string): Promise<string> {
    const credential = await storage.users.findCredential(recipeUserId);
    return credential?.passwordHash ?? 'none';
  }

  describe('signUp', () => {
    it('creates a user with one login method', async () => {
      const result = await service.signUp(' Ada@example.com ', 'passw0rd');
      expect(result).toMatchObject({
        status: 'OK',
        user: {
          loginMethods: [
            {
              recipeId: 'emailpassword',
              email: 'ada@example.com',
              verified: false,
            },
          ],
        },
      });
      if (result.status === 'OK') {
        expect(result.recipeUserId).toBe(result.user.loginMethods[0]?.recipeUserId);
        expect(result.user.timeJoined).toBe(testApp.clock.now());
      }
    });

    it('answers EMAIL_ALREADY_EXISTS_ERROR for a taken email', async () => {
      await signUp('ada@example.com');
      await expect(service.signUp('ADA@example.com', 'another1')).resolves.toStrictEqual({
        status: 'EMAIL_ALREADY_EXISTS_ERROR',
      });
    });

    it('asks no validator: code may sign up whom it likes', async () => {
      await expect(service.signUp('a-user-name', 'x')).resolves.toMatchObject({
        status: 'OK',
      });
    });

    it.each(UNKEPT_EMAILS)('throws BadInputException for the email %j', async (email) => {
      await expect(service.signUp(email, 'passw0rd')).rejects.toThrow(BadInputException);
    });

    it.each(['', 'a'.repeat(1025)])(
      'throws BadInputException for a password that is empty or too long',
      async (password) => {
        await expect(service.signUp('ada@example.com', password)).rejects.toThrow(BadInputException);
        await expect(service.emailExists('ada@example.com')).resolves.toBe(false);
      },
    );
  });

  describe.each(['signIn', 'verifyCredentials'] as const)('%s', (method) => {
    it('answers OK with the user', async () => {
      const userId = await signUp('ada@example.com');
      await expect(service[method](' ADA@example.com', 'passw0rd')).resolves.toMatchObject({
        status: 'OK',
        user: { id: userId },
        recipeUserId: userId,
      });
    });

    it('answers WRONG_CREDENTIALS_ERROR for a wrong password, an unknown email and a user who is gone', async () => {
      const wrong = { status: 'WRONG_CREDENTIALS_ERROR' };
      const userId = await signUp('ada@example.com');
      await expect(service[method]('ada@example.com', 'passw0rd1')).resolves.toStrictEqual(wrong);
      await expect(service[method]('eve@example.com', 'passw0rd')).resolves.toStrictEqual(wrong);
      await testApp.app.get(UserService).deleteUser(userId);
      await expect(service[method]('ada@example.com', 'passw0rd')).resolves.toStrictEqual(wrong);
    });

    it.each(UNKEPT_EMAILS)('answers WRONG_CREDENTIALS_ERROR for the email %j', async (email) => {
      await expect(service[method](email, 'passw0rd')).resolves.toStrictEqual({ status: 'WRONG_CREDENTIALS_ERROR' });
    });

    it('answers WRONG_CREDENTIALS_ERROR where the stored hash is malformed', async () => {
      const userId = await signUp('ada@example.com');
      await storage.users.replacePasswordHash(userId, await storedHash(userId), 'malformed');
      await expect(service[method]('ada@example.com', 'malformed')).resolves.toStrictEqual({
        status: 'WRONG_CREDENTIALS_ERROR',
      });
    });
  });

  describe('a hash with older parameters', () => {
    const NEWER = { memoryCost: 128, timeCost: 2, parallelism: 1 };
    let newerApp: TestApp;
    let newer: EmailPasswordService;
    let userId: string;
    let oldHash: string;

    beforeEach(async () => {
      userId = await signUp('ada@example.com');
      oldHash = await storedHash(userId);
      newerApp = await startApp(NEWER);
      newer = newerApp.app.get(EmailPasswordService);
    });

    afterEach(async () => {
      await newerApp.close();
    });

    it('is renewed at the next sign-in, and the password stays', async () => {
      await expect(newer.signIn('ada@example.com', 'passw0rd')).resolves.toMatchObject({ status: 'OK' });
      const newHash = await storedHash(userId);
      expect(newHash).toContain('$m=128,t=2,p=1$');
      await expect(newer.signIn('ada@example.com', 'passw0rd')).resolves.toMatchObject({ status: 'OK' });
      await expect(storedHash(userId)).resolves.toBe(newHash);
    });

    it('is not renewed by a wrong password, nor by verifyCredentials', async () => {
      await newer.signIn('ada@example.com', 'passw0rd1');
      await newer.verifyCredentials('ada@example.com', 'passw0rd');
      await expect(storedHash(userId)).resolves.toBe(oldHash);
    });

    it('is not renewed over a password that is changed between the check and the renewal', async () => {
      const users: Storage['users'] = Object.create(storage.users);
      users.replacePasswordHash = async (...change) => {
        await service.updateEmailOrPassword({ recipeUserId: userId, password: 'changed1' });
        return storage.users.replacePasswordHash(...change);
      };
      const racingStorage: Storage = Object.assign(Object.create(storage), { users, close: () => Promise.resolve() });
      const racingApp = await startTestApp({
        auth: {
          storage: { description: 'a storage where things happen', open: () => Promise.resolve(racingStorage) },
          emailPassword: { passwordHashing: NEWER },
        },
      });
      await racingApp.app.get(EmailPasswordService).signIn('ada@example.com', 'passw0rd');
      await racingApp.close();
      await expect(service.signIn('ada@example.com', 'changed1')).resolves.toMatchObject({ status: 'OK' });
      await expect(service.signIn('ada@example.com', 'passw0rd')).resolves.toStrictEqual({
        status: 'WRONG_CREDENTIALS_ERROR',
      });
    });
  });

  describe('updateEmailOrPassword', () => {
    let recipeUserId: string;

    beforeEach(async () => {
      recipeUserId = await signUp('ada@example.com');
    });

    it('changes the email', async () => {
      await expect(
        service.updateEmailOrPassword({
          recipeUserId,
          email: ' Countess@example.com',
        }),
      ).resolves.toStrictEqual({
        status: 'OK',
      });
      await expect(service.signIn('countess@example.com', 'passw0rd')).resolves.toMatchObject({ status: 'OK' });
      await expect(service.emailExists('ada@example.com')).resolves.toBe(false);
    });

    it('changes the password', async () => {
      await expect(service.updateEmailOrPassword({ recipeUserId, password: 'passw0rd2' })).resolves.toStrictEqual({
        status: 'OK',
      });
      await expect(service.signIn('ada@example.com', 'passw0rd2')).resolves.toMatchObject({ status: 'OK' });
      await expect(service.signIn('ada@example.com', 'passw0rd')).resolves.toMatchObject({
        status: 'WRONG_CREDENTIALS_ERROR',
      });
    });

    it('changes nothing where nothing is given', async () => {
      await expect(service.updateEmailOrPassword({ recipeUserId })).resolves.toStrictEqual({ status: 'OK' });
      await expect(service.signIn('ada@example.com', 'passw0rd')).resolves.toMatchObject({ status: 'OK' });
    });

    it.each([{}, { email: 'new@example.com' }, { password: 'passw0rd2' }, { password: 'bad' }])(
      'answers UNKNOWN_USER_ID_ERROR for %j of a user who does not exist',
      async (update) => {
        await expect(service.updateEmailOrPassword({ recipeUserId: 'nobody', ...update })).resolves.toStrictEqual({
          status: 'UNKNOWN_USER_ID_ERROR',
        });
      },
    );

    it('answers EMAIL_ALREADY_EXISTS_ERROR for a taken email, and leaves the password', async () => {
      await signUp('eve@example.com');
      await expect(
        service.updateEmailOrPassword({
          recipeUserId,
          email: 'EVE@example.com',
          password: 'passw0rd2',
        }),
      ).resolves.toStrictEqual({ status: 'EMAIL_ALREADY_EXISTS_ERROR' });
      await expect(service.signIn('ada@example.com', 'passw0rd')).resolves.toMatchObject({ status: 'OK' });
    });

    it("takes the user's own email for no change", async () => {
      await expect(
        service.updateEmailOrPassword({
          recipeUserId,
          email: 'ada@example.com',
        }),
      ).resolves.toStrictEqual({
        status: 'OK',
      });
    });

    it('answers PASSWORD_POLICY_VIOLATED_ERROR with the message of the validator, and leaves the email', async () => {
      await expect(
        service.updateEmailOrPassword({
          recipeUserId,
          email: 'new@example.com',
          password: 'password',
        }),
      ).resolves.toStrictEqual({
        status: 'PASSWORD_POLICY_VIOLATED_ERROR',
        failureReason: 'Password must contain at least one number',
      });
      await expect(service.emailExists('new@example.com')).resolves.toBe(false);
    });

    it('asks no validator where applyPasswordPolicy is false', async () => {
      await expect(
        service.updateEmailOrPassword({
          recipeUserId,
          password: 'x',
          applyPasswordPolicy: false,
        }),
      ).resolves.toStrictEqual({ status: 'OK' });
      await expect(service.signIn('ada@example.com', 'x')).resolves.toMatchObject({ status: 'OK' });
    });

    it.each(UNKEPT_EMAILS)('throws BadInputException for the email %j', async (email) => {
      await expect(service.updateEmailOrPassword({ recipeUserId, email })).rejects.toThrow(BadInputException);
    });

    it('throws BadInputException for a password that no hash is made of', async () => {
      for (const password of ['', 'a'.repeat(1025)]) {
        await expect(
          service.updateEmailOrPassword({
            recipeUserId,
            password,
            applyPasswordPolicy: false,
          }),
        ).rejects.toThrow(BadInputException);
      }
    });

    it('gives an email to one of two users who change to it at once', async () => {
      const other = await signUp('eve@example.com');
      const results = await Promise.all(
        [recipeUserId, other].map((id) =>
          service.updateEmailOrPassword({
            recipeUserId: id,
            email: 'new@example.com',
          }),
        ),
      );
      expect(results.map(({ status }) => status).sort()).toStrictEqual(['EMAIL_ALREADY_EXISTS_ERROR', 'OK']);
    });
  });

  describe('emailExists', () => {
    it('knows the emails that can sign in', async () => {
      await signUp('ada@example.com');
      await expect(service.emailExists(' ADA@example.com ')).resolves.toBe(true);
      await expect(service.emailExists('eve@example.com')).resolves.toBe(false);
    });

    it.each(UNKEPT_EMAILS)('does not know %j', async (email) => {
      await expect(service.emailExists(email)).resolves.toBe(false);
    });
  });
});
