import {
  BooleanClaim,
  PrimitiveArrayClaim,
  PrimitiveClaim,
  SessionService,
  TokenTheftDetectedException,
  TryRefreshTokenException,
  UnauthorisedException,
  type ClaimValidatorsFunction,
  type JsonObject,
} from 'nestward';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { decodeClaims } from '../support/session-client.js';

const DAY_MS = 24 * 3_600_000;
const UNKNOWN = '00000000-0000-4000-8000-000000000000';

describe('SessionService', () => {
  let testApp: TestApp;
  let sessions: SessionService;
  let users = 0;

  /** What the claims below find, by user id. */
  const facts = new Map<string, string>();
  let fetches = 0;

  const planClaim = new PrimitiveClaim<string>({
    key: 'plan',
    fetchValue: ({ userId }) => {
      fetches++;
      return facts.get(userId);
    },
    defaultMaxAgeInSeconds: 60,
  });
  const rolesClaim = new PrimitiveArrayClaim<string>({ key: 'roles', fetchValue: () => ['reader'] });
  const paidClaim = new BooleanClaim({ key: 'paid', fetchValue: () => false });

  beforeAll(async () => {
    testApp = await startTestApp({
      auth: {
        session: { claims: [rolesClaim], globalClaimValidators: [rolesClaim.validators.includes('reader')] },
      },
    });
    sessions = testApp.app.get(SessionService);
  });

  afterAll(async () => {
    await testApp.close();
  });

  const newUserId = (): string => `user-${String(++users)}`;

  const create = (userId = newUserId(), payload?: JsonObject, data?: JsonObject) =>
    sessions.createNewSessionWithoutRequestResponse(userId, payload, data);

  /** The payload as the database has it. */
  const readPayload = async (handle: string): Promise<JsonObject | undefined> =>
    (await sessions.getSessionInformation(handle))?.customClaimsInAccessTokenPayload;

  describe('createNewSessionWithoutRequestResponse', () => {
    it('creates a session, whose tokens are for the app to carry', async () => {
      const session = await create('ada', { color: 'red' }, { cart: ['tea'] });
      const tokens = session.getAllSessionTokensDangerously();
      expect(tokens).toEqual({
        accessToken: session.getAccessToken(),
        refreshToken: expect.stringMatching(/^[\w-]+$/),
        frontToken: expect.stringMatching(/^[A-Za-z0-9+/]+={0,2}$/),
        antiCsrfToken: undefined,
        accessAndFrontTokenUpdated: true,
      });
      expect((await sessions.getSessionWithoutRequestResponse(tokens.accessToken)).getUserId()).toBe('ada');
    });

    it('fetches the configured claims into the payload, over a value that the app gives', async () => {
      const session = await create('ada', { roles: 'forged', color: 'red' });
      expect(await readPayload(session.getHandle())).toEqual({
        roles: { v: ['reader'], t: testApp.clock.now() },
        color: 'red',
      });
    });

    it('keeps nothing of a user that the app changes afterwards', async () => {
      const [payload, data] = [{ list: [1] }, { list: [1] }];
      const session = await create('ada', payload, data);
      payload.list.push(2);
      data.list.push(2);
      expect(await readPayload(session.getHandle())).toMatchObject({ list: [1] });
      expect(await session.getSessionDataFromDatabase()).toEqual({ list: [1] });
    });
  });

  describe('getSessionInformation', () => {
    it('is all that the database knows, and no token', async () => {
      const createdAt = testApp.clock.now();
      const session = await sessions.createNewSessionWithoutRequestResponse(
        'ada',
        { color: 'red' },
        { cart: ['tea'], note: 'ä🦊' },
        { recipeUserId: 'ada-google', tenantId: 'acme' },
      );
      expect(await sessions.getSessionInformation(session.getHandle())).toStrictEqual({
        sessionHandle: session.getHandle(),
        userId: 'ada',
        recipeUserId: 'ada-google',
        tenantId: 'acme',
        sessionDataInDatabase: { cart: ['tea'], note: 'ä🦊' },
        customClaimsInAccessTokenPayload: { color: 'red', roles: { v: ['reader'], t: createdAt } },
        timeCreated: createdAt,
        expiry: createdAt + 100 * DAY_MS,
      });
    });

    it('is undefined for a session that does not exist, was revoked or has expired', async () => {
      expect(await sessions.getSessionInformation(UNKNOWN)).toBeUndefined();
      expect(await sessions.getSessionInformation('no handle at all')).toBeUndefined();
      const [revoked, expired] = [await create(), await create()];
      await sessions.revokeSession(revoked.getHandle());
      testApp.clock.advance(100 * DAY_MS);
      expect(await sessions.getSessionInformation(revoked.getHandle())).toBeUndefined();
      expect(await sessions.getSessionInformation(expired.getHandle())).toBeUndefined();
    });
  });

  describe('getSessionWithoutRequestResponse', () => {
    it('throws UnauthorisedException for what is no token of ours, or answers undefined where none is required', async () => {
      for (const token of ['', 'x', 'a.b.c']) {
        await expect(sessions.getSessionWithoutRequestResponse(token)).rejects.toThrow(UnauthorisedException);
        expect(
          await sessions.getSessionWithoutRequestResponse(token, undefined, { sessionRequired: false }),
        ).toBeUndefined();
      }
    });

    it('throws TryRefreshTokenException for a token that has expired', async () => {
      const session = await create();
      testApp.clock.advance(3_600_000);
      const verifying = sessions.getSessionWithoutRequestResponse(session.getAccessToken());
      await expect(verifying).rejects.toThrow(TryRefreshTokenException);
    });

    it('asks the database only where it should', async () => {
      const session = await create();
      await sessions.revokeSession(session.getHandle());
      const token = session.getAccessToken();
      await expect(sessions.getSessionWithoutRequestResponse(token)).resolves.toBeDefined();
      const checked = sessions.getSessionWithoutRequestResponse(token, undefined, { checkDatabase: true });
      await expect(checked).rejects.toThrow(UnauthorisedException);
    });

    it('checks the global claims, and those that the caller chooses in their place', async () => {
      const token = (await create()).getAccessToken();
      const verify = (overrideGlobalClaimValidators?: ClaimValidatorsFunction) =>
        sessions.getSessionWithoutRequestResponse(token, undefined, { overrideGlobalClaimValidators });
      await expect(verify()).resolves.toBeDefined();
      await expect(verify(() => [rolesClaim.validators.excludes('reader')])).rejects.toMatchObject({
        claimValidationErrors: [{ id: 'roles' }],
      });
      await expect(verify((validators) => [...validators, paidClaim.validators.isTrue()])).rejects.toMatchObject({
        claimValidationErrors: [{ id: 'paid', reason: { message: 'wrong value' } }],
      });
      await expect(
        verify((validators, session) => (session.getUserId().startsWith('user-') ? [] : validators)),
      ).resolves.toBeDefined();
    });
  });

  describe('refreshSessionWithoutRequestResponse', () => {
    it('gives new tokens, and throws what the contract names', async () => {
      const session = await create();
      const first = session.getAllSessionTokensDangerously().refreshToken ?? '';
      const refreshed = await sessions.refreshSessionWithoutRequestResponse(first);
      expect(refreshed.getHandle()).toBe(session.getHandle());
      const second = refreshed.getAllSessionTokensDangerously().refreshToken ?? '';
      await sessions.refreshSessionWithoutRequestResponse(second);
      testApp.clock.advance(10_000);
      const theft = sessions.refreshSessionWithoutRequestResponse(first);
      await expect(theft).rejects.toThrow(TokenTheftDetectedException);
      await expect(theft).rejects.toMatchObject({
        sessionHandle: session.getHandle(),
        userId: session.getUserId(),
        recipeUserId: session.getRecipeUserId(),
      });
      for (const token of [first, second, '', 'x']) {
        const refreshing = sessions.refreshSessionWithoutRequestResponse(token);
        await expect(refreshing).rejects.toThrow(UnauthorisedException);
      }
    });
  });

  describe('revoking', () => {
    it('revokeSession ends one session, and tells whether there was one', async () => {
      const session = await create();
      expect(await sessions.revokeSession(session.getHandle())).toBe(true);
      expect(await sessions.revokeSession(session.getHandle())).toBe(false);
      expect(await sessions.revokeSession(UNKNOWN)).toBe(false);
    });

    it('revokeMultipleSessions ends those that exist, and names them', async () => {
      const [one, two, three] = [await create(), await create(), await create()];
      const handles = [one.getHandle(), UNKNOWN, two.getHandle()];
      expect((await sessions.revokeMultipleSessions(handles)).sort()).toEqual(
        [one.getHandle(), two.getHandle()].sort(),
      );
      expect(await sessions.getSessionInformation(one.getHandle())).toBeUndefined();
      expect(await sessions.getSessionInformation(three.getHandle())).toBeDefined();
      expect(await sessions.revokeMultipleSessions([])).toEqual([]);
    });

    it('revokeMultipleSessions takes more handles than a statement takes parameters', async () => {
      const session = await create();
      const handles = [...Array.from({ length: 2000 }, (_, index) => `handle-${String(index)}`), session.getHandle()];
      expect(await sessions.revokeMultipleSessions(handles)).toEqual([session.getHandle()]);
    });

    it('revokeAllSessionsForUser ends all sessions of a user and no other, and names them', async () => {
      const [userId, other] = [newUserId(), newUserId()];
      const handles = [];
      for (let index = 0; index < 3; index++) {
        handles.push((await create(userId)).getHandle());
      }
      const left = await create(other);
      expect((await sessions.revokeAllSessionsForUser(userId)).sort()).toEqual([...handles].sort());
      expect(await sessions.revokeAllSessionsForUser(userId)).toEqual([]);
      expect(await sessions.getAllSessionHandlesForUser(other)).toEqual([left.getHandle()]);
    });
  });

  it('getAllSessionHandlesForUser names the sessions that have not expired, oldest first', async () => {
    const userId = newUserId();
    const old = await create(userId);
    testApp.clock.advance(99 * DAY_MS);
    const middle = await create(userId);
    testApp.clock.advance(1000);
    const young = await create(userId);
    expect(await sessions.getAllSessionHandlesForUser(userId)).toEqual(
      [old, middle, young].map((session) => session.getHandle()),
    );
    testApp.clock.advance(DAY_MS);
    expect(await sessions.getAllSessionHandlesForUser(userId)).toEqual([middle.getHandle(), young.getHandle()]);
    expect(await sessions.getAllSessionHandlesForUser(newUserId())).toEqual([]);
  });

  describe('mergeIntoAccessTokenPayload', () => {
    it('merges one level deep, removes what is null, and drops protected names', async () => {
      const session = await create('ada', { color: 'red', nested: { a: 1 }, gone: true });
      const update = {
        nested: { b: 2 },
        gone: null,
        sub: 'eve',
        exp: 0,
        sessionHandle: null,
        never: undefined,
        added: [1, null],
      };
      expect(await sessions.mergeIntoAccessTokenPayload(session.getHandle(), update)).toBe(true);
      expect(await readPayload(session.getHandle())).toEqual({
        color: 'red',
        nested: { b: 2 },
        added: [1, null],
        roles: expect.anything(),
      });
      // The client sees it with the next refresh.
      const { refreshToken = '' } = session.getAllSessionTokensDangerously();
      const refreshed = await sessions.refreshSessionWithoutRequestResponse(refreshToken);
      expect(decodeClaims(refreshed.getAccessToken())).toMatchObject({
        sub: 'ada',
        sessionHandle: session.getHandle(),
        nested: { b: 2 },
      });
    });

    it('tells whether the session exists', async () => {
      expect(await sessions.mergeIntoAccessTokenPayload(UNKNOWN, { color: 'red' })).toBe(false);
    });

    it('takes names that objects have from their prototype', async () => {
      const session = await create();
      const update = JSON.parse('{"__proto__":{"admin":true},"constructor":1,"toString":2}') as JsonObject;
      await sessions.mergeIntoAccessTokenPayload(session.getHandle(), update);
      expect(await readPayload(session.getHandle())).toMatchObject({ constructor: 1, toString: 2 });
      await sessions.mergeIntoAccessTokenPayload(session.getHandle(), { constructor: null });
      expect(Object.keys((await readPayload(session.getHandle())) ?? {})).not.toContain('constructor');
      expect('admin' in {}).toBe(false);
    });

    it('loses no update, however many come at once', async () => {
      const session = await create();
      const names = Array.from({ length: 40 }, (_, index) => `claim-${String(index)}`);
      const merged = await Promise.all(
        names.map((name) => sessions.mergeIntoAccessTokenPayload(session.getHandle(), { [name]: 1 })),
      );
      expect(merged).toEqual(names.map(() => true));
      expect(Object.keys((await readPayload(session.getHandle())) ?? {})).toEqual(expect.arrayContaining(names));
    });

    it('loses no update to refreshes and verifications at the same time', async () => {
      const session = await create();
      const { refreshToken = '' } = session.getAllSessionTokensDangerously();
      const names = Array.from({ length: 20 }, (_, index) => `claim-${String(index)}`);
      await Promise.all(
        names.flatMap((name) => [
          sessions.mergeIntoAccessTokenPayload(session.getHandle(), { [name]: 1 }),
          sessions
            .refreshSessionWithoutRequestResponse(refreshToken)
            .then((refreshed) => sessions.getSessionWithoutRequestResponse(refreshed.getAccessToken())),
        ]),
      );
      expect(Object.keys((await readPayload(session.getHandle())) ?? {})).toEqual(expect.arrayContaining(names));
    });
  });

  it('updateSessionDataInDatabase replaces the data, and tells whether the session exists', async () => {
    const session = await create('ada', {}, { cart: ['tea'], old: true });
    expect(await sessions.updateSessionDataInDatabase(session.getHandle(), { cart: [] })).toBe(true);
    expect((await sessions.getSessionInformation(session.getHandle()))?.sessionDataInDatabase).toEqual({ cart: [] });
    expect(await sessions.updateSessionDataInDatabase(UNKNOWN, {})).toBe(false);
  });

  describe('claims of a session by its handle', () => {
    it('fetchAndSetClaim, setClaimValue, getClaimValue and removeClaim', async () => {
      const session = await create();
      const handle = session.getHandle();
      facts.set(session.getUserId(), 'free');
      expect(await sessions.getClaimValue(handle, planClaim)).toEqual({ status: 'OK', value: undefined });
      expect(await sessions.fetchAndSetClaim(handle, planClaim)).toBe(true);
      expect(await sessions.getClaimValue(handle, planClaim)).toEqual({ status: 'OK', value: 'free' });
      expect(await sessions.setClaimValue(handle, planClaim, 'pro')).toBe(true);
      expect((await readPayload(handle))?.['plan']).toEqual({ v: 'pro', t: testApp.clock.now() });
      expect(await sessions.removeClaim(handle, planClaim)).toBe(true);
      expect(await readPayload(handle)).not.toHaveProperty('plan');
    });

    it('tell that there is no session', async () => {
      expect(await sessions.fetchAndSetClaim(UNKNOWN, planClaim)).toBe(false);
      expect(await sessions.setClaimValue(UNKNOWN, planClaim, 'pro')).toBe(false);
      expect(await sessions.removeClaim(UNKNOWN, planClaim)).toBe(false);
      const missing = { status: 'SESSION_DOES_NOT_EXIST_ERROR' };
      expect(await sessions.getClaimValue(UNKNOWN, planClaim)).toEqual(missing);
      expect(await sessions.validateClaimsForSessionHandle(UNKNOWN)).toEqual(missing);
    });

    it('validateClaimsForSessionHandle fetches what is missing or too old, keeps it, and names what fails', async () => {
      const session = await create();
      const handle = session.getHandle();
      facts.set(session.getUserId(), 'free');
      const validators = [planClaim.validators.hasValue('pro'), rolesClaim.validators.includes('reader')];
      const failed = {
        status: 'OK',
        invalidClaims: [{ id: 'plan', reason: { message: 'wrong value', expectedValue: 'pro', actualValue: 'free' } }],
      };
      fetches = 0;
      expect(await sessions.validateClaimsForSessionHandle(handle, validators)).toEqual(failed);
      expect(fetches).toBe(1);
      expect(await sessions.getClaimValue(handle, planClaim)).toEqual({ status: 'OK', value: 'free' });

      facts.set(session.getUserId(), 'pro');
      testApp.clock.advance(59_999);
      expect(await sessions.validateClaimsForSessionHandle(handle, validators)).toEqual(failed);
      expect(fetches).toBe(1);
      testApp.clock.advance(2);
      expect(await sessions.validateClaimsForSessionHandle(handle, validators)).toEqual({
        status: 'OK',
        invalidClaims: [],
      });
      expect(fetches).toBe(2);
    });

    it('validateClaimsForSessionHandle checks the global validators by default', async () => {
      const session = await create();
      await sessions.setClaimValue(session.getHandle(), rolesClaim, []);
      expect(await sessions.validateClaimsForSessionHandle(session.getHandle())).toMatchObject({
        status: 'OK',
        invalidClaims: [{ id: 'roles' }],
      });
    });

    it('validateClaimsForSessionHandle tells that the session ended while the claim was fetched', async () => {
      const session = await create();
      const endingClaim = new BooleanClaim({
        key: 'ending',
        fetchValue: async () => {
          await sessions.revokeSession(session.getHandle());
          return true;
        },
      });
      expect(
        await sessions.validateClaimsForSessionHandle(session.getHandle(), [endingClaim.validators.isTrue()]),
      ).toEqual({ status: 'SESSION_DOES_NOT_EXIST_ERROR' });
    });
  });

  it('getGlobalClaimValidators names those of the configuration', () => {
    expect(sessions.getGlobalClaimValidators().map(({ id }) => id)).toEqual(['roles']);
  });
});

describe('SessionService with VIA_TOKEN, without a request', () => {
  let testApp: TestApp;
  let sessions: SessionService;

  beforeAll(async () => {
    testApp = await startTestApp({ auth: { session: { antiCsrf: 'VIA_TOKEN' } } });
    sessions = testApp.app.get(SessionService);
  });

  afterAll(async () => {
    await testApp.close();
  });

  it('gives anti-CSRF tokens with new and refreshed sessions, and checks them', async () => {
    const created = await sessions.createNewSessionWithoutRequestResponse('ada');
    const tokens = created.getAllSessionTokensDangerously();
    const refreshed = await sessions.refreshSessionWithoutRequestResponse(tokens.refreshToken ?? '');
    for (const session of [created, refreshed]) {
      const { accessToken, antiCsrfToken } = session.getAllSessionTokensDangerously();
      expect(antiCsrfToken).toMatch(/^[\w-]{43}$/);
      await expect(sessions.getSessionWithoutRequestResponse(accessToken, antiCsrfToken)).resolves.toBeDefined();
      for (const wrong of [undefined, '', 'x'.repeat(43)]) {
        const verifying = sessions.getSessionWithoutRequestResponse(accessToken, wrong);
        await expect(verifying).rejects.toThrow(TryRefreshTokenException);
      }
      await expect(
        sessions.getSessionWithoutRequestResponse(accessToken, undefined, { antiCsrfCheck: false }),
      ).resolves.toBeDefined();
    }
  });

  it('goes without them where the app says so', async () => {
    const created = await sessions.createNewSessionWithoutRequestResponse('ada', {}, {}, { disableAntiCsrf: true });
    const { refreshToken = '', antiCsrfToken } = created.getAllSessionTokensDangerously();
    expect(antiCsrfToken).toBeUndefined();
    const refreshed = await sessions.refreshSessionWithoutRequestResponse(refreshToken, true);
    expect(refreshed.getAllSessionTokensDangerously().antiCsrfToken).toBeUndefined();
  });
});
