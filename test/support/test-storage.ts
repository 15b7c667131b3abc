import { randomUUID } from 'node:crypto';
import { postgres, type StorageFactory } from 'nestward';
import { inMemoryStorage } from 'nestward/testing';

/**
 * An empty storage for one app under test. The suite runs twice: on SQLite in memory, and with `NESTWARD_TEST_STORAGE` set to
 * `postgres` in a schema of its own on the PostgreSQL of `TEST_DATABASE_URL`.
 */
export function createTestStorage(): StorageFactory {
  if (process.env['NESTWARD_TEST_STORAGE'] !== 'postgres') {
    return inMemoryStorage();
  }
  const connectionString = process.env['TEST_DATABASE_URL'];
  if (connectionString === undefined) {
    throw new Error('TEST_DATABASE_URL is not set');
  }
  return postgres({ connectionString, poolSize: 5, schema: `test_${randomUUID().replaceAll('-', '')}` });
}
