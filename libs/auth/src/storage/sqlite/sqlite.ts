import { Kysely } from 'kysely';
import { KyselyStorage } from '../kysely/kysely.storage.js';
import type { StorageFactory } from '../storage.js';
import { configure, openSqliteDatabase } from './open-sqlite-database.js';
import type { SqliteDatabase } from './sqlite-database.js';
import { NestwardSqliteDialect } from './sqlite.dialect.js';

/** Options of {@link sqlite}: a file, or a database that the app has opened. */
export type SqliteOptions =
  | {
      /** The database file; its directory is made. `:memory:` keeps nothing. Default: `data/nestward.sqlite`. */
      filename?: string | undefined;
      database?: undefined;
    }
  | {
      /** A `DatabaseSync` of `node:sqlite`, or a `Database` of `better-sqlite3`. It stays open when the app closes. */
      database: SqliteDatabase;
      filename?: undefined;
    };

/** Where the data are kept if an app says nothing, relative to the working directory. */
export const DEFAULT_SQLITE_FILENAME = 'data/nestward.sqlite';

/**
 * Keeps everything in a SQLite file: for one machine, with nothing to run. What has been answered survives a crash of the
 * process and of the machine (WAL, `synchronous=FULL`).
 */
export function sqlite({ filename = DEFAULT_SQLITE_FILENAME, database }: SqliteOptions = {}): StorageFactory {
  const description = database === undefined ? `the SQLite file '${filename}'` : 'the SQLite database';
  return {
    description,
    open: async () => {
      if (database !== undefined) {
        await configure(database);
      }
      const dialect = new NestwardSqliteDialect(
        database ?? (await openSqliteDatabase(filename)),
        database === undefined,
      );
      return new KyselyStorage(new Kysely({ dialect }), { description, canLockRows: false });
    },
  };
}
