import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { randomUUID } from 'node:crypto';
import { AuthModule, EmailPasswordService, postgres as postgresStorage, SessionService } from 'nestward';
import pg from 'pg';
import { BENCH_APP_INFO } from './app-info.js';
import type { Benchmark } from './benchmark.js';
import type { Finding } from './harness/finding.js';
import { interleave, ratios } from './harness/interleave.js';
import { formatRate } from './harness/report.js';
import { median } from './harness/statistics.js';
import { takeTurns } from './harness/take-turns.js';
import { measureThroughput, timeEach } from './harness/timing.js';
import { withPostgres } from './harness/with-postgres.js';

/** How many sessions take turns on each side. */
const ACTIVE_SESSIONS = 300;
const SESSIONS_PER_SLICE = 50;
const SIZES = [10_000, 100_000, 1_000_000] as const;
const ROUNDS = { warmUp: 4, measured: 30 };
const CONCURRENCY = 8;

/** A session as its client knows it. */
interface Client {
  readonly handle: string;
  refreshToken: string;
}

/** An app on a schema of its own. */
interface Node {
  readonly app: INestApplicationContext;
  readonly sessions: SessionService;
  readonly clients: Client[];
}

/**
 * Against the same statements sent raw through `pg` over a connection of the same pool size: what the library adds to the
 * database's own time. And the latency of a refresh while the table grows.
 */
export const postgres: Benchmark = {
  name: 'postgres',
  title: `refreshes and sign-ups on PostgreSQL, and refreshes with ${SIZES.map((size) => size.toLocaleString('en-US')).join(', ')} sessions`,
  run: () =>
    withPostgres(async (connectionString) => {
      const pool = new pg.Pool({ connectionString, max: CONCURRENCY });
      const nodes: Node[] = [];
      try {
        for (const size of SIZES) {
          nodes.push(await startNode(connectionString, pool, size));
        }
        const [smallest] = nodes;
        if (smallest === undefined) {
          throw new Error('There is no node');
        }
        return [
          await compareRefreshes(smallest, pool),
          await compareSignUps(smallest, pool),
          ...(await compareSizes(nodes)),
          await compareProcesses(connectionString, smallest),
        ];
      } finally {
        for (const { app } of nodes) {
          await app.close();
        }
        await pool.end();
      }
    }),
};

const schemaOf = (size: number): string => `bench_${String(size)}`;

async function createApp(connectionString: string, schema: string): Promise<INestApplicationContext> {
  @Module({
    imports: [
      AuthModule.forRoot(BENCH_APP_INFO, {
        storage: postgresStorage({ connectionString, schema, poolSize: CONCURRENCY }),
        // The hash is measured elsewhere; here it would hide everything else.
        emailPassword: { passwordHashing: { memoryCost: 8, timeCost: 1, parallelism: 1 } },
      }),
    ],
  })
  class BenchModule {}

  return NestFactory.createApplicationContext(BenchModule, { logger: ['error', 'warn'] });
}

/** Starts an app on a table with this many sessions, a few of which are used. */
async function startNode(connectionString: string, pool: pg.Pool, size: number): Promise<Node> {
  const schema = schemaOf(size);
  const app = await createApp(connectionString, schema);
  await pool.query(
    `insert into ${schema}.nestward_sessions
     select gen_random_uuid()::text, gen_random_uuid()::text, gen_random_uuid()::text, 'public', md5(i::text) || md5(i::text),
       null, 0, '{}', 0, '{}', 0, 4102444800000 + i
     from generate_series(1, $1::int) i`,
    [size],
  );
  await pool.query(`vacuum analyze ${schema}.nestward_sessions`);
  const sessions = app.get(SessionService);
  const clients = await createClients(sessions, ACTIVE_SESSIONS);
  // A session's first refresh has nothing to confirm.
  await timeEach(clients, (client) => refreshOnce(sessions, client));
  return { app, sessions, clients };
}

async function createClients(sessions: SessionService, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (let index = 0; index < count; index++) {
    const session = await sessions.createNewSessionWithoutRequestResponse(randomUUID());
    const { refreshToken = '' } = session.getAllSessionTokensDangerously();
    clients.push({ handle: session.getHandle(), refreshToken });
  }
  return clients;
}

async function refreshOnce(sessions: SessionService, client: Client): Promise<void> {
  const session = await sessions.refreshSessionWithoutRequestResponse(client.refreshToken);
  client.refreshToken = session.getAllSessionTokensDangerously().refreshToken ?? '';
}

/** A refresh reads the session and confirms the token; the raw side sends the same two statements. */
async function compareRefreshes({ sessions, clients }: Node, pool: pg.Pool): Promise<Finding> {
  const table = `${schemaOf(SIZES[0])}.nestward_sessions`;
  const rows = await Promise.all(
    (await createClients(sessions, ACTIVE_SESSIONS)).map(async ({ handle }) => {
      const { rows: found } = await pool.query<{ refresh_token_hash: string }>(
        `select refresh_token_hash from ${table} where handle = $1`,
        [handle],
      );
      return { handle, hash: found[0]?.refresh_token_hash ?? '' };
    }),
  );
  const nextClients = takeTurns(clients, SESSIONS_PER_SLICE);
  const nextRows = takeTurns(rows, SESSIONS_PER_SLICE);
  const measured = await interleave(
    {
      refresh: async () => 1e6 / (await timeEach(nextClients(), (client) => refreshOnce(sessions, client))),
      raw: async () =>
        1e6 /
        (await timeEach(nextRows(), async (row) => {
          await pool.query(`select * from ${table} where handle = $1`, [row.handle]);
          const from = row.hash;
          row.hash = from.slice(1) + from.slice(0, 1);
          const { rowCount } = await pool.query(
            `update ${table} set refresh_token_hash = $1, previous_refresh_token_hash = $2, confirmed_at = $3, expires_at = $4
             where handle = $5 and refresh_token_hash = $2`,
            [row.hash, from, Date.now(), Date.now() + 1e9, row.handle],
          );
          if (rowCount !== 1) {
            throw new Error('A raw update changed no row');
          }
        })),
    },
    ROUNDS,
  );
  return {
    title: 'refreshes / the same statements raw through pg',
    values: ratios(measured.refresh, measured.raw),
    unit: 'ratio',
    detail: `${formatRate(median(measured.refresh))} against ${formatRate(median(measured.raw))}`,
  };
}

async function compareSignUps({ app }: Node, pool: pg.Pool): Promise<Finding> {
  const schema = schemaOf(SIZES[0]);
  const emailPassword = app.get(EmailPasswordService);
  const slice = Array.from({ length: SESSIONS_PER_SLICE });
  const measured = await interleave(
    {
      signUp: async () =>
        1e6 / (await timeEach(slice, () => emailPassword.signUp(`${randomUUID()}@example.com`, 'password1'))),
      raw: async () =>
        1e6 /
        (await timeEach(slice, async () => {
          const client = await pool.connect();
          const id = randomUUID();
          await client.query('begin');
          await client.query(
            `insert into ${schema}.nestward_users (id, is_primary_user, time_joined) values ($1, 0, $2)`,
            [id, Date.now()],
          );
          await client.query(
            `insert into ${schema}.nestward_login_methods
             (recipe_user_id, user_id, recipe_id, email, email_verified, password_hash, time_joined)
             values ($1, $1, 'emailpassword', $2, 0, 'hash', $3)`,
            [id, `${id}@example.com`, Date.now()],
          );
          await client.query('commit');
          client.release();
        })),
    },
    ROUNDS,
  );
  return {
    title: 'sign-ups (with the cheapest hash) / the same statements raw through pg',
    values: ratios(measured.signUp, measured.raw),
    unit: 'ratio',
    detail: `${formatRate(median(measured.signUp))} against ${formatRate(median(measured.raw))}`,
  };
}

async function compareSizes(nodes: readonly Node[]): Promise<Finding[]> {
  const slices = nodes.map(({ sessions, clients }) => {
    const next = takeTurns(clients, SESSIONS_PER_SLICE);
    return () => timeEach(next(), (client) => refreshOnce(sessions, client));
  });
  const measured = await interleave(
    Object.fromEntries(slices.map((slice, index) => [String(SIZES[index]), slice])),
    ROUNDS,
  );
  const baseline = measured[String(SIZES[0])] ?? [];
  return SIZES.slice(1).map((size) => {
    const figures = measured[String(size)] ?? [];
    return {
      title: `a refresh at ${size.toLocaleString('en-US')} sessions / at ${SIZES[0].toLocaleString('en-US')}`,
      values: ratios(figures, baseline),
      unit: 'ratio',
      goal: { atMost: 1.2 },
      detail: `${median(figures).toFixed(0)} µs against ${median(baseline).toFixed(0)} µs`,
    };
  });
}

/** Two apps with pools of their own, as two processes have them, against one; on one machine they share its cores. */
async function compareProcesses(connectionString: string, { sessions, clients }: Node): Promise<Finding> {
  const second = await createApp(connectionString, schemaOf(SIZES[0]));
  try {
    const others = second.get(SessionService);
    const load = (services: readonly SessionService[]) =>
      measureThroughput(
        async (worker) => {
          const client = clients[worker];
          const service = services[worker % services.length];
          if (client !== undefined && service !== undefined) {
            await refreshOnce(service, client);
          }
        },
        { concurrency: 2 * CONCURRENCY, durationMs: 300 },
      );
    const measured = await interleave(
      { two: () => load([sessions, others]), one: () => load([sessions]) },
      { warmUp: 2, measured: 10 },
    );
    return {
      title: 'refreshes of two nodes / of one, on one machine',
      values: ratios(measured.two, measured.one),
      unit: 'ratio',
      detail: `${formatRate(median(measured.two))} against ${formatRate(median(measured.one))}`,
    };
  } finally {
    await second.close();
  }
}
