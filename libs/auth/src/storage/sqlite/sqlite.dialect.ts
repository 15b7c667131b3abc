import {
  CompiledQuery,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
  type QueryResult,
} from 'kysely';
import { LRUCache } from 'lru-cache';
import { restoreErrorCode } from './restore-error-code.js';
import { retryWhileBusy } from './retry-while-busy.js';
import type { SqliteDatabase, SqliteStatement, SqliteValue } from './sqlite-database.js';

/** How many prepared statements are kept; the library has far fewer different ones. */
const MAX_STATEMENTS = 200;

type KyselyDatabase = ConstructorParameters<typeof SqliteDriver>[0]['database'] extends infer Value
  ? Extract<Value, { prepare: unknown }>
  : never;

/** Kysely's SQLite dialect over a database of `node:sqlite` or `better-sqlite3`. */
export class NestwardSqliteDialect extends SqliteDialect {
  readonly #database: KyselyDatabase;

  /** @param isOwned whether the database is closed with Kysely. */
  constructor(database: SqliteDatabase, isOwned: boolean) {
    const adapted = adapt(database, isOwned);
    super({ database: adapted });
    this.#database = adapted;
  }

  override createDriver(): Driver {
    return new ImmediateSqliteDriver({ database: this.#database });
  }

  override createAdapter(): DialectAdapter {
    return new TransactionalSqliteAdapter();
  }
}

/** Takes the write lock at the start of a transaction: one that took it later could not wait for another process. */
class ImmediateSqliteDriver extends SqliteDriver {
  #connection: DatabaseConnection | undefined;

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection();
    this.#connection ??= new WaitingConnection(connection);
    return this.#connection;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

/** Runs migrations in one transaction, so that two processes cannot run them at once and none is left half done. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** A connection that waits for a busy database without stopping the process. */
class WaitingConnection implements DatabaseConnection {
  constructor(private readonly inner: DatabaseConnection) {}

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return retryWhileBusy(() => this.inner.executeQuery<Row>(query));
  }

  streamQuery<Row>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<Row>> {
    return this.inner.streamQuery<Row>(query, chunkSize);
  }
}

function adapt(database: SqliteDatabase, isOwned: boolean): KyselyDatabase {
  const statements = new LRUCache<string, ReturnType<typeof adaptStatement>>({ max: MAX_STATEMENTS });
  return {
    close: () => {
      statements.clear();
      if (isOwned) {
        // Closing the last connection moves the WAL into the file only where every prepared statement is gone by then.
        database.exec('pragma wal_checkpoint(truncate)');
        database.close();
      }
    },
    prepare: (sql) => {
      const known = statements.get(sql);
      if (known !== undefined) {
        return known;
      }
      const statement = adaptStatement(database.prepare(sql));
      statements.set(sql, statement);
      return statement;
    },
  };
}

function adaptStatement(statement: SqliteStatement) {
  const all = (parameters: readonly unknown[]) => {
    const values = parameters.map(toSqliteValue);
    return restoreErrorCode(() => statement.all(...values));
  };
  return {
    reader: statement.reader ?? (statement.columns?.().length ?? 0) > 0,
    all,
    run: (parameters: readonly unknown[]) => statement.run(...parameters.map(toSqliteValue)),
    iterate: (parameters: readonly unknown[]) => all(parameters).values(),
  };
}

function toSqliteValue(value: unknown): SqliteValue {
  if (
    value === null ||
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    typeof value === 'string' ||
    value instanceof Uint8Array
  ) {
    return value;
  }
  throw new TypeError(`SQLite cannot store a value of type ${typeof value}`);
}
