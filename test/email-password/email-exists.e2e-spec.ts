import { startTestApp, type TestApp } from '../support/create-app.js';
import { CHEAP_HASHING, form, get, post } from './client.js';

describe.each(['emailpassword/email/exists', 'signup/email/exists'])('GET /%s (contract §5)', (path) => {
  let testApp: TestApp;
  let url: string;

  beforeAll(async () => {
    testApp = await startTestApp({
      auth: { emailPassword: { passwordHashing: CHEAP_HASHING } },
    });
    url = `${testApp.url}/auth/${path}`;
    await post(`${testApp.url}/auth/signup`, form({ email: 'ada+tag@example.com', password: 'passw0rd' }));
  });

  afterAll(async () => {
    await testApp.close();
  });

  it.each(['ada+tag@example.com', 'ADA+TAG@example.com', ' ada+tag@example.com '])(
    'success: {"status":"OK","exists":true} for %j',
    async (email) => {
      const answer = await get(`${url}?email=${encodeURIComponent(email)}`);
      expect(answer.status).toBe(200);
      expect(answer.body).toStrictEqual({ status: 'OK', exists: true });
    },
  );

  it.each(['eve@example.com', 'ada', '', 'ada@example.com\u0000', 'a'.repeat(5000), "' OR 1=1 --"])(
    'success: {"status":"OK","exists":false} for %j',
    async (email) => {
      const answer = await get(`${url}?email=${encodeURIComponent(email)}`);
      expect(answer.status).toBe(200);
      expect(answer.body).toStrictEqual({ status: 'OK', exists: false });
    },
  );

  it.each(['', '?mail=ada@example.com', '?email=ada%2Btag@example.com&email=b', '?email[a]=b', '?email[]=b'])(
    '400 without the parameter, or with anything else in its place: %j',
    async (query) => {
      const answer = await get(`${url}${query}`);
      expect(answer.status).toBe(400);
      expect(answer.body).toStrictEqual({
        message: expect.stringContaining("'email'"),
      });
    },
  );

  it('exists below the tenant public, and below no other', async () => {
    const below = (tenantId: string) => get(`${testApp.url}/auth/${tenantId}/${path}?email=ada%2Btag@example.com`);
    expect((await below('public')).body).toStrictEqual({
      status: 'OK',
      exists: true,
    });
    const refused = await below('acme');
    expect(refused.status).toBe(400);
    expect(refused.body).toStrictEqual({
      message: expect.stringContaining("'acme'"),
    });
  });
});
