// Packs the library as npm would publish it, and shows that the package works where its users have it: installed into
// blank Nest apps outside of this repository, compiled by their TypeScript and run by Node 20 and 24. One command,
// `npm run pack:check`; it removes what it made, or keeps it with --keep.
import { strict as assert } from 'node:assert';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';

/**
 * @typedef {object} App
 * @property {string} name
 * @property {'module' | 'commonjs'} type what package.json says of its files
 * @property {Record<string, unknown>} compilerOptions what differs from a Nest app's usual ones
 * @property {boolean} runs false where the compiler alone is asked
 */

/**
 * @typedef {object} Workspace
 * @property {string} name
 * @property {Record<string, string>} dependencies
 * @property {App[]} apps
 */

/** @type {Workspace[]} */
const workspaces = [
  {
    name: 'nest-12',
    dependencies: {
      '@nestjs/common': '^12.0.0',
      '@nestjs/core': '^12.0.0',
      '@nestjs/platform-express': '^12.0.0',
      'reflect-metadata': '^0.2.0',
      rxjs: '^7.8.0',
      '@types/node': '^20.19.0',
      typescript: '~6.0.0',
    },
    apps: [
      {
        name: 'esm',
        type: 'module',
        compilerOptions: { module: 'nodenext', moduleResolution: 'nodenext' },
        runs: true,
      },
      {
        name: 'commonjs',
        type: 'commonjs',
        compilerOptions: { module: 'nodenext', moduleResolution: 'nodenext' },
        runs: true,
      },
      {
        name: 'bundler',
        type: 'module',
        compilerOptions: { module: 'esnext', moduleResolution: 'bundler', noEmit: true },
        runs: false,
      },
    ],
  },
  {
    name: 'nest-11',
    dependencies: {
      '@nestjs/common': '^11.0.0',
      '@nestjs/core': '^11.0.0',
      '@nestjs/platform-express': '^11.0.0',
      'reflect-metadata': '^0.2.0',
      rxjs: '^7.8.0',
      '@types/node': '^20.19.0',
      typescript: '~5.9.0',
    },
    apps: [
      {
        name: 'commonjs',
        type: 'commonjs',
        compilerOptions: { module: 'nodenext', moduleResolution: 'nodenext' },
        runs: true,
      },
      {
        // What apps have that were made before Nest's templates knew `exports`.
        name: 'commonjs-node10',
        type: 'commonjs',
        compilerOptions: { module: 'commonjs', moduleResolution: 'node10' },
        runs: true,
      },
    ],
  },
];

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'nestward-pack-check-'));
const execFileAsync = promisify(execFile);
const keep = process.argv.includes('--keep');

try {
  const tarball = await pack();
  await inspect(tarball);
  const nodes = [process.execPath, ...(await installNode('24'))];
  // Each to its end: the folder goes when the last one is done with it.
  for (const outcome of await Promise.allSettled(
    workspaces.map((workspace) => checkWorkspace(workspace, tarball, nodes)),
  )) {
    if (outcome.status === 'rejected') {
      fail(outcome.reason);
    }
  }
} catch (error) {
  fail(error);
} finally {
  if (keep) {
    console.log(`Kept ${folder}`);
  } else {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {unknown} error */
function fail(error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** @returns {Promise<string>} the path of the packed library */
async function pack() {
  await npm(root, 'pack', '--workspace', 'nestward', '--pack-destination', folder);
  const file = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  assert(file, 'npm pack made no file');
  return join(folder, file);
}

/**
 * What can be seen without running anything.
 *
 * @param {string} tarball
 */
async function inspect(tarball) {
  execFileSync('tar', ['-xzf', tarball, '-C', folder]);
  const packed = join(folder, 'package');
  const manifest = JSON.parse(await readFile(join(packed, 'package.json'), 'utf8'));
  const files = (await readdir(packed, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(packed, join(entry.parentPath, entry.name)).split(sep).join('/'));

  for (const file of ['README.md', 'LICENSE']) {
    assert(files.includes(file), `${file} is not in the package`);
  }
  const strangers = files.filter(
    (file) =>
      !/^(README\.md|LICENSE|package\.json|dist\/.+\.(js|js\.map|d\.ts)|dist\/pages\/assets\/(manifest\.json|LICENSES\.txt|.+\.css))$/.test(
        file,
      ),
  );
  assert.deepEqual(strangers, [], 'the package has files that do not belong there');
  assert.deepEqual(
    files.filter((file) => /\.(spec|test|e2e-spec)\./.test(file)),
    [],
    'the package has tests',
  );

  const named = [manifest.main, manifest.types, ...Object.values(manifest.bin), ...leaves(manifest.exports)];
  named.push(...Object.values(manifest.typesVersions['*']).flat());
  assert.deepEqual(
    named.filter((file) => !existsSync(join(packed, file))),
    [],
    'package.json names files that are not in the package',
  );
  for (const file of Object.values(manifest.bin)) {
    assert.match(await readFile(join(packed, file), 'utf8'), /^#!\/usr\/bin\/env node\n/, `${file} has no shebang`);
  }

  const declared = new Set([
    ...Object.keys(manifest.dependencies),
    ...Object.keys(manifest.optionalDependencies),
    ...Object.keys(manifest.peerDependencies),
    ...builtinModules,
  ]);
  const undeclared = new Set();
  for (const file of files.filter((name) => /\.(js|d\.ts)$/.test(name))) {
    for (const imported of importsOf(await readFile(join(packed, file), 'utf8'))) {
      const name = imported.split('/', imported.startsWith('@') ? 2 : 1).join('/');
      if (!name.startsWith('.') && !name.startsWith('node:') && !declared.has(name)) {
        undeclared.add(`${name} (${file})`);
      }
    }
  }
  assert.deepEqual([...undeclared], [], 'the package imports what its package.json does not declare');

  const sizes = await Promise.all(files.map(async (file) => (await stat(join(packed, file))).size));
  const unpacked = sizes.reduce((sum, size) => sum + size, 0);
  const { size } = await stat(tarball);
  console.log(`package: ${files.length} files, ${kilobytes(size)} packed, ${kilobytes(unpacked)} unpacked`);
}

/**
 * Module specifiers of a module's imports and exports.
 *
 * @param {string} source
 */
function importsOf(source) {
  return ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => fileName);
}

/**
 * The files at the ends of an `exports` tree.
 *
 * @param {unknown} tree
 * @returns {string[]}
 */
function leaves(tree) {
  return typeof tree === 'string' ? [tree] : Object.values(/** @type {object} */ (tree)).flatMap(leaves);
}

/**
 * The binary of another Node version, out of the npm packages that carry it.
 *
 * @param {string} major
 * @returns {Promise<string[]>} nothing if this very process runs on it
 */
async function installNode(major) {
  if (process.versions.node.startsWith(`${major}.`)) {
    return [];
  }
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const home = join(folder, `node-${major}`);
  await mkdir(home);
  await writeFile(join(home, 'package.json'), '{ "private": true }');
  await npm(home, 'install', '--no-audit', '--no-fund', `${name}@${major}`);
  return [join(home, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')];
}

/**
 * @param {Workspace} workspace
 * @param {string} tarball
 * @param {string[]} nodes
 */
async function checkWorkspace({ name, dependencies, apps }, tarball, nodes) {
  const home = join(folder, name);
  await mkdir(home);
  const manifest = { private: true, dependencies: { ...dependencies, nestward: `file:${tarball}` } };
  await writeFile(join(home, 'package.json'), JSON.stringify(manifest));
  await npm(home, 'install', '--no-audit', '--no-fund');
  const tsc = join(home, 'node_modules', 'typescript', 'bin', 'tsc');

  for (const app of apps) {
    const started = Date.now();
    const appFolder = join(home, app.name);
    await cp(join(root, 'test', 'package', 'app'), join(appFolder, 'src'), { recursive: true });
    await writeFile(join(appFolder, 'package.json'), JSON.stringify({ private: true, type: app.type }));
    await writeFile(join(appFolder, 'tsconfig.json'), JSON.stringify(tsconfigOf(app)));
    await run(appFolder, process.execPath, tsc, '-p', '.');
    if (!app.runs) {
      console.log(`${name}/${app.name}: compiles (${Date.now() - started} ms)`);
      continue;
    }
    for (const node of nodes) {
      const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
      await run(appFolder, node, 'dist/guarded-route.check.js');
      await checkApp(appFolder, node);
      console.log(`${name}/${app.name}: compiles and works on Node ${version} (${Date.now() - started} ms)`);
    }
  }
}

/** @param {App} app */
function tsconfigOf({ compilerOptions }) {
  return {
    compilerOptions: {
      target: 'es2023',
      strict: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      esModuleInterop: true,
      // The package's own declarations must hold by themselves.
      skipLibCheck: false,
      types: ['node'],
      rootDir: 'src',
      outDir: 'dist',
      ...compilerOptions,
    },
    include: ['src'],
  };
}

/**
 * Boots the app in a process of its own, signs up, calls the guarded route with the cookies it got, and opens a page.
 *
 * @param {string} appFolder
 * @param {string} node
 */
async function checkApp(appFolder, node) {
  const data = join(appFolder, 'data');
  await rm(data, { recursive: true, force: true });
  const child = spawn(node, ['dist/main.js'], { cwd: appFolder, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    const origin = await Promise.race([
      once(createInterface(child.stdout), 'line').then(([line]) => String(line)),
      ended.then(([code, signal]) => {
        throw new Error(`The app ended with ${code ?? signal} before it listened`);
      }),
      once(AbortSignal.timeout(60_000), 'abort').then(() => {
        throw new Error('The app did not listen within a minute');
      }),
    ]);
    const email = `${Date.now()}@example.com`;
    const signUp = await fetch(`${origin}/auth/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'st-auth-mode': 'cookie', rid: 'emailpassword' },
      body: JSON.stringify({
        formFields: [
          { id: 'email', value: email },
          { id: 'password', value: 'correct horse 1' },
        ],
      }),
    });
    const body = /** @type {{ status: string, user: { id: string } }} */ (await signUp.json());
    assert.equal(signUp.status, 200);
    assert.equal(body.status, 'OK');
    const cookies = signUp.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]);

    const unguarded = await fetch(`${origin}/greeting`);
    assert.equal(unguarded.status, 401);
    const guarded = await fetch(`${origin}/greeting`, { headers: { cookie: cookies.join('; ') } });
    assert.equal(guarded.status, 200);
    assert.deepEqual(await guarded.json(), { userId: body.user.id });

    const page = await fetch(`${origin}/auth`);
    assert.equal(page.status, 200);
    const html = await page.text();
    assert.match(html, /<h1 id="heading">/);
    for (const [, path] of html.matchAll(/(?:href|src)="(\/auth\/assets\/[^"]+)"/g)) {
      assert.equal((await fetch(`${origin}${path}`)).status, 200, `${path} is not served`);
    }
    assert.match(html, /\/auth\/assets\/pages-\w+\.js/);
  } finally {
    child.kill();
    await ended.catch(() => undefined);
  }
}

/**
 * @param {string} cwd
 * @param {string[]} args
 */
async function npm(cwd, ...args) {
  const cli = process.env['npm_execpath'];
  if (cli === undefined) {
    throw new Error('Run this through npm: npm run pack:check');
  }
  await run(cwd, process.execPath, cli, ...args);
}

/**
 * Runs a command to its end. Silent unless it fails: then the error tells what it said.
 *
 * @param {string} cwd
 * @param {string} command
 * @param {string[]} args
 */
async function run(cwd, command, ...args) {
  try {
    await execFileAsync(command, args, { cwd, env: environment(), maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const { stdout = '', stderr = '' } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
    throw new Error(`${command} ${args.join(' ')}\nfailed in ${cwd}\n${stdout}${stderr}`, { cause: error });
  }
}

/** The environment without what `npm run` adds, which would tell an npm in another folder to act in this one. */
function environment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(?!config_)|^npm_config_local_prefix$/i.test(name)),
  );
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(0)} kB`;
}
