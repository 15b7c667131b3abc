// Bundles what the library's pages load in browsers into libs/auth/dist/pages/assets: the script, the style sheet, the
// licences of what is bundled, and a manifest that tells their names. Prints what a page weighs, and fails where that is too
// much. With --watch it goes on until it is stopped.
import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { context } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));
const source = join(root, 'libs/auth/src/pages/web');
const output = join(root, 'libs/auth/dist/pages/assets');

/** What a page may weigh with all that it loads, compressed; the HTML itself is counted with what it may have at most. */
const GOAL_BYTES = 60_000;
const HTML_BYTES = 4_000;

/** @param {import('esbuild').BuildResult} result */
async function finish({ metafile, errors }) {
  if (errors.length > 0 || metafile === undefined) {
    return;
  }
  const outputs = Object.entries(metafile.outputs);
  const entries = new Map(
    outputs.flatMap(([file, { entryPoint }]) =>
      entryPoint === undefined ? [] : [[basename(entryPoint), basename(file)]],
    ),
  );
  const [script, style] = [entries.get('pages.ts'), entries.get('pages.css')];
  assert(script !== undefined && style !== undefined, 'the bundle lacks its entry points');
  const current = new Set(outputs.map(([file]) => basename(file)));
  for (const file of await readdir(output)) {
    if (!current.has(file)) {
      await rm(join(output, file));
    }
  }
  await writeFile(join(output, 'manifest.json'), `${JSON.stringify({ script, style })}\n`);
  await writeFile(join(output, 'LICENSES.txt'), await collectLicences(Object.keys(metafile.inputs)));

  const sizes = new Map(
    await Promise.all(
      [...current].map(
        async (file) =>
          /** @type {const} */ ([file, brotliCompressSync(await readFile(join(output, file))).byteLength]),
      ),
    ),
  );
  const plain = HTML_BYTES + (sizes.get(script) ?? 0) + (sizes.get(style) ?? 0);
  const whole = HTML_BYTES + [...sizes.values()].reduce((sum, size) => sum + size, 0);
  console.log(
    `pages: ${kilobytes(plain)} compressed, ${kilobytes(whole)} with the session client; goal: at most ${kilobytes(GOAL_BYTES)}`,
  );
  if (whole > GOAL_BYTES) {
    console.error('A page is too heavy.');
    process.exitCode = 1;
  }
}

/**
 * The licences of the packages that are bundled, as their authors ask for.
 *
 * @param {readonly string[]} inputs
 */
async function collectLicences(inputs) {
  const names = new Set(
    inputs.flatMap((file) => {
      const found = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(file);
      return found?.[1] === undefined ? [] : [found[1]];
    }),
  );
  const texts = await Promise.all(
    [...names].sort().map(async (name) => {
      const home = join(root, 'node_modules', name);
      const { version, license } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'));
      const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt'].map((text) => join(home, text)).find(existsSync);
      const text = file === undefined ? '' : `\n${await readFile(file, 'utf8')}`;
      return `${name} ${version} (${license})\n${text}`;
    }),
  );
  return `The files beside this one contain code of these packages.\n\n${texts.join('\n----\n\n')}`;
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

await mkdir(output, { recursive: true });
const bundler = await context({
  absWorkingDir: root,
  entryPoints: [join(source, 'pages.ts'), join(source, 'pages.css')],
  outdir: output,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  target: ['es2022', 'chrome111', 'firefox121', 'safari16.4'],
  minify: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  plugins: [
    {
      name: 'finish',
      setup(build) {
        build.onEnd(finish);
      },
    },
  ],
});

if (process.argv.includes('--watch')) {
  await bundler.watch();
} else {
  await bundler.rebuild();
  await bundler.dispose();
}
