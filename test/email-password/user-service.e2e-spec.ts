import { EmailPasswordService, SessionService, UserService } from 'nestward';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { CHEAP_HASHING, form, getUserId, post } from './client.js';

describe('UserService', () => {
  let testApp: TestApp;
  let service: UserService;
  let userId: string;

  beforeEach(async () => {
    testApp = await startTestApp({
      auth: { emailPassword: { passwordHashing: CHEAP_HASHING } },
    });
    service = testApp.app.get(UserService);
    const answer = await post(`${testApp.url}/auth/signup`, form({ email: 'ada@example.com', password: 'passw0rd' }));
    userId = getUserId(answer);
  });

  afterEach(async () => {
    await testApp.close();
  });

  it('finds a user by id', async () => {
    await expect(service.getUser(userId)).resolves.toMatchObject({
      id: userId,
      loginMethods: [{ email: 'ada@example.com' }],
    });
    await expect(service.getUser('nobody')).resolves.toBeUndefined();
  });

  it('lists the users of an email', async () => {
    await expect(service.listUsersByEmail(' ADA@example.com ')).resolves.toMatchObject([{ id: userId }]);
    await expect(service.listUsersByEmail('eve@example.com')).resolves.toStrictEqual([]);
    await expect(service.listUsersByEmail('\u0000')).resolves.toStrictEqual([]);
  });

  it('removes a user with the sessions and the email, which is free again', async () => {
    const sessions = testApp.app.get(SessionService);
    await expect(sessions.getAllSessionHandlesForUser(userId)).resolves.toHaveLength(1);
    await expect(service.deleteUser(userId)).resolves.toBe(true);
    await expect(service.getUser(userId)).resolves.toBeUndefined();
    await expect(sessions.getAllSessionHandlesForUser(userId)).resolves.toStrictEqual([]);
    await expect(service.deleteUser(userId)).resolves.toBe(false);
    await expect(testApp.app.get(EmailPasswordService).signUp('ada@example.com', 'passw0rd')).resolves.toMatchObject({
      status: 'OK',
    });
  });
});
