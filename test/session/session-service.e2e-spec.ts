import { SessionService, UnauthorisedException, type SessionContainer } from 'nestward';
import { ExpiredSessionRemovalService } from '../../libs/auth/src/session/expired-session-removal.service.js';
import { startTestApp, type TestApp } from '../support/create-app.js';

const SESSION_SECONDS = 1000;

describe('SessionService', () => {
  let test: TestApp;
  let sessions: SessionService;

  beforeAll(async () => {
    test = await startTestApp({
      auth: { session: { accessTokenLifetime: 100, refreshTokenLifetime: SESSION_SECONDS } },
    });
    sessions = test.app.get(SessionService);
  });

  afterAll(async () => {
    await test.close();
  });

  const create = (userId = 'ada'): Promise<SessionContainer> =>
    sessions.createNewSessionWithoutRequestResponse(userId, { role: 'admin' }, { cart: [1] }, { recipeUserId: 'r' });

  it('creates a session that tells the truth about itself', async () => {
    const session = await create();
    expect(session.getUserId()).toBe('ada');
    expect(session.getRecipeUserId()).toBe('r');
    expect(session.getTenantId()).toBe('public');
    expect(await session.getSessionDataFromDatabase()).toEqual({ cart: [1] });
    expect(await session.getTimeCreated()).toBe(test.clock.now());
    expect(await session.getExpiry()).toBe(test.clock.now() + SESSION_SECONDS * 1000);
    expect(await sessions.getSessionInformation(session.getHandle())).toEqual({
      sessionHandle: session.getHandle(),
      userId: 'ada',
      recipeUserId: 'r',
      tenantId: 'public',
      sessionDataInDatabase: { cart: [1] },
      customClaimsInAccessTokenPayload: { role: 'admin' },
      timeCreated: test.clock.now(),
      expiry: test.clock.now() + SESSION_SECONDS * 1000,
    });
    const tokens = session.getAllSessionTokensDangerously();
    expect(tokens).toMatchObject({ accessToken: session.getAccessToken(), accessAndFrontTokenUpdated: true });
    expect(tokens.refreshToken).toMatch(/^[\w-]+$/);
    expect(tokens.antiCsrfToken).toBeUndefined();
  });

  it('verifies an access token, and refreshes, without a request', async () => {
    const session = await create();
    const verified = await sessions.getSessionWithoutRequestResponse(session.getAccessToken());
    expect(verified.getHandle()).toBe(session.getHandle());
    expect(verified.getAllSessionTokensDangerously()).toMatchObject({
      refreshToken: undefined,
      accessAndFrontTokenUpdated: false,
    });
    const { refreshToken = '' } = session.getAllSessionTokensDangerously();
    const refreshed = await sessions.refreshSessionWithoutRequestResponse(refreshToken);
    expect(refreshed.getHandle()).toBe(session.getHandle());
    await expect(sessions.getSessionWithoutRequestResponse('nonsense')).rejects.toBeInstanceOf(UnauthorisedException);
    expect(
      await sessions.getSessionWithoutRequestResponse('nonsense', undefined, { sessionRequired: false }),
    ).toBeUndefined();
  });

  it('protected names in a payload are dropped, at creation and at a merge', async () => {
    const session = await sessions.createNewSessionWithoutRequestResponse('ada', {
      sub: 'eve',
      exp: 9e9,
      iss: 'eve',
      own: 1,
    });
    expect(session.getAccessTokenPayload()).toMatchObject({ sub: 'ada', iss: 'http://localhost:3001/auth', own: 1 });
    await session.mergeIntoAccessTokenPayload({ sub: 'eve', sessionHandle: null, tId: 'eve', own: null, other: 2 });
    expect(session.getAccessTokenPayload()).toMatchObject({
      sub: 'ada',
      tId: 'public',
      sessionHandle: session.getHandle(),
      other: 2,
    });
    expect(session.getAccessTokenPayload()).not.toHaveProperty('own');
  });

  it('a payload that is changed by the one who reads it is not changed for others', async () => {
    const session = await sessions.createNewSessionWithoutRequestResponse('ada', { roles: ['reader'] });
    const first = await sessions.getSessionWithoutRequestResponse(session.getAccessToken());
    (first.getAccessTokenPayload()['roles'] as string[]).push('admin');
    const second = await sessions.getSessionWithoutRequestResponse(session.getAccessToken());
    expect(second.getAccessTokenPayload()['roles']).toEqual(['reader']);
  });

  it('many merges at the same instant lose nothing', async () => {
    const session = await create();
    const updates = Array.from({ length: 20 }, (_, index) => `key-${String(index)}`);
    await Promise.all(updates.map((key) => sessions.mergeIntoAccessTokenPayload(session.getHandle(), { [key]: true })));
    const information = await sessions.getSessionInformation(session.getHandle());
    expect(Object.keys(information?.customClaimsInAccessTokenPayload ?? {}).sort()).toEqual(
      ['role', ...updates].sort(),
    );
  });

  it('session data is replaced as a whole', async () => {
    const session = await create();
    await session.updateSessionDataInDatabase({ new: true });
    expect(await session.getSessionDataFromDatabase()).toEqual({ new: true });
    expect(await sessions.updateSessionDataInDatabase(session.getHandle(), {})).toBe(true);
    expect(await session.getSessionDataFromDatabase()).toEqual({});
  });

  it('lists and ends the sessions of a user', async () => {
    const [first, second, other] = [await create('list'), await create('list'), await create('other')];
    const handles = [first, second].map((session) => session.getHandle()).sort();
    expect((await sessions.getAllSessionHandlesForUser('list')).sort()).toEqual(handles);
    expect((await sessions.revokeAllSessionsForUser('list')).sort()).toEqual(handles);
    expect(await sessions.getAllSessionHandlesForUser('list')).toEqual([]);
    expect(await sessions.revokeMultipleSessions([other.getHandle(), 'nothing'])).toEqual([other.getHandle()]);
    expect(await sessions.revokeSession(other.getHandle())).toBe(false);
  });

  it('what is done to a session that is gone says so', async () => {
    const session = await create();
    await session.revokeSession();
    const handle = session.getHandle();
    expect(await sessions.getSessionInformation(handle)).toBeUndefined();
    expect(await sessions.mergeIntoAccessTokenPayload(handle, { a: 1 })).toBe(false);
    expect(await sessions.updateSessionDataInDatabase(handle, {})).toBe(false);
    for (const use of [
      () => session.getSessionDataFromDatabase(),
      () => session.getTimeCreated(),
      () => session.getExpiry(),
      () => session.mergeIntoAccessTokenPayload({ a: 1 }),
      () => session.updateSessionDataInDatabase({}),
    ]) {
      await expect(use()).rejects.toBeInstanceOf(UnauthorisedException);
    }
  });

  it('a session ends by itself when it is not refreshed, and every refresh moves its end', async () => {
    const session = await create('expiring');
    let { refreshToken = '' } = session.getAllSessionTokensDangerously();
    for (let index = 0; index < 3; index++) {
      test.clock.advanceSeconds(SESSION_SECONDS - 1);
      const refreshed = await sessions.refreshSessionWithoutRequestResponse(refreshToken);
      refreshToken = refreshed.getAllSessionTokensDangerously().refreshToken ?? '';
    }
    test.clock.advanceSeconds(SESSION_SECONDS);
    await expect(sessions.refreshSessionWithoutRequestResponse(refreshToken)).rejects.toBeInstanceOf(
      UnauthorisedException,
    );
    expect(await sessions.getAllSessionHandlesForUser('expiring')).toEqual([]);
    expect(await sessions.getSessionInformation(session.getHandle())).toBeUndefined();
  });

  it('expired sessions are removed, and no others', async () => {
    const removal = test.app.get(ExpiredSessionRemovalService);
    test.clock.advanceSeconds(2 * SESSION_SECONDS);
    await removal.removeExpiredSessions();
    const alive = await create('alive');
    for (let index = 0; index < 3; index++) {
      await create('expired');
    }
    test.clock.advanceSeconds(SESSION_SECONDS / 2);
    const young = await create('alive');
    test.clock.advanceSeconds(SESSION_SECONDS / 2 + 1);
    expect(await removal.removeExpiredSessions()).toBe(4);
    expect(await removal.removeExpiredSessions()).toBe(0);
    expect(await sessions.getAllSessionHandlesForUser('alive')).toEqual([young.getHandle()]);
    expect(await sessions.getSessionInformation(alive.getHandle())).toBeUndefined();
  });
});
