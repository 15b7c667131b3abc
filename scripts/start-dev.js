// Runs the demo and builds again what changes: the library, the pages and the app. Ctrl+C ends all of it.
import { execFileSync, spawn } from 'node:child_process';
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

const tsc = commandOf('typescript', 'tsc');
const library = ['-p', join(root, 'libs/auth/tsconfig.build.json')];

// The app needs the library's types before it can compile.
execFileSync(process.execPath, [tsc, ...library], { cwd: root, stdio: 'inherit' });

const children = [
  [tsc, ...library, '--watch', '--preserveWatchOutput'],
  [join(root, 'scripts/build-web.js'), '--watch'],
  [commandOf('@nestjs/cli', 'nest'), 'start', '--watch', '--preserveWatchOutput'],
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
