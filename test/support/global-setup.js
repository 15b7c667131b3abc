import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { loadPostgresServer } from './load-postgres-server.js';

const buildPages = fileURLToPath(new URL('../../scripts/build-pages.js', import.meta.url));

/**
 * Bundles what the pages load, which is no source that Jest could run, and starts the PostgreSQL that the tests share, unless
 * `TEST_DATABASE_URL` names one.
 *
 * @returns {Promise<void>}
 */
export default async function setUp() {
  const { status, stderr } = spawnSync(process.execPath, [buildPages], { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`The pages cannot be bundled:\n${stderr}`);
  }
  if (process.env['TEST_DATABASE_URL'] !== undefined) {
    return;
  }
  const { PostgresServer } = await loadPostgresServer();
  // Crashes have tests and servers of their own; here only speed counts.
  const server = await PostgresServer.start(['-c', 'fsync=off', '-c', 'max_connections=200']);
  process.env['TEST_DATABASE_URL'] = server.connectionString;
  Object.assign(globalThis, { nestwardTestPostgres: server });
}
