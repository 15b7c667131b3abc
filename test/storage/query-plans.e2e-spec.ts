import { createRequire } from 'node:module';
import pg from 'pg';
import { postgres, sqlite, type Storage, type StorageFactory } from 'nestward';
import type { OneTimeTokenHash } from '../../libs/auth/src/one-time-token/one-time-token.js';
import type { RefreshTokenHash } from '../../libs/auth/src/session/refresh-token.js';
import { UNKNOWN_DEVICE } from '../../libs/auth/src/session/read-device.js';
import { useTestPostgres } from '../support/test-postgres.js';

/** The keys are few, and all of them are read at once. */
const READ_WHOLE: readonly string[] = ['nestward_keys'];

const ROWS = 2000;

/** Runs every statement that a request can cause. */
async function useEverything({ users, sessions, keys, oneTimeTokens, outbox, rateLimits }: Storage): Promise<void> {
  const hash = (text: string) => text as RefreshTokenHash;
  const [from, to] = [hash('hash'), hash('next')];
  await users.createEmailPasswordUser({ userId: 'new', email: 'new', passwordHash: 'hash', timeJoined: 1 });
  await users.find('u1');
  await users.listByEmail('e1');
  await users.findCredential('u1');
  await users.findCredentialByEmail('e1');
  await users.updateEmailPassword('u1', { email: 'other', passwordHash: 'hash' });
  await users.replacePasswordHash('u1', 'hash', 'hash');
  await sessions.find('s1');
  await sessions.confirmRefreshToken({ handle: 's1', from, to, confirmedAt: 1, expiresAt: 2, device: UNKNOWN_DEVICE });
  await sessions.extend('s1', from, 5);
  await sessions.removeConfirmed('s1', from);
  await sessions.remove(['s1', 's2']);
  await sessions.listHandlesForUser('u1', 1);
  await sessions.listForUser('u1', 1);
  await sessions.removeOthersForUser('u1', 's1');
  await sessions.removeAllForUser('u1');
  await sessions.updateAccessTokenPayload('s1', 0, {});
  await sessions.updateSessionData('s1', {});
  await sessions.removeExpired(1, 10);
  await keys.list();
  const tokenHash = tokenHashOf(1);
  await oneTimeTokens.find(tokenHash);
  await oneTimeTokens.useToVerifyEmail(tokenHash, 1);
  await oneTimeTokens.useToResetPassword({
    tokenHash: tokenHashOf(2),
    passwordHash: 'hash',
    now: 1,
    revokeSessions: true,
    notice: undefined,
  });
  await oneTimeTokens.useToChangeEmail({
    tokenHash: tokenHashOf(3),
    expected: { email: 'e3', passwordHash: 'hash' },
    now: 1,
    notice: undefined,
  });
  await oneTimeTokens.removeAll('u4', 'email-verification', 'e4');
  await oneTimeTokens.removeAll('u4', 'email-verification');
  await users.setEmailVerified('u5', 'e5', true);
  await users.changePassword({
    recipeUserId: 'u5',
    expected: 'hash',
    passwordHash: 'hash',
    keepSessionHandle: 's5',
    notice: undefined,
  });
  await outbox.claimDue({ leaseId: 'lease', now: 5, leaseUntil: 10, limit: 10 });
  await outbox.postpone({ id: 'm1', leaseId: 'lease' }, 5);
  await outbox.giveUp({ id: 'm1', leaseId: 'lease' });
  await outbox.remove({ id: 'm2', leaseId: 'lease' });
  await rateLimits.add({ key: 'r1', points: 1, maxPoints: 5, expiresAt: 10, now: 5 });
  await rateLimits.set('r1', { points: 1, expiresAt: 10 });
  await rateLimits.find('r1', 5);
  await rateLimits.giveBack('r1', 1, 10);
  await rateLimits.remove('r1');
  await rateLimits.removeExpired(1, 10);
  await users.remove('u1');
}

function tokenHashOf(index: number): OneTimeTokenHash {
  return `t${String(index)}` as OneTimeTokenHash;
}

async function fill({ users, sessions, oneTimeTokens, outbox, rateLimits }: Storage): Promise<void> {
  for (let index = 0; index < ROWS; index++) {
    const number = String(index);
    await users.createEmailPasswordUser({
      userId: `u${number}`,
      email: `e${number}`,
      passwordHash: 'hash',
      timeJoined: index,
    });
    await sessions.insert({
      handle: `s${number}`,
      userId: `u${number}`,
      recipeUserId: `u${number}`,
      tenantId: 'public',
      refreshTokenHash: 'hash' as RefreshTokenHash,
      accessTokenPayload: {},
      sessionData: {},
      createdAt: index,
      expiresAt: 1_000_000 + index,
      device: UNKNOWN_DEVICE,
    });
    await oneTimeTokens.insert({
      tokenHash: tokenHashOf(index),
      purpose:
        (['email-verification', 'email-verification', 'password-reset', 'email-change'] as const)[index % 4] ??
        'email-change',
      recipeUserId: `u${number}`,
      tenantId: 'public',
      email: `e${number}`,
      credentialFingerprint: null,
      keepSessionHandle: null,
      expiresAt: 1_000_000 + index,
    });
    const content = { kind: 'passwordChanged', email: `e${number}`, websiteDomain: 'http://localhost' } as const;
    await outbox.insert({ id: `m${number}`, content, createdAt: index });
    await rateLimits.set(`r${number}`, { points: 1, expiresAt: 1_000_000 + index });
  }
}

/** Collects the statements that a storage sends. */
async function record(factory: StorageFactory, statements: Set<string>): Promise<string[]> {
  const storage = await factory.open();
  await storage.migrate();
  await fill(storage);
  statements.clear();
  await useEverything(storage);
  await storage.close();
  return [...statements].filter((sql) => /^(select|update|delete)/i.test(sql));
}

const isHarmless = (step: string): boolean => READ_WHOLE.some((table) => step.includes(table));

describe('every statement of a request finds its rows by an index', () => {
  const connectionString = useTestPostgres();

  it('on SQLite', async () => {
    const require = createRequire(import.meta.url);
    const { DatabaseSync: Database } = loadSqlite(require);
    const database = new Database(':memory:');
    const statements = new Set<string>();
    const recording = {
      exec: (sql: string) => {
        database.exec(sql);
      },
      prepare: (sql: string) => {
        statements.add(sql);
        return database.prepare(sql);
      },
      close: () => undefined,
    };
    // Prepared statements are kept, so that a second storage on the same database asks for each of them again.
    await record(sqlite({ database: recording }), statements);
    statements.clear();
    const storage = await sqlite({ database: recording }).open();
    await useEverything(storage);
    const found = [...statements].filter((sql) => /^(select|update|delete)/i.test(sql));
    expect(found.length).toBeGreaterThan(15);
    const scans = found.flatMap((sql) =>
      (database.prepare(`explain query plan ${sql}`).all() as { detail: string }[])
        .map(({ detail }) => detail)
        .filter((detail) => detail.startsWith('SCAN') && !isHarmless(detail))
        .map((detail) => `${detail}: ${sql}`),
    );
    expect(scans).toEqual([]);
    database.close();
  });

  it('on PostgreSQL', async () => {
    const statements = new Set<string>();
    const pool = new pg.Pool({ connectionString: connectionString(), max: 1, options: '-c synchronous_commit=off' });
    pool.on('connect', (client) => {
      const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
      Object.assign(client, {
        query: (...parameters: unknown[]) => {
          if (typeof parameters[0] === 'string') {
            statements.add(parameters[0]);
          }
          return query(...parameters);
        },
      });
    });
    const found = await record(postgres({ pool, schema: 'query_plans' }), statements);
    expect(found.length).toBeGreaterThan(15);
    await pool.query('analyze');
    const scans: string[] = [];
    for (const sql of found) {
      const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`explain (generic_plan) ${sql}`);
      scans.push(
        ...rows
          .map((row) => row['QUERY PLAN'])
          .filter((step) => step.includes('Seq Scan') && !isHarmless(step))
          .map((step) => `${step.trim()}: ${sql}`),
      );
    }
    await pool.end();
    expect(scans).toEqual([]);
  }, 60_000);
});

/** What the test uses of either SQLite: Node's own, or the one that stands in for it on Node 20. */
interface Sqlite {
  readonly DatabaseSync: new (filename: string) => {
    exec(sql: string): void;
    prepare(sql: string): {
      all(): unknown[];
      run(): { changes: number | bigint; lastInsertRowid: number | bigint };
    };
    close(): void;
  };
}

function loadSqlite(require: NodeJS.Require): Sqlite {
  try {
    return require('node:sqlite') as Sqlite;
  } catch {
    return require('@photostructure/sqlite') as Sqlite;
  }
}
