import { DatabaseSync } from '@photostructure/sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqlite, type StorageFactory } from 'nestward';

/** A database file that several apps can share, and that a test can look into. */
export interface SharedDatabase {
  readonly factory: StorageFactory;
  /** How many rows each of the tables has whose content an endpoint can change. */
  countRows(): { readonly users: number; readonly loginMethods: number; readonly sessions: number };
  /** Removes the file. */
  close(): void;
}

export function createSharedDatabase(): SharedDatabase {
  const directory = mkdtempSync(join(tmpdir(), 'nestward-'));
  const filename = join(directory, 'test.sqlite');
  return {
    factory: sqlite({ filename }),
    countRows: () => {
      const database = new DatabaseSync(filename);
      const count = (table: string): number => database.prepare(`SELECT 1 FROM ${table}`).all().length;
      try {
        return {
          users: count('nestward_users'),
          loginMethods: count('nestward_login_methods'),
          sessions: count('nestward_sessions'),
        };
      } finally {
        database.close();
      }
    },
    close: () => {
      rmSync(directory, { recursive: true });
    },
  };
}
