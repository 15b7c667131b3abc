// Bundles the demo's pages into dist/web: for every src/web/NAME.html the script src/web/NAME.ts, and beside it
// everything that browsers load as it is. With --watch it goes on until it is stopped.
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { watch } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { context } from 'esbuild';

const source = fileURLToPath(new URL('../src/web/', import.meta.url));
const output = fileURLToPath(new URL('../dist/web/', import.meta.url));
const staticExtensions = new Set(['.html', '.css', '.svg', '.png', '.ico', '.webp', '.woff2', '.txt']);

const files = await readdir(source);
const pages = files.filter((file) => extname(file) === '.html');

const bundler = await context({
  entryPoints: pages.map((page) => join(source, page.replace(/\.html$/, '.ts'))),
  outdir: output,
  bundle: true,
  splitting: true,
  chunkNames: 'shared-[hash]',
  format: 'esm',
  platform: 'browser',
  target: ['es2022'],
  minify: true,
  sourcemap: true,
  legalComments: 'linked',
  logLevel: 'warning',
});

/** @param {string} file */
async function copyIfStatic(file) {
  if (staticExtensions.has(extname(file))) {
    await cp(join(source, file), join(output, file));
  }
}

const watching = process.argv.includes('--watch');
if (!watching) {
  await rm(output, { recursive: true, force: true });
}
await mkdir(output, { recursive: true });
await Promise.all([bundler.rebuild(), ...files.map(copyIfStatic)]);

if (watching) {
  await bundler.watch();
  watch(source, (_event, file) => {
    if (file !== null) {
      // An editor may remove a file for a moment while it saves; the next event brings it back.
      copyIfStatic(file).catch((/** @type {unknown} */ error) => console.error(error));
    }
  });
} else {
  await bundler.dispose();
}
