// Runs the demo, builds again what changes in the library, the pages and the app, and restarts the app when its code or
// the library's is new. Ctrl+C ends all of it.
import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

/**
 * The script behind a package's command, so that it runs with this Node on every platform.
 *
 * @param {string} packageName
 * @param {string} command
 */
function commandOf(packageName, command) {
  const manifest = require.resolve(`${packageName}/package.json`);
  return join(dirname(manifest), require(manifest).bin[command]);
}

const builders = [
  [commandOf('typescript', 'tsc'), '-p', join(root, 'libs/auth/tsconfig.build.json')],
  [commandOf('@nestjs/cli', 'nest'), 'build'],
  [join(root, 'scripts/build-pages.js')],
  [join(root, 'scripts/build-web.js')],
];

// Each build needs the one before it. What is wrong shows here and again in the watchers, which wait until it is put right.
for (const builder of builders) {
  spawnSync(process.execPath, builder, { cwd: root, stdio: 'inherit' });
}

const children = [
  ...builders.map((builder) => [...builder, '--watch']),
  ['--watch', '--watch-preserve-output', join(root, 'dist/main.js')],
].map((args) => spawn(process.execPath, args, { cwd: root, stdio: 'inherit' }));

let ending = false;

function end() {
  ending = true;
  for (const child of children) {
    child.kill('SIGTERM');
  }
}

process.once('SIGINT', end);
process.once('SIGTERM', end);
for (const child of children) {
  child.once('exit', (code) => {
    if (!ending) {
      // One builder that is gone would leave stale files behind without a word.
      process.exitCode = code ?? 1;
      end();
    }
  });
}
