import { EmailPasswordService, ThirdPartyService, UserService, type AccountLinking, type User } from 'nestward';
import { CHEAP_HASHING, form, getSessionUserId, getUserId, post, type Answer } from '../email-password/client.js';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { FakeProviders, type FakePerson } from './fake-providers.js';
import { ThirdPartyClient } from './third-party-client.js';

const ada: FakePerson = { id: '1001', email: 'ada@example.com', emailVerified: true };

let providers: FakeProviders;
let testApp: TestApp;
let client: ThirdPartyClient;

beforeAll(async () => {
  providers = await FakeProviders.start();
});
afterAll(() => providers.stop());
afterEach(() => testApp.close());

async function start(accountLinking?: AccountLinking): Promise<void> {
  providers.reset();
  testApp = await startTestApp({
    auth: {
      emailPassword: { passwordHashing: CHEAP_HASHING },
      thirdParty: { providers: providers.all(), accountLinking },
    },
  });
  client = new ThirdPartyClient(testApp, providers);
}

function signUp(email: string): Promise<Answer> {
  return post(`${testApp.url}/auth/signup`, form({ email, password: 'correct horse 1' }));
}

async function userOf(answer: Answer): Promise<User> {
  const user = await testApp.app.get(UserService).getUser(getUserId(answer));
  expect(user).toBeDefined();
  return user!;
}

/** Whose session an answer made: the user, and the login method. */
function sessionOf({ headers }: Answer): { sub: unknown; rsub: unknown } {
  const frontToken = Buffer.from(headers.get('front-token') ?? '', 'base64').toString();
  const { up } = JSON.parse(frontToken) as { up: { sub: unknown; rsub: unknown } };
  return { sub: up.sub, rsub: up.rsub };
}

describe('without account linking', () => {
  it('keeps accounts of the same email apart, whichever comes first', async () => {
    await start();
    const withPassword = await signUp('ada@example.com');
    const answers = [await client.signInUp('google', ada), await client.signInUp('github', ada)];
    const ids = new Set([withPassword, ...answers].map(getSessionUserId));
    expect(ids.size).toBe(3);
    await client.signInUp('google', { ...ada, id: '2', email: 'grace@example.com' });
    expect((await signUp('grace@example.com')).body).toMatchObject({ status: 'OK' });
    expect(await testApp.app.get(UserService).listUsersByEmail('grace@example.com')).toHaveLength(2);
    for (const answer of answers) {
      expect((await userOf(answer)).isPrimaryUser).toBe(false);
    }
  });
});

describe("with accountLinking: 'verified-email'", () => {
  beforeEach(() => start('verified-email'));

  it('adds a login method to the user with the same email, if both are verified', async () => {
    const first = await client.signInUp('google', ada);
    testApp.clock.advanceSeconds(1);
    const second = await client.signInUp('github', { ...ada, id: '2002', email: 'ADA@example.com' });
    const userId = getSessionUserId(first);
    expect(getSessionUserId(second)).toBe(userId);
    expect(second.body).toMatchObject({ createdNewRecipeUser: true, user: { id: userId, isPrimaryUser: true } });
    const user = await userOf(second);
    expect(user.loginMethods.map(({ recipeId }) => recipeId)).toStrictEqual(['thirdparty', 'thirdparty']);
    const [google, github] = user.loginMethods;
    expect(google?.recipeUserId).toBe(userId);
    expect(sessionOf(first)).toStrictEqual({ sub: userId, rsub: userId });
    expect(sessionOf(second)).toStrictEqual({ sub: userId, rsub: github?.recipeUserId });
    expect(github?.recipeUserId).not.toBe(userId);
    // A flat client sees the login method that was used, under the user's id.
    const flat = await client.signInUp('github', { ...ada, id: '2002' }, { 'fdi-version': '1.17' });
    expect(flat.body).toMatchObject({ createdNewUser: false, user: { id: userId, thirdParty: { id: 'github' } } });
    expect(await testApp.app.get(UserService).getUser(github!.recipeUserId)).toStrictEqual(await userOf(flat));
  });

  it('adds nothing to a password account whose email nobody proved (an attacker waits with the password)', async () => {
    const attacker = await signUp('ada@example.com');
    const victim = await client.signInUp('google', ada);
    expect(getSessionUserId(victim)).not.toBe(getSessionUserId(attacker));
    expect((await userOf(victim)).loginMethods).toHaveLength(1);
    expect((await userOf(attacker)).loginMethods).toHaveLength(1);
  });

  it('gives nothing to a password account that comes later (an attacker signs up with the email)', async () => {
    const victim = await client.signInUp('google', ada);
    const attacker = await signUp('ada@example.com');
    expect(getSessionUserId(attacker)).not.toBe(getSessionUserId(victim));
    expect((await userOf(victim)).loginMethods).toHaveLength(1);
  });

  it.each([
    ['first', true],
    ['second', false],
  ])('never believes an email that a provider does not vouch for, be it the %s', async (_which, unverifiedFirst) => {
    const unverified = () => client.signInUp('github', { ...ada, id: '6666', emailVerified: false });
    const verified = () => client.signInUp('google', ada);
    const first = unverifiedFirst ? await unverified() : await verified();
    const second = unverifiedFirst ? await verified() : await unverified();
    expect(getSessionUserId(second)).not.toBe(getSessionUserId(first));
    const facebook = await client.signInUp('facebook', { ...ada, id: '7777' });
    expect([getSessionUserId(first), getSessionUserId(second)]).not.toContain(getSessionUserId(facebook));
  });

  it('never merges users that exist already, also when their emails become the same', async () => {
    const first = await client.signInUp('google', ada);
    const second = await client.signInUp('github', { id: '2', email: 'other@example.com', emailVerified: true });
    const later = await client.signInUp('github', { id: '2', email: 'ada@example.com', emailVerified: true });
    expect(getSessionUserId(later)).toBe(getSessionUserId(second));
    expect(getSessionUserId(later)).not.toBe(getSessionUserId(first));
  });

  it('does not link to an email that the user has no more', async () => {
    const first = await client.signInUp('google', ada);
    await client.signInUp('google', { ...ada, email: 'new@example.com' });
    const second = await client.signInUp('github', { ...ada, id: '2' });
    expect(getSessionUserId(second)).not.toBe(getSessionUserId(first));
  });

  it('makes one user of two first sign-ins with different providers at the same instant', async () => {
    for (let round = 0; round < 5; round++) {
      const email = `race-${String(round)}@example.com`;
      const answers = await Promise.all(
        ['google', 'github', 'google', 'github'].map((provider, index) =>
          client.signInUp(provider, { id: `${String(round)}${String(index)}99`, email, emailVerified: true }),
        ),
      );
      expect(new Set(answers.map(getSessionUserId)).size).toBe(1);
      expect((await userOf(answers[0]!)).loginMethods).toHaveLength(4);
      expect(await testApp.app.get(UserService).listUsersByEmail(email)).toHaveLength(1);
    }
  });

  it('keeps either the linked user or none when the user is removed at the same instant', async () => {
    const users = testApp.app.get(UserService);
    for (let round = 0; round < 5; round++) {
      const email = `gone-${String(round)}@example.com`;
      const first = await client.signInUp('google', { id: `1${String(round)}`, email, emailVerified: true });
      const [linked] = await Promise.all([
        testApp.app
          .get(ThirdPartyService)
          .manuallyCreateOrUpdateUser({
            thirdPartyId: 'github',
            thirdPartyUserId: `2${String(round)}`,
            email,
            isVerified: true,
          })
          .catch((error: unknown) => {
            expect(String(error)).toContain('was removed while it signed in');
            return undefined;
          }),
        users.deleteUser(getSessionUserId(first) ?? ''),
      ]);
      const found = await users.listUsersByEmail(email);
      expect(found.length).toBe(linked === undefined || linked.user.id === getSessionUserId(first) ? 0 : 1);
    }
  });
});

describe('two first sign-ins of one person', () => {
  it.each(['none', 'verified-email'] as const)('at the same instant make one user (%s)', async (accountLinking) => {
    await start(accountLinking);
    for (let round = 0; round < 5; round++) {
      const person = { id: `9${String(round)}`, email: `twin-${String(round)}@example.com`, emailVerified: true };
      const answers = await Promise.all([1, 2, 3, 4].map(() => client.signInUp('google', person)));
      expect(answers.map(({ status }) => status)).toStrictEqual([200, 200, 200, 200]);
      expect(new Set(answers.map(getSessionUserId)).size).toBe(1);
      const created = answers.filter(({ body }) => (body as { createdNewRecipeUser: boolean }).createdNewRecipeUser);
      expect(created).toHaveLength(1);
      expect((await userOf(answers[0]!)).loginMethods).toHaveLength(1);
    }
  });
});

describe('ThirdPartyService', () => {
  beforeEach(() => start());

  it('creates and updates users by hand, for providers that need not be configured', async () => {
    const service = testApp.app.get(ThirdPartyService);
    const input = { thirdPartyId: 'legacy', thirdPartyUserId: '1', email: ' Ada@Example.com ', isVerified: true };
    const first = await service.manuallyCreateOrUpdateUser(input);
    expect(first).toMatchObject({
      status: 'OK',
      createdNewRecipeUser: true,
      user: { timeJoined: testApp.clock.now() },
    });
    const second = await service.manuallyCreateOrUpdateUser({ ...input, email: 'b@example.com', isVerified: false });
    expect(second.createdNewRecipeUser).toBe(false);
    expect(second.recipeUserId).toBe(first.recipeUserId);
    expect(second.user.loginMethods).toMatchObject([{ email: 'b@example.com', verified: false }]);
  });

  it.each([
    { email: '' },
    { email: `${'a'.repeat(250)}@example.com` },
    { thirdPartyUserId: '' },
    { thirdPartyUserId: 'x'.repeat(2000) },
    { thirdPartyUserId: 'a\u0000b' },
    { thirdPartyId: '' },
  ])('refuses %j', async (change) => {
    const input = {
      thirdPartyId: 'legacy',
      thirdPartyUserId: '1',
      email: 'a@example.com',
      isVerified: true,
      ...change,
    };
    await expect(testApp.app.get(ThirdPartyService).manuallyCreateOrUpdateUser(input)).rejects.toThrow(/characters/);
  });

  it('signs in by code and by tokens, without a session', async () => {
    const service = testApp.app.get(ThirdPartyService);
    const provider = service.getProvider('github');
    expect(provider?.name).toBe('GitHub');
    const redirectUri = 'https://anything.example.com/';
    const request = await provider!.getAuthorisationRequest({ redirectUri, withPkce: true, state: 'mine' });
    expect(new URL(request.url).searchParams.get('state')).toBe('mine');
    const byCode = await service.signInUp({
      thirdPartyId: 'github',
      code: providers.approve(request.url, ada),
      redirectUri,
      pkceCodeVerifier: request.pkceCodeVerifier,
    });
    const accessToken = providers.issueToken('our-client', ada);
    const byTokens = await service.signInUp({ thirdPartyId: 'github', oAuthTokens: { accessToken } });
    expect(byCode).toMatchObject({ status: 'OK', createdNewRecipeUser: true });
    expect(byTokens).toMatchObject({ status: 'OK', createdNewRecipeUser: false });
    expect(service.getProvider('myspace')).toBeUndefined();
    expect(service.getProvider('github', 'tv')).toBeUndefined();
    await expect(service.signInUp({ thirdPartyId: 'myspace', oAuthTokens: {} })).rejects.toThrow(
      "no provider 'myspace'",
    );
  });

  it('does not mix with passwords: a third-party user has none', async () => {
    await client.signInUp('google', ada);
    const service = testApp.app.get(EmailPasswordService);
    expect(await service.emailExists('ada@example.com')).toBe(false);
    expect(await service.signIn('ada@example.com', '')).toStrictEqual({ status: 'WRONG_CREDENTIALS_ERROR' });
  });
});
