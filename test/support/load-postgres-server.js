import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/**
 * Loads `PostgresServer` where nothing compiles TypeScript: in Jest's global setup, which cannot be an ES module in
 * TypeScript, and in the benchmarks.
 *
 * @returns {Promise<typeof import('./postgres-server.js')>}
 */
export async function loadPostgresServer() {
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
  try {
    /** @type {typeof import('./postgres-server.js')} */
    const module = await import(pathToFileURL(file).href);
    return module;
  } finally {
    await rm(file);
  }
}
