import { Logger } from '@nestjs/common';
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import pg from 'pg';
import { ConfigurationError } from '../../config/configuration.error.js';
import type { Database } from '../kysely/database.js';
import { KyselyStorage } from '../kysely/kysely.storage.js';
import type { StorageFactory } from '../storage.js';

interface PostgresBaseOptions {
  /** The schema that the tables live in; it is made if it is missing. Default: `nestward`. */
  schema?: string | undefined;
}

/** Options of {@link postgres}: a connection string, or a pool that the app has. */
export type PostgresOptions = PostgresBaseOptions &
  (
    | {
        /** Such as `postgres://user:password@host:5432/database`. */
        connectionString: string;
        /** How many connections a process holds at most. Default: 10. */
        poolSize?: number | undefined;
        /** How long a statement may take, in milliseconds. Default: 5000. */
        statementTimeout?: number | undefined;
        /** How long a request waits for a connection, in milliseconds. Default: 2000. */
        connectionTimeout?: number | undefined;
        /** TLS: `true` checks the server's certificate; an object is what Node's `tls.connect` takes. Default: off. */
        ssl?: pg.PoolConfig['ssl'];
        pool?: undefined;
      }
    | {
        /** A pool of `pg`. It stays open when the app closes, and its own timeouts hold. */
        pool: pg.Pool;
        connectionString?: undefined;
      }
  );

/**
 * Keeps everything in PostgreSQL, for any number of processes (CockroachDB and YugabyteDB take the same SQL). What has been
 * answered is as durable as the database's `synchronous_commit` makes it.
 *
 * @throws ConfigurationError if an option is wrong.
 */
export function postgres(options: PostgresOptions): StorageFactory {
  const schema = options.schema ?? 'nestward';
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new ConfigurationError(
      `postgres({ schema }) is ${JSON.stringify(schema)}: write a name of lower-case letters, digits and '_', such as 'nestward'.`,
    );
  }
  const openPool = options.pool === undefined ? configurePool(options) : () => new BorrowedPool(options.pool);
  const description = `the PostgreSQL schema '${schema}'`;
  return {
    description,
    open: () => {
      const dialect = new PostgresDialect({ pool: openPool() });
      const db = new Kysely<Database>({ dialect }).withSchema(schema);
      return Promise.resolve(new KyselyStorage(db, { description, schema, canLockRows: true }));
    },
  };
}

/** How much longer than the server a client waits for an answer, in milliseconds: for a server that cannot answer any more. */
const ANSWER_MARGIN_MS = 1000;

/** @returns what opens the pool. @throws ConfigurationError if an option is wrong. */
function configurePool(options: Exclude<PostgresOptions, { pool: pg.Pool }>): () => PostgresPool {
  const { connectionString, poolSize = 10, statementTimeout = 5000, connectionTimeout = 2000, ssl } = options;
  assertConnectionString(connectionString);
  assertPositive(poolSize, 'poolSize', 'a whole number of connections greater than 0');
  assertPositive(statementTimeout, 'statementTimeout', 'a whole number of milliseconds greater than 0');
  assertPositive(connectionTimeout, 'connectionTimeout', 'a whole number of milliseconds greater than 0');
  const config: pg.PoolConfig = {
    connectionString,
    max: poolSize,
    statement_timeout: statementTimeout,
    query_timeout: statementTimeout + ANSWER_MARGIN_MS,
    idle_in_transaction_session_timeout: statementTimeout,
    connectionTimeoutMillis: connectionTimeout,
    keepAlive: true,
    ...(ssl === undefined ? {} : { ssl }),
  };
  return () => {
    const pool = new pg.Pool(config);
    const logger = new Logger('nestward/postgres');
    // Without a listener an idle connection that the server closes would end the process.
    pool.on('error', (error) => {
      logger.warn(`The database closed an idle connection: ${error.message}`);
    });
    return new OwnPool(pool);
  };
}

function assertConnectionString(connectionString: unknown): void {
  if (typeof connectionString !== 'string' || !/^postgres(ql)?:\/\//.test(connectionString)) {
    // What was given is not shown, since it may hold a password.
    throw new ConfigurationError(
      "postgres({ connectionString }) is no PostgreSQL URL: write one such as 'postgres://user:password@localhost:5432/acme'.",
    );
  }
}

function assertPositive(value: number, name: string, remedy: string): void {
  if (!Number.isSafeInteger(value) || value <= 0) {
    throw new ConfigurationError(`postgres({ ${name} }) is ${String(value)}: write ${remedy}.`);
  }
}

/** A pool that is the app's: it stays open. */
class BorrowedPool implements PostgresPool {
  constructor(protected readonly pool: pg.Pool) {}

  async connect(): Promise<pg.PoolClient> {
    return discardIfBroken(await this.pool.connect());
  }

  async end(): Promise<void> {
    // Whoever opened it closes it.
  }
}

/** A pool that the library has opened. */
class OwnPool extends BorrowedPool {
  override async end(): Promise<void> {
    await this.pool.end();
  }
}

/**
 * Gives a connection back to the pool only if the server itself answered every query. After a timeout or a network error
 * nobody knows what the server is still doing on it, and the next request would wait behind that.
 */
function discardIfBroken(client: pg.PoolClient): pg.PoolClient {
  let isBroken = false;
  // Without a listener a connection that breaks between two queries would end the process.
  const onError = (): void => {
    isBroken = true;
  };
  client.on('error', onError);
  return new Proxy(client, {
    get: (target, property) => {
      if (property === 'release') {
        return () => {
          target.off('error', onError);
          target.release(isBroken);
        };
      }
      if (property === 'query') {
        return async (text: string, parameters: unknown[]): Promise<pg.QueryResult> => {
          try {
            return await target.query(text, parameters);
          } catch (error) {
            isBroken ||= !(error instanceof pg.DatabaseError);
            throw error;
          }
        };
      }
      return Reflect.get(target, property) as unknown;
    },
  });
}
