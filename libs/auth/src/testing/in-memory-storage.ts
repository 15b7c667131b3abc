import { sqlite } from '../storage/sqlite/sqlite.js';
import type { StorageFactory } from '../storage/storage.js';

/** A storage of its own for each app that is opened with it, gone when the app closes: a real SQLite, in memory. */
export function inMemoryStorage(): StorageFactory {
  return sqlite({ filename: ':memory:' });
}
