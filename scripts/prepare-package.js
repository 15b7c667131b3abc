// Runs before `npm pack` and `npm publish` of the library: builds it from nothing, so that no stale file is packed, and
// puts the project's README and LICENSE beside it.
import { spawnSync } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const library = new URL('libs/auth/', root);

await rm(new URL('dist/', library), { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const builders = [[tsc, '-p', 'tsconfig.build.json'], [fileURLToPath(new URL('scripts/build-pages.js', root))]];
for (const builder of builders) {
  // What a builder prints is for a person: npm's own answer on stdout may be read by a script.
  const { status } = spawnSync(process.execPath, builder, { cwd: fileURLToPath(library), stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    process.exit(1);
  }
}
for (const file of ['README.md', 'LICENSE']) {
  await cp(new URL(file, root), new URL(file, library));
}
