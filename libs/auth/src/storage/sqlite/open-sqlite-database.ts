import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigurationError } from '../../config/configuration.error.js';
import { retryWhileBusy } from './retry-while-busy.js';
import type { SqliteDatabase } from './sqlite-database.js';

type DatabaseConstructor = new (filename: string) => SqliteDatabase;

/**
 * Opens a SQLite file with what durability needs. The file and a directory that has to be made for it are for their owner
 * only: they hold password hashes and signing keys.
 *
 * @throws ConfigurationError if there is no SQLite for this Node, or the file cannot be opened.
 */
export async function openSqliteDatabase(filename: string): Promise<SqliteDatabase> {
  const Database = await loadSqlite();
  let database: SqliteDatabase | undefined;
  try {
    if (filename !== ':memory:') {
      mkdirSync(dirname(resolve(filename)), { recursive: true, mode: 0o700 });
    }
    database = new Database(filename);
    // Waiting for another connection is the dialect's part, which does not stop the process for it.
    database.exec('pragma busy_timeout = 0');
    await configure(database);
    if (filename !== ':memory:') {
      chmodSync(filename, 0o600);
    }
    return database;
  } catch (error) {
    database?.close();
    throw new ConfigurationError(
      `The SQLite file '${filename}' cannot be opened (${error instanceof Error ? error.message : String(error)}): write the path of a database file, or of a new one in a directory that the app may write to, as in sqlite({ filename: 'data/nestward.sqlite' }).`,
      { cause: error },
    );
  }
}

/** Sets what the library relies on, also for a database that was handed in. */
export async function configure(database: SqliteDatabase): Promise<void> {
  // The first connection of all switches a file to WAL, and needs it for itself.
  await retryWhileBusy(() => {
    database.exec('pragma journal_mode = wal');
  });
  // An answered sign-up has reached the disk.
  database.exec('pragma synchronous = full');
  database.exec('pragma foreign_keys = on');
}

async function loadSqlite(): Promise<DatabaseConstructor> {
  const problems: string[] = [];
  // Node has it from 22.13 on; the other is the same for Node 20.
  for (const name of ['node:sqlite', '@photostructure/sqlite']) {
    try {
      const module = (await import(name)) as { DatabaseSync: DatabaseConstructor };
      return module.DatabaseSync;
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new ConfigurationError(
    `There is no SQLite for Node ${process.versions.node} (${problems.join('; ')}): run Node 22.13 or newer, or 'npm install @photostructure/sqlite@1'.`,
  );
}
