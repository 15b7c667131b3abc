import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/**
 * Starts the PostgreSQL that the tests share, unless `TEST_DATABASE_URL` names one. Jest does not compile a global setup that
 * is an ES module, so that the one in TypeScript is bundled here.
 *
 * @returns {Promise<void>}
 */
export default async function setUp() {
  if (process.env['TEST_DATABASE_URL'] !== undefined) {
    return;
  }
  const directory = fileURLToPath(new URL('../../node_modules/.cache/nestward/', import.meta.url));
  const file = join(directory, `postgres-server-${String(process.pid)}.mjs`);
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('postgres-server.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  await mkdir(directory, { recursive: true });
  await writeFile(file, outputFiles[0]?.contents ?? '');
  /** @type {typeof import('./postgres-server.js')} */
  const { PostgresServer } = await import(pathToFileURL(file).href);
  // Crashes have tests and servers of their own; here only speed counts.
  const server = await PostgresServer.start(['-c', 'fsync=off', '-c', 'max_connections=200']);
  await rm(file);
  process.env['TEST_DATABASE_URL'] = server.connectionString;
  Object.assign(globalThis, { nestwardTestPostgres: server });
}
