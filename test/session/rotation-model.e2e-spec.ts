import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import fc from 'fast-check';
import {
  AuthModule,
  SessionService,
  TokenTheftDetectedException,
  TryRefreshTokenException,
  UnauthorisedException,
  type SessionContainer,
  type Storage,
} from 'nestward';
import { TestClock } from 'nestward/testing';
import { hashRefreshToken, type RefreshToken } from '../../libs/auth/src/session/refresh-token.js';
import { TEST_APP_INFO } from '../support/create-app.js';
import { createTestStorage } from '../support/test-storage.js';

const GRACE_MS = 10_000;
const ACCESS_MS = 60_000;
const SESSION_MS = 600_000;

/** PostgreSQL answers over a socket, and orders are what is explored here. */
const isPostgres = process.env['NESTWARD_TEST_STORAGE'] === 'postgres';
const runs = (count: number): number => (isPostgres ? Math.ceil(count / 20) : count);

type Outcome = 'ok' | 'unauthorised' | 'try refresh token' | 'token theft detected';

/** A refresh token that was handed out. */
interface Token {
  readonly refreshToken: string;
  readonly parent: Token | undefined;
}

/** An access token that was handed out. */
interface Access {
  readonly accessToken: string;
  readonly of: Token;
  readonly isUnconfirmed: boolean;
  readonly expiresAt: number;
}

/** What contract §4 says of one session, in as few words as it takes. */
class ModelSession {
  private isAlive = true;
  private previous: Token | undefined;
  private confirmedAt: number;
  private expiresAt: number;

  constructor(
    private readonly clock: TestClock,
    public confirmed: Token,
  ) {
    this.confirmedAt = clock.now();
    this.expiresAt = clock.now() + SESSION_MS;
  }

  refresh(token: Token): Outcome {
    if (!this.exists) {
      return 'unauthorised';
    }
    if (token !== this.confirmed && token.parent === this.confirmed) {
      this.confirm(token);
    } else if (token === this.confirmed || this.isRace(token)) {
      const next = this.clock.now() + SESSION_MS;
      this.expiresAt = next - this.expiresAt < SESSION_MS / 100 ? this.expiresAt : next;
    } else {
      this.isAlive = false;
      return 'token theft detected';
    }
    return 'ok';
  }

  verify({ of, isUnconfirmed, expiresAt }: Access): Outcome {
    if (expiresAt <= this.clock.now()) {
      return 'try refresh token';
    }
    if (!isUnconfirmed) {
      return 'ok';
    }
    if (!this.exists) {
      return 'unauthorised';
    }
    if (of.parent === this.confirmed) {
      this.confirm(of);
    }
    return of === this.confirmed || this.isRace(of) ? 'ok' : 'try refresh token';
  }

  get exists(): boolean {
    return this.isAlive && this.expiresAt > this.clock.now();
  }

  private confirm(token: Token): void {
    this.previous = this.confirmed;
    this.confirmed = token;
    this.confirmedAt = this.clock.now();
    this.expiresAt = this.clock.now() + SESSION_MS;
  }

  private isRace(token: Token): boolean {
    return (
      this.previous !== undefined &&
      (token === this.previous || token.parent === this.previous) &&
      this.clock.now() - this.confirmedAt < GRACE_MS
    );
  }
}

describe('the rotation of refresh tokens', () => {
  let app: INestApplicationContext;
  let sessions: SessionService;
  let storage: Storage;
  const clock = new TestClock(1_700_000_000_000);

  /** Orders the calls of the storage, where a test explores orders. */
  let schedule: fc.Scheduler | undefined;

  beforeAll(async () => {
    const factory = createTestStorage();
    @Module({
      imports: [
        AuthModule.forRoot(TEST_APP_INFO, {
          clock,
          cors: false,
          storage: {
            description: factory.description,
            open: async () => {
              storage = await factory.open();
              return withSessions(
                storage,
                scheduled(storage.sessions, () => schedule),
              );
            },
          },
          session: {
            accessTokenLifetime: ACCESS_MS / 1000,
            refreshTokenLifetime: SESSION_MS / 1000,
            refreshTokenGracePeriod: GRACE_MS / 1000,
            signingKeyRotationInterval: 1e9,
            expiredSessionRemovalInterval: 0,
          },
        }),
      ],
    })
    class ModelModule {}
    app = await NestFactory.createApplicationContext(ModelModule, { logger: ['error'], abortOnError: false });
    app.useLogger(false);
    sessions = app.get(SessionService);
  }, 60_000);

  afterAll(async () => {
    await app.close();
  });

  const toAccess = (session: SessionContainer, of: Token): Access => {
    const { exp, parentRefreshTokenHash1 } = session.getAccessTokenPayload();
    return {
      accessToken: session.getAccessToken(),
      of,
      isUnconfirmed: parentRefreshTokenHash1 !== undefined,
      expiresAt: Number(exp) * 1000,
    };
  };

  const toToken = (session: SessionContainer, parent: Token | undefined): Token => ({
    refreshToken: session.getAllSessionTokensDangerously().refreshToken ?? '',
    parent,
  });

  async function create(): Promise<{ handle: string; token: Token; access: Access }> {
    const session = await sessions.createNewSessionWithoutRequestResponse('user');
    const token = toToken(session, undefined);
    return { handle: session.getHandle(), token, access: toAccess(session, token) };
  }

  const refresh = (token: Token) => attempt(() => sessions.refreshSessionWithoutRequestResponse(token.refreshToken));

  const verify = (access: Access) => attempt(() => sessions.getSessionWithoutRequestResponse(access.accessToken));

  /** The one confirmed token, as the database has it. */
  async function readConfirmed(handle: string): Promise<string | undefined> {
    return (await storage.sessions.find(handle))?.refreshTokenHash;
  }

  const hashOf = (token: Token): string => hashRefreshToken(token.refreshToken as RefreshToken);

  it('does with any token of a session, in any order and at any time, what the contract says', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('refresh' as const), which: fc.nat() }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('verify' as const), which: fc.nat() }) },
      // The newest tokens are what honest clients use, so that sessions get old enough to be interesting.
      { weight: 3, arbitrary: fc.constant({ kind: 'refresh' as const, which: 0 }) },
      { weight: 3, arbitrary: fc.constant({ kind: 'verify' as const, which: 0 }) },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('advance' as const),
          which: fc.constantFrom(1, GRACE_MS - 1, GRACE_MS, GRACE_MS + 1, ACCESS_MS, SESSION_MS / 2, SESSION_MS),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const { handle, token, access } = await create();
        const model = new ModelSession(clock, token);
        // The newest first.
        const tokens = [token];
        const accesses = [access];
        for (const { kind, which } of steps) {
          if (kind === 'advance') {
            clock.advance(which);
            continue;
          }
          if (kind === 'refresh') {
            const used = tokens[which % tokens.length] ?? token;
            const expected = model.refresh(used);
            const { outcome, session } = await refresh(used);
            expect(outcome).toBe(expected);
            if (session !== undefined) {
              const child = toToken(session, model.confirmed);
              tokens.unshift(child);
              accesses.unshift(toAccess(session, child));
            }
          } else {
            const used = accesses[which % accesses.length] ?? access;
            const expected = model.verify(used);
            const { outcome, session } = await verify(used);
            expect(outcome).toBe(expected);
            if (session !== undefined && session.getAccessToken() !== used.accessToken) {
              expect(used.of).toBe(model.confirmed);
              accesses.unshift(toAccess(session, used.of));
            }
          }
          if (model.exists) {
            // One token is confirmed, and it is the one that should be.
            expect(await readConfirmed(handle)).toBe(hashOf(model.confirmed));
          }
        }
      }),
      { numRuns: runs(3000) },
    );
  }, 120_000);

  /** What a client does that has only its newest tokens, over a network that loses answers. */
  const honestStep = fc.oneof(
    fc.record({ kind: fc.constant('refresh' as const), isLost: fc.boolean() }),
    fc.record({ kind: fc.constant('verify' as const), isLost: fc.boolean() }),
    // Several tabs refresh at once; all of them go on with what the cookie jar holds then, which is the last answer.
    fc.record({ kind: fc.constant('race' as const), tabs: fc.integer({ min: 2, max: 4 }) }),
    fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: SESSION_MS / 3 }) }),
  );

  it('never signs an honest client out, whatever answers are lost and however its tabs race', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(honestStep, { minLength: 1, maxLength: 30 }), async (steps) => {
        let { token, access } = await create();
        let idle = 0;
        for (const step of steps) {
          if (step.kind === 'advance') {
            // A client that is away for longer than its session lasts is signed out by that, and not by the rotation.
            idle += step.ms;
            if (idle < SESSION_MS * 0.9) {
              clock.advance(step.ms);
            }
            continue;
          }
          if (step.kind === 'verify') {
            const { outcome, session } = await verify(access);
            expect(['ok', 'try refresh token']).toContain(outcome);
            if (session !== undefined && !step.isLost) {
              access = toAccess(session, token);
            }
            continue;
          }
          const answers = await Promise.all(
            Array.from({ length: step.kind === 'race' ? step.tabs : 1 }, () => refresh(token)),
          );
          for (const { outcome } of answers) {
            expect(outcome).toBe('ok');
          }
          const last = answers.at(-1)?.session;
          if (last !== undefined && !(step.kind === 'refresh' && step.isLost)) {
            token = toToken(last, token);
            access = toAccess(last, token);
            idle = 0;
          }
        }
        expect((await refresh(token)).outcome).toBe('ok');
      }),
      { numRuns: runs(1000) },
    );
  }, 120_000);

  it('sees every thief: once owner and thief have both gone on, the second of them to come after the grace reveals it', async () => {
    const pause = fc.integer({ min: 0, max: 3 * GRACE_MS });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 3 }),
        pause,
        fc.integer({ min: GRACE_MS, max: 3 * GRACE_MS }),
        async (before, until, after) => {
          let { token } = await create();
          for (let index = 0; index < before; index++) {
            const { session } = await refresh(token);
            token = session === undefined ? token : toToken(session, token);
          }
          clock.advance(until);
          // Both hold the same token. One of them goes on and confirms what it got.
          const first = await refresh(token);
          expect(first.outcome).toBe('ok');
          if (first.session === undefined) {
            return;
          }
          const mine = toToken(first.session, token);
          expect((await verify(toAccess(first.session, mine))).outcome).toBe('ok');
          clock.advance(after);
          // The other one, whoever that is, comes after the grace: the session ends for both.
          expect((await refresh(token)).outcome).toBe('token theft detected');
          expect((await refresh(mine)).outcome).toBe('unauthorised');
        },
      ),
      { numRuns: runs(200) },
    );
  }, 60_000);

  it('confirms one of many children that are used at the same instant, in any order of the statements', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom('refresh' as const, 'verify' as const), { minLength: 2, maxLength: 5 }),
        async (scheduler, uses) => {
          const { handle, token } = await create();
          const children = [];
          for (const use of uses) {
            const { session } = await refresh(token);
            if (session !== undefined) {
              const child = toToken(session, token);
              children.push({ use, child, access: toAccess(session, child) });
            }
          }
          schedule = scheduler;
          const racing = Promise.all(
            children.map(({ use, child, access }) => (use === 'refresh' ? refresh(child) : verify(access))),
          );
          await scheduler.waitFor(racing);
          schedule = undefined;
          for (const { outcome } of await racing) {
            expect(outcome).toBe('ok');
          }
          const confirmed = await readConfirmed(handle);
          expect(children.filter(({ child }) => hashOf(child) === confirmed)).toHaveLength(1);
          // Whoever lost the race goes on as well, as long as the grace lasts.
          for (const { child } of children) {
            expect((await refresh(child)).outcome).toBe('ok');
          }
        },
      ),
      { numRuns: runs(400) },
    );
  }, 120_000);

  it('ends a session once and for all, whatever its other tokens do at the same instant', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, isRevoked) => {
        const { handle, token } = await create();
        const first = await refresh(token);
        if (first.session === undefined) {
          throw new Error('The first refresh should do');
        }
        const child = toToken(first.session, token);
        await verify(toAccess(first.session, child));
        clock.advance(GRACE_MS);
        schedule = scheduler;
        const end = isRevoked ? sessions.revokeSession(handle) : refresh(token);
        const racing = Promise.all([end, refresh(child), refresh(child)]);
        await scheduler.waitFor(racing);
        schedule = undefined;
        expect(await readConfirmed(handle)).toBeUndefined();
        expect((await refresh(child)).outcome).toBe('unauthorised');
      }),
      { numRuns: runs(200) },
    );
  }, 60_000);
});

/** Runs an operation. @returns what became of it, in the contract's words, and the session if it was good. */
async function attempt(
  operation: () => Promise<SessionContainer>,
): Promise<{ outcome: Outcome; session: SessionContainer | undefined }> {
  try {
    return { outcome: 'ok', session: await operation() };
  } catch (error) {
    if (error instanceof TokenTheftDetectedException) {
      return { outcome: 'token theft detected', session: undefined };
    }
    if (error instanceof TryRefreshTokenException) {
      return { outcome: 'try refresh token', session: undefined };
    }
    if (error instanceof UnauthorisedException) {
      return { outcome: 'unauthorised', session: undefined };
    }
    throw error;
  }
}

/** A storage with another port for sessions. */
function withSessions(storage: Storage, sessions: Storage['sessions']): Storage {
  return new Proxy(storage, {
    get: (target, property) => {
      const value: unknown = property === 'sessions' ? sessions : Reflect.get(target, property);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** A port whose calls wait for the scheduler of the moment. */
function scheduled<Port extends object>(port: Port, getScheduler: () => fc.Scheduler | undefined): Port {
  return new Proxy(port, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') {
        return value;
      }
      return async (...parameters: unknown[]): Promise<unknown> => {
        await getScheduler()?.schedule(Promise.resolve(), String(property));
        return (value as (...given: unknown[]) => unknown).apply(target, parameters);
      };
    },
  });
}
