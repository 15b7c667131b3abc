import { startTestApp, type TestApp } from '../support/create-app.js';
import { CHEAP_HASHING, form, getSessionUserId, getUserId, post } from './client.js';

describe('POST /signin (contract §5)', () => {
  let testApp: TestApp;
  let url: string;
  let userId: string;

  beforeAll(async () => {
    testApp = await startTestApp({
      auth: { emailPassword: { passwordHashing: CHEAP_HASHING } },
    });
    url = `${testApp.url}/auth/signin`;
    const fields = form({
      email: 'Ada@example.com',
      password: 'caf\u00E9 pa55',
    });
    userId = getUserId(await post(`${testApp.url}/auth/signup`, fields));
  });

  afterAll(async () => {
    await testApp.close();
  });

  it.each([
    ['as it was written', 'Ada@example.com', 'caf\u00E9 pa55'],
    ['in lower case', 'ada@example.com', 'caf\u00E9 pa55'],
    ['with spaces around the email', '  ada@example.com ', 'caf\u00E9 pa55'],
    ['with the password composed in another way', 'ada@example.com', 'cafe\u0301 pa55'],
  ])('success: {"status":"OK","user":U} and a session, %s', async (_, email, password) => {
    const answer = await post(url, form({ email, password }));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      status: 'OK',
      user: {
        id: userId,
        emails: ['ada@example.com'],
        loginMethods: [{ recipeId: 'emailpassword', recipeUserId: userId }],
      },
    });
    expect(getSessionUserId(answer)).toBe(userId);
  });

  it.each(['1.16', '1.17', '2.0'])('success in FDI %s: a flat U', async (version) => {
    const answer = await post(url, form({ email: 'ada@example.com', password: 'caf\u00E9 pa55' }), {
      'fdi-version': version,
    });
    expect(answer.body).toStrictEqual({
      status: 'OK',
      user: {
        id: userId,
        email: 'ada@example.com',
        timeJoined: testApp.clock.now(),
      },
    });
  });

  it.each([
    ['an unknown email', 'nobody@example.com', 'caf\u00E9 pa55'],
    ['a wrong password', 'ada@example.com', 'caf\u00E9 pa56'],
    ['a password with a space too many', 'ada@example.com', 'caf\u00E9 pa55 '],
    ['a password that no sign-up would allow', 'ada@example.com', 'x'],
    ['a password longer than any that is hashed', 'ada@example.com', 'x'.repeat(50_000)],
  ])('WRONG_CREDENTIALS_ERROR for %s', async (_, email, password) => {
    const answer = await post(url, form({ email, password }));
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({ status: 'WRONG_CREDENTIALS_ERROR' });
    expect(answer.headers.get('front-token')).toBeNull();
    expect(answer.headers.get('st-access-token')).toBeNull();
    expect(answer.headers.getSetCookie()).toStrictEqual([]);
  });

  it.each([
    ['email', 'Email is invalid', { email: 'ada', password: 'x' }],
    ['email', 'Field is not optional', { email: ' ', password: 'x' }],
    ['password', 'Field is not optional', { email: 'ada@example.com', password: '' }],
    ['password', 'Field is not optional', { email: 'ada@example.com' }],
  ])('FIELD_ERROR at %s: %s', async (id, error, fields) => {
    const answer = await post(url, form(fields));
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      status: 'FIELD_ERROR',
      formFields: [{ id, error }],
    });
  });

  it('400 for a field besides email and password', async () => {
    const answer = await post(
      url,
      form({
        email: 'ada@example.com',
        password: 'caf\u00E9 pa55',
        remember: true,
      }),
    );
    expect(answer.status).toBe(400);
    expect(answer.body).toStrictEqual({
      message: expect.stringContaining('formFields'),
    });
  });

  it('exists below the tenant public, and below no other', async () => {
    const fields = form({
      email: 'ada@example.com',
      password: 'caf\u00E9 pa55',
    });
    const refused = await post(`${testApp.url}/auth/acme/signin`, fields);
    expect(refused.status).toBe(400);
    expect(refused.body).toStrictEqual({
      message: expect.stringContaining("'acme'"),
    });
    expect(refused.headers.get('front-token')).toBeNull();
    const answer = await post(`${testApp.url}/auth/public/signin`, fields);
    expect(answer.body).toMatchObject({ status: 'OK', user: { id: userId } });
  });
});

describe('what sign-in tells by its time', () => {
  let testApp: TestApp;

  beforeAll(async () => {
    testApp = await startTestApp({
      auth: {
        emailPassword: { passwordHashing: { memoryCost: 32_768, timeCost: 2 } },
      },
    });
    await post(`${testApp.url}/auth/signup`, form({ email: 'ada@example.com', password: 'passw0rd' }));
  });

  afterAll(async () => {
    await testApp.close();
  });

  it('is not whether an email has an account', async () => {
    const signIn = (email: string) => post(`${testApp.url}/auth/signin`, form({ email, password: 'wr0ngpass' }));
    const times: Record<'known' | 'unknown', number[]> = {
      known: [],
      unknown: [],
    };
    for (let round = 0; round < 15; round += 1) {
      for (const kind of ['known', 'unknown'] as const) {
        // The CPU time of this process, which has the app in it: it does not depend on what else the machine does.
        const started = process.cpuUsage();
        await signIn(kind === 'known' ? 'ada@example.com' : 'eve@example.com');
        const { user, system } = process.cpuUsage(started);
        times[kind].push(user + system);
      }
    }
    const quotient = median(times.unknown) / median(times.known);
    // No measurement, which bench/ has: without hashing for an unknown email the quotient is a tenth and less.
    expect(quotient).toBeGreaterThan(0.3);
    expect(quotient).toBeLessThan(3);
  });
});

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
