import {
  SessionService,
  StorageUnavailableError,
  TokenTheftDetectedException,
  type SessionContainer,
  type Storage,
} from 'nestward';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { createTestStorage } from '../support/test-storage.js';

type Sessions = Storage['sessions'];

describe('rotation on a database that loses races or goes away', () => {
  let test: TestApp;
  let sessions: SessionService;
  /** What is done in the place of the database, for as long as it is set. */
  let fault: Partial<Sessions> = {};
  let finds = 0;
  let inner: Sessions;

  beforeAll(async () => {
    const factory = createTestStorage();
    test = await startTestApp({
      auth: {
        storage: {
          description: factory.description,
          open: async () => {
            const storage = await factory.open();
            inner = storage.sessions;
            return withFaults(storage);
          },
        },
      },
    });
    sessions = test.app.get(SessionService);
  });

  afterEach(() => {
    fault = {};
  });

  afterAll(async () => {
    await test.close();
  });

  /** A storage whose sessions do what the fault says, and otherwise what they should. */
  function withFaults(storage: Storage): Storage {
    const faulty = new Proxy(storage.sessions, {
      get: (target, property) => {
        finds += property === 'find' ? 1 : 0;
        const value: unknown = Reflect.get(fault, property) ?? Reflect.get(target, property);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    return new Proxy(storage, {
      get: (target, property) => {
        const value: unknown = property === 'sessions' ? faulty : Reflect.get(target, property);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  /** A session that has been refreshed, and whose new tokens have not been used. */
  async function refreshOnce(): Promise<SessionContainer> {
    const session = await sessions.createNewSessionWithoutRequestResponse('ada');
    return sessions.refreshSessionWithoutRequestResponse(refreshTokenOf(session));
  }

  const refreshTokenOf = (session: SessionContainer): string =>
    session.getAllSessionTokensDangerously().refreshToken ?? '';

  const verify = (session: SessionContainer, checkDatabase = false): Promise<SessionContainer> =>
    sessions.getSessionWithoutRequestResponse(session.getAccessToken(), undefined, { checkDatabase });

  const isConfirmed = (session: SessionContainer): boolean =>
    session.getAccessTokenPayload()['parentRefreshTokenHash1'] === undefined;

  it.each(['refresh', 'verify'] as const)('a confirmation that loses is tried again: %s', async (use) => {
    const session = await refreshOnce();
    let losses = 3;
    fault = {
      confirmRefreshToken: (confirmation) =>
        losses-- > 0 ? Promise.resolve(false) : inner.confirmRefreshToken(confirmation),
    };
    const used =
      use === 'refresh'
        ? await sessions.refreshSessionWithoutRequestResponse(refreshTokenOf(session))
        : await verify(session);
    expect(losses).toBe(-1);
    expect(used.getHandle()).toBe(session.getHandle());
  });

  it('what never settles ends in an error, and not in an endless loop', async () => {
    const session = await refreshOnce();
    fault = {
      confirmRefreshToken: () => Promise.resolve(false),
      updateAccessTokenPayload: () => Promise.resolve(false),
    };
    await expect(verify(session)).rejects.toThrow(/did not settle/);
    await expect(sessions.refreshSessionWithoutRequestResponse(refreshTokenOf(session))).rejects.toThrow(
      /did not settle/,
    );
    await expect(sessions.mergeIntoAccessTokenPayload(session.getHandle(), { a: 1 })).rejects.toThrow(/did not settle/);
  });

  it('neither do a theft and a new expiry that never take effect', async () => {
    const session = await sessions.createNewSessionWithoutRequestResponse('ada');
    const old = refreshTokenOf(session);
    const child = await sessions.refreshSessionWithoutRequestResponse(old);
    await verify(child);
    test.clock.advanceSeconds(5 * 24 * 3600);
    fault = { removeConfirmed: () => Promise.resolve(false), extend: () => Promise.resolve(false) };
    await expect(sessions.refreshSessionWithoutRequestResponse(old)).rejects.toThrow(/did not settle/);
    await expect(sessions.refreshSessionWithoutRequestResponse(refreshTokenOf(child))).rejects.toThrow(
      /did not settle/,
    );
    fault = {};
    await expect(sessions.refreshSessionWithoutRequestResponse(old)).rejects.toBeInstanceOf(
      TokenTheftDetectedException,
    );
  });

  it('a guarded route goes on while the database is away, and confirms the session when it is back', async () => {
    const session = await refreshOnce();
    fault = { find: () => Promise.reject(new StorageUnavailableError('away')) };
    finds = 0;
    for (let index = 0; index < 5; index++) {
      const verified = await verify(session);
      expect(verified.getUserId()).toBe('ada');
      expect(isConfirmed(verified)).toBe(false);
    }
    // Only one of them has waited to find out.
    expect(finds).toBe(1);
    await expect(verify(session, true)).rejects.toBeInstanceOf(StorageUnavailableError);
    await expect(sessions.refreshSessionWithoutRequestResponse(refreshTokenOf(session))).rejects.toBeInstanceOf(
      StorageUnavailableError,
    );
    fault = {};
    test.clock.advance(500);
    expect(isConfirmed(await verify(session))).toBe(true);
  });
});
