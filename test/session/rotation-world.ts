import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type fc from 'fast-check';
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
import { ACCESS_MS, GRACE_MS, SESSION_MS, type Access, type Outcome, type Token } from './model-session.js';

/** PostgreSQL answers over a socket, and orders are what is explored here. */
const isPostgres = process.env['NESTWARD_TEST_STORAGE'] === 'postgres';

/** How often a property is tried, given how often it is on SQLite. */
export const runs = (count: number): number => (isPostgres ? Math.ceil(count / 20) : count);

/** What became of an operation, and the session if it was good. */
export interface Attempt {
  readonly outcome: Outcome;
  readonly session: SessionContainer | undefined;
}

/** Sessions of the real library on a real database, with a clock that stands still. */
export class RotationWorld {
  readonly clock = new TestClock(1_700_000_000_000);
  private scheduler: fc.Scheduler | undefined;
  private app: INestApplicationContext | undefined;
  private storage: Storage | undefined;

  async start(): Promise<void> {
    const factory = createTestStorage();
    @Module({
      imports: [
        AuthModule.forRoot(TEST_APP_INFO, {
          clock: this.clock,
          cors: false,
          storage: {
            description: factory.description,
            open: async () => {
              this.storage = await factory.open();
              return withSessions(
                this.storage,
                scheduled(this.storage.sessions, () => this.scheduler),
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
    this.app = await NestFactory.createApplicationContext(ModelModule, { logger: ['error'], abortOnError: false });
    this.app.useLogger(false);
  }

  async close(): Promise<void> {
    await this.app?.close();
  }

  get sessions(): SessionService {
    if (this.app === undefined) {
      throw new Error('The world has not been started');
    }
    return this.app.get(SessionService);
  }

  async create(): Promise<{ handle: string; token: Token; access: Access }> {
    const session = await this.sessions.createNewSessionWithoutRequestResponse('user');
    const token = toToken(session, undefined);
    return { handle: session.getHandle(), token, access: toAccess(session, token) };
  }

  async refresh(token: Token): Promise<Attempt> {
    return attempt(() => this.sessions.refreshSessionWithoutRequestResponse(token.refreshToken));
  }

  async verify(access: Access): Promise<Attempt> {
    return attempt(() => this.sessions.getSessionWithoutRequestResponse(access.accessToken));
  }

  /** The hash of the one confirmed token, as the database has it. */
  async readConfirmed(handle: string): Promise<string | undefined> {
    return (await this.storage?.sessions.find(handle))?.refreshTokenHash;
  }

  /** Runs operations at the same instant, and lets a scheduler order the statements that they send to the database. */
  async race<Results extends unknown[]>(
    scheduler: fc.Scheduler,
    operations: { [Index in keyof Results]: () => Promise<Results[Index]> },
  ): Promise<Results> {
    this.scheduler = scheduler;
    try {
      const racing = Promise.all(operations.map((operation: () => Promise<unknown>) => operation()));
      await scheduler.waitFor(racing);
      return (await racing) as Results;
    } finally {
      this.scheduler = undefined;
    }
  }
}

/** The access token of a session that was good. */
export function toAccess(session: SessionContainer, of: Token): Access {
  const { exp, parentRefreshTokenHash1 } = session.getAccessTokenPayload();
  return {
    accessToken: session.getAccessToken(),
    of,
    isUnconfirmed: parentRefreshTokenHash1 !== undefined,
    expiresAt: Number(exp) * 1000,
  };
}

/** The refresh token of a session that was created or refreshed. */
export function toToken(session: SessionContainer, parent: Token | undefined): Token {
  return { refreshToken: session.getAllSessionTokensDangerously().refreshToken ?? '', parent };
}

export function hashOf(token: Token): string {
  return hashRefreshToken(token.refreshToken as RefreshToken);
}

async function attempt(operation: () => Promise<SessionContainer>): Promise<Attempt> {
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
