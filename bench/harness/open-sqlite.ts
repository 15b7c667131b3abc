import type { SqliteOptions } from 'nestward';

/** A database that the library takes, and that raw statements can be sent to. */
export type SqliteDatabase = NonNullable<SqliteOptions['database']>;

/** Opens a file with the SQLite that the library would open it with: Node's own, or the same for Node 20. */
export async function openSqlite(filename: string): Promise<SqliteDatabase> {
  for (const name of ['node:sqlite', '@photostructure/sqlite']) {
    const module = await importIfThere(name);
    if (module !== undefined) {
      return new module.DatabaseSync(filename);
    }
  }
  throw new Error(`There is no SQLite for Node ${process.versions.node}`);
}

async function importIfThere(
  name: string,
): Promise<{ DatabaseSync: new (filename: string) => SqliteDatabase } | undefined> {
  try {
    return (await import(name)) as { DatabaseSync: new (filename: string) => SqliteDatabase };
  } catch {
    return undefined;
  }
}
