import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { join } from 'node:path';
import { AuthModule, SessionService, sqlite } from 'nestward';
import { BENCH_APP_INFO } from './app-info.js';
import type { Benchmark } from './benchmark.js';
import { interleave, ratios } from './harness/interleave.js';
import { openSqlite, type SqliteDatabase } from './harness/open-sqlite.js';
import { formatRate } from './harness/report.js';
import { median } from './harness/statistics.js';
import { takeTurns } from './harness/take-turns.js';
import { withTemporaryDirectory } from './harness/temporary-directory.js';
import { timeEach, timeEachSync } from './harness/timing.js';

/** How many sessions the table has. */
const SESSIONS = 10_000;
/** How many of them take turns on each side. */
const ACTIVE_SESSIONS = 2000;
const SESSIONS_PER_SLICE = 100;
const ROUNDS = { warmUp: 5, measured: 60 };

/** The library's default. */
const REFRESH_TOKEN_LIFETIME_MS = 100 * 24 * 3_600_000;

/** A session as its client knows it. */
interface Client {
  readonly handle: string;
  refreshToken: string;
}

/** A session as its row knows it. */
interface Row {
  readonly handle: string;
  refreshTokenHash: string;
}

/**
 * A refresh checks the token, reads the session, confirms the token by a durable UPDATE, and signs two new tokens. The raw
 * side sends that one UPDATE, prepared, to the same table of the same file over the same connection (WAL,
 * `synchronous=FULL`), and waits for it as long.
 */
export const refresh: Benchmark = {
  name: 'refresh',
  title: `refreshes/s on a SQLite file with ${SESSIONS.toLocaleString('en-US')} sessions, one after the other`,
  run: () =>
    withTemporaryDirectory(async (directory) => {
      const database = await openSqlite(join(directory, 'nestward.sqlite'));
      @Module({ imports: [AuthModule.forRoot(BENCH_APP_INFO, { storage: sqlite({ database }) })] })
      class BenchModule {}

      const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error', 'warn'] });
      try {
        const sessions = app.get(SessionService);
        const refreshOnce = async (client: Client): Promise<void> => {
          const session = await sessions.refreshSessionWithoutRequestResponse(client.refreshToken);
          client.refreshToken = session.getAllSessionTokensDangerously().refreshToken ?? '';
        };
        const clients = await createClients(sessions);
        const refreshed = clients.slice(0, ACTIVE_SESSIONS);
        // A session's first refresh has nothing to confirm.
        await timeEach(refreshed, refreshOnce);
        const takeClients = takeTurns(refreshed, SESSIONS_PER_SLICE);
        const takeRows = takeTurns(readRows(database, clients.slice(-ACTIVE_SESSIONS)), SESSIONS_PER_SLICE);
        const updateOnce = prepareUpdate(database);
        const changesBefore = countChanges(database);
        const measured = await interleave(
          {
            refresh: async () => 1e6 / (await timeEach(takeClients(), refreshOnce)),
            raw: () => 1e6 / timeEachSync(takeRows(), updateOnce),
          },
          ROUNDS,
        );
        const expectedChanges = 2 * SESSIONS_PER_SLICE * (ROUNDS.warmUp + ROUNDS.measured);
        if (countChanges(database) - changesBefore !== expectedChanges) {
          throw new Error('Not every refresh and every raw update changed exactly one row');
        }
        return [
          {
            title: 'refreshes / raw durable updates by the same statement',
            values: ratios(measured.refresh, measured.raw),
            unit: 'ratio',
            goal: { atLeast: 0.5 },
            detail: `${formatRate(median(measured.refresh))} against ${formatRate(median(measured.raw))}`,
          },
        ];
      } finally {
        await app.close();
        database.close();
      }
    }),
};

async function createClients(sessions: SessionService): Promise<Client[]> {
  const clients: Client[] = [];
  for (let index = 0; index < SESSIONS; index++) {
    const session = await sessions.createNewSessionWithoutRequestResponse(`user-${String(index)}`);
    const { refreshToken = '' } = session.getAllSessionTokensDangerously();
    clients.push({ handle: session.getHandle(), refreshToken });
  }
  return clients;
}

function readRows(database: SqliteDatabase, clients: readonly Client[]): Row[] {
  const statement = database.prepare('select refresh_token_hash from nestward_sessions where handle = ?');
  return clients.map(({ handle }) => {
    const [row] = statement.all(handle) as { refresh_token_hash: string }[];
    return { handle, refreshTokenHash: row?.refresh_token_hash ?? '' };
  });
}

/** The statement that confirms a refresh token, with values of the same lengths. */
function prepareUpdate(database: SqliteDatabase): (row: Row) => void {
  const statement = database.prepare(
    `update nestward_sessions
     set refresh_token_hash = ?, previous_refresh_token_hash = ?, confirmed_at = ?, expires_at = ?
     where handle = ? and refresh_token_hash = ?`,
  );
  return (row) => {
    const { handle, refreshTokenHash: from } = row;
    const now = Date.now();
    row.refreshTokenHash = from.slice(1) + from.slice(0, 1);
    statement.run(row.refreshTokenHash, from, now, now + REFRESH_TOKEN_LIFETIME_MS, handle, from);
  };
}

function countChanges(database: SqliteDatabase): number {
  const [row] = database.prepare('select total_changes() as changes').all() as { changes: number }[];
  return row?.changes ?? Number.NaN;
}
