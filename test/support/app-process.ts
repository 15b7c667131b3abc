import { build } from 'esbuild';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** How an app in a process of its own is configured. */
export interface AppProcessOptions {
  /** A `sqlite:` or `postgres:` URL. */
  readonly storage: string;
  /** Options of the sessions. */
  readonly session?: Readonly<Record<string, number>>;
  /** Options of `postgres()`. */
  readonly postgres?: Readonly<{
    schema?: string;
    poolSize?: number;
    statementTimeout?: number;
    connectionTimeout?: number;
  }>;
  /** The port of a mail server on this machine. Default: none, and messages go to the log. */
  readonly mailPort?: number;
  /** How far the clock of the process is ahead, in milliseconds. */
  readonly clockOffset?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

let bundle: Promise<{ file: string; directory: string }> | undefined;

/** Bundles `app-process.main.ts` with the library's sources, once for the tests of a file. */
async function bundleApp(): Promise<string> {
  bundle ??= (async () => {
    // Below node_modules, so that the packages that stay outside of the bundle are found.
    const directory = mkdtempSync(join(ROOT, 'node_modules', '.nestward-test-app-'));
    const file = join(directory, 'app.mjs');
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, 'app-process.main.ts')],
      alias: { nestward: join(ROOT, 'libs/auth/src/index.ts') },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    });
    writeFileSync(file, outputFiles[0]?.contents ?? '');
    process.once('exit', () => {
      rmSync(directory, { recursive: true, force: true });
    });
    return { file, directory };
  })();
  return (await bundle).file;
}

/** Removes what {@link AppProcess.start} has built. */
export async function removeAppBundle(): Promise<void> {
  const built = await bundle;
  bundle = undefined;
  if (built !== undefined) {
    rmSync(built.directory, { recursive: true, force: true });
  }
}

/** An app with the library in a process of its own, that can be killed. */
export class AppProcess {
  private constructor(
    private readonly process: ChildProcess,
    readonly url: string,
    /** What the process has written to its standard error so far. */
    readonly readErrors: () => string,
  ) {}

  /** Starts an app on a free port and waits until it serves. */
  static async start(options: AppProcessOptions): Promise<AppProcess> {
    const child = spawn(process.execPath, ['--no-warnings', await bundleApp()], {
      env: { ...process.env, ...options.environment, APP_PROCESS_OPTIONS: JSON.stringify(options) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const url = await new Promise<string>((resolve, reject) => {
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        const [, found] = /READY (\S+)/.exec(output) ?? [];
        if (found !== undefined) {
          resolve(found);
        }
      });
      child.once('exit', (code) => {
        reject(new Error(`The app ended with ${String(code)}: ${errors}${output}`));
      });
    });
    return new AppProcess(child, url, () => errors);
  }

  /** Ends the process as a crash does. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Ends the process in an orderly way. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) {
      return;
    }
    const exited = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill(signal);
    await exited;
  }
}
