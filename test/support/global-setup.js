import { loadPostgresServer } from './load-postgres-server.js';

/**
 * Starts the PostgreSQL that the tests share, unless `TEST_DATABASE_URL` names one.
 *
 * @returns {Promise<void>}
 */
export default async function setUp() {
  if (process.env['TEST_DATABASE_URL'] !== undefined) {
    return;
  }
  const { PostgresServer } = await loadPostgresServer();
  // Crashes have tests and servers of their own; here only speed counts.
  const server = await PostgresServer.start(['-c', 'fsync=off', '-c', 'max_connections=200']);
  process.env['TEST_DATABASE_URL'] = server.connectionString;
  Object.assign(globalThis, { nestwardTestPostgres: server });
}
