import type { User } from 'nestward';
import { UserService } from 'nestward';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { CHEAP_HASHING, form, getSessionUserId, getUserId, post } from './client.js';

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('POST /signup (contract §5)', () => {
  let testApp: TestApp;
  let url: string;

  beforeAll(async () => {
    testApp = await startTestApp({
      auth: { emailPassword: { passwordHashing: CHEAP_HASHING } },
    });
    url = `${testApp.url}/auth/signup`;
  });

  afterAll(async () => {
    await testApp.close();
  });

  it('success: {"status":"OK","user":U} and a session', async () => {
    const answer = await post(url, form({ email: 'ada@example.com', password: 'passw0rd' }));
    const id = getUserId(answer);
    expect(id).toMatch(UUID_V4);
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      status: 'OK',
      user: {
        id,
        isPrimaryUser: false,
        tenantIds: ['public'],
        emails: ['ada@example.com'],
        phoneNumbers: [],
        thirdParty: [],
        webauthn: { credentialIds: [] },
        timeJoined: testApp.clock.now(),
        loginMethods: [
          {
            recipeId: 'emailpassword',
            recipeUserId: id,
            tenantIds: ['public'],
            email: 'ada@example.com',
            verified: false,
            timeJoined: testApp.clock.now(),
          },
        ],
      },
    });
    expect(getSessionUserId(answer)).toBe(id);
  });

  it.each(['1.16', '1.17', '2.0'])('success in FDI %s: a flat U', async (version) => {
    const email = `fdi-${version}@example.com`;
    const answer = await post(url, form({ email, password: 'passw0rd' }), {
      'fdi-version': version,
    });
    expect(answer.body).toStrictEqual({
      status: 'OK',
      user: { id: getUserId(answer), email, timeJoined: testApp.clock.now() },
    });
  });

  it('success in cookie mode: the session travels in cookies', async () => {
    const answer = await post(url, form({ email: 'cookie@example.com', password: 'passw0rd' }), {
      'st-auth-mode': 'cookie',
    });
    expect(answer.headers.getSetCookie().map((cookie) => cookie.split('=')[0])).toStrictEqual([
      'sAccessToken',
      'sRefreshToken',
    ]);
    expect(answer.headers.get('front-token')).not.toBeNull();
  });

  it('keeps the email trimmed and in lower case', async () => {
    const answer = await post(url, form({ email: ' Grace@Example.COM ', password: 'passw0rd' }), {
      'fdi-version': '1.17',
    });
    expect(answer.body).toMatchObject({ user: { email: 'grace@example.com' } });
  });

  it.each(['ada@example.com', 'ADA@example.com', '  ada@Example.com\t'])(
    'FIELD_ERROR for a taken email: %j',
    async (email) => {
      const answer = await post(url, form({ email, password: 'passw0rd' }));
      expect(answer.status).toBe(200);
      expect(answer.body).toStrictEqual({
        status: 'FIELD_ERROR',
        formFields: [
          {
            id: 'email',
            error: 'This email already exists. Please sign in instead.',
          },
        ],
      });
      expect(getSessionUserId(answer)).toBeUndefined();
      expect(answer.headers.get('front-token')).toBeNull();
    },
  );

  it.each([
    ['email', 'Email is invalid', { email: 'ada', password: 'passw0rd' }],
    ['email', 'Field is not optional', { email: '', password: 'passw0rd' }],
    ['email', 'Field is not optional', { password: 'passw0rd' }],
    ['password', 'Field is not optional', { email: 'new@example.com' }],
    [
      'password',
      'Password must contain at least 8 characters, including a number',
      { email: 'new@example.com', password: 'passw0r' },
    ],
    [
      'password',
      "Password's length must be lesser than 100 characters",
      { email: 'new@example.com', password: `${'a'.repeat(99)}1` },
    ],
    ['password', 'Password must contain at least one alphabet', { email: 'new@example.com', password: '12345678' }],
    ['password', 'Password must contain at least one number', { email: 'new@example.com', password: 'password' }],
  ])('FIELD_ERROR at %s: %s', async (id, error, fields) => {
    const answer = await post(url, form(fields));
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      status: 'FIELD_ERROR',
      formFields: [{ id, error }],
    });
    await expect(usersOf('new@example.com')).resolves.toStrictEqual([]);
  });

  it('FIELD_ERROR: all fields that fail together', async () => {
    const answer = await post(url, form({ email: 'ada', password: 'short' }));
    expect(answer.body).toStrictEqual({
      status: 'FIELD_ERROR',
      formFields: expect.arrayContaining([
        { id: 'email', error: 'Email is invalid' },
        {
          id: 'password',
          error: 'Password must contain at least 8 characters, including a number',
        },
      ]),
    });
  });

  it('two sign-ups of one email at the same instant: one wins, the other gets the taken-email answer', async () => {
    for (let round = 0; round < 10; round += 1) {
      const email = `race-${String(round)}@example.com`;
      const answers = await Promise.all(
        ['passw0rd-a', 'passw0rd-b', 'passw0rd-c', 'passw0rd-d'].map((password, index) =>
          post(
            url,
            form({
              email: index % 2 === 0 ? email : email.toUpperCase(),
              password,
            }),
          ),
        ),
      );
      const winners = answers.filter(({ body }) => JSON.stringify(body).startsWith('{"status":"OK"'));
      expect(winners).toHaveLength(1);
      for (const loser of answers.filter((answer) => !winners.includes(answer))) {
        expect(loser.body).toStrictEqual({
          status: 'FIELD_ERROR',
          formFields: [
            {
              id: 'email',
              error: 'This email already exists. Please sign in instead.',
            },
          ],
        });
      }
      const users = await usersOf(email);
      expect(users.map(({ id }) => id)).toStrictEqual(winners.map(getUserId));
    }
  });

  it('exists below the tenant public, and below no other', async () => {
    const below = (tenantId: string): string => `${testApp.url}/auth/${tenantId}/signup`;
    const fields = form({ email: 'tenant@example.com', password: 'passw0rd' });
    const refused = await post(below('acme'), fields);
    expect(refused.status).toBe(400);
    expect(refused.body).toStrictEqual({
      message: expect.stringContaining("'acme'"),
    });
    await expect(usersOf('tenant@example.com')).resolves.toStrictEqual([]);
    expect((await post(below('public'), fields)).body).toMatchObject({
      status: 'OK',
    });
  });

  function usersOf(email: string): Promise<User[]> {
    return testApp.app.get(UserService).listUsersByEmail(email);
  }
});

describe('POST /signup with the fields of an app', () => {
  let testApp: TestApp;
  let url: string;

  beforeAll(async () => {
    testApp = await startTestApp({
      auth: {
        emailPassword: {
          passwordHashing: CHEAP_HASHING,
          signUpFeature: {
            formFields: [
              {
                id: 'email',
                validate: (value) => (value === 'taboo' ? 'Not this one' : undefined),
              },
              {
                id: 'password',
                validate: (value) => Promise.resolve(value === 'open' ? undefined : 'Say open'),
              },
              { id: 'name' },
              {
                id: 'age',
                optional: true,
                validate: (value) => (typeof value === 'number' ? undefined : 'A number'),
              },
            ],
          },
        },
      },
    });
    url = `${testApp.url}/auth/signup`;
  });

  afterAll(async () => {
    await testApp.close();
  });

  it('takes what they allow, and lets it sign in', async () => {
    const up = await post(url, form({ email: 'a-user-name', password: 'open', name: 'Ada', age: 36 }));
    expect(up.body).toMatchObject({
      status: 'OK',
      user: { emails: ['a-user-name'] },
    });
    const signIn = await post(`${testApp.url}/auth/signin`, form({ email: 'A-User-Name', password: 'open' }));
    expect(signIn.body).toMatchObject({
      status: 'OK',
      user: { id: getUserId(up) },
    });
  });

  it('reports what they refuse, in the order of the fields', async () => {
    const answer = await post(url, form({ age: 'old', name: '', password: 'shut', email: 'taboo' }));
    expect(answer.body).toStrictEqual({
      status: 'FIELD_ERROR',
      formFields: [
        { id: 'email', error: 'Not this one' },
        { id: 'password', error: 'Say open' },
        { id: 'name', error: 'Field is not optional' },
        { id: 'age', error: 'A number' },
      ],
    });
  });

  it('asks the validator of the email at sign-in too, and not that of the password', async () => {
    const signIn = `${testApp.url}/auth/signin`;
    expect((await post(signIn, form({ email: 'taboo', password: 'shut' }))).body).toStrictEqual({
      status: 'FIELD_ERROR',
      formFields: [{ id: 'email', error: 'Not this one' }],
    });
    expect((await post(signIn, form({ email: 'nobody', password: 'shut' }))).body).toStrictEqual({
      status: 'WRONG_CREDENTIALS_ERROR',
    });
  });

  it('never hashes a password that is too long for any validator', async () => {
    const answer = await post(url, form({ email: 'long', password: 'a'.repeat(1025), name: 'Ada' }));
    expect(answer.body).toStrictEqual({
      status: 'FIELD_ERROR',
      formFields: [
        {
          id: 'password',
          error: "Password's length must be lesser than 1025 characters",
        },
      ],
    });
  });
});
