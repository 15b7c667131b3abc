import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DemoProcess, findFreePort } from './demo-process.js';

const example = fileURLToPath(new URL('../../examples/react-supertokens/', import.meta.url));
const vite = join(example, 'node_modules/vite/bin/vite.js');

/** How an example and its API are set up. */
export interface ReactSiteOptions {
  /** The website's host: `localhost` is the API's site, and `127.0.0.1` another one. */
  host?: 'localhost' | '127.0.0.1';
  emailVerification?: 'off' | 'OPTIONAL' | 'REQUIRED';
  tokenTransferMethod?: 'cookie' | 'header';
  /** More of the API's environment. */
  environment?: Record<string, string>;
}

/** `examples/react-supertokens` on an origin of its own, and the demo that is its API. */
export class ReactSite {
  private constructor(
    readonly origin: string,
    readonly api: DemoProcess,
    private readonly server: ChildProcess,
    private readonly folder: string,
  ) {}

  /** Starts the API, builds the website for it, and serves that with Vite. */
  static async start(options: ReactSiteOptions = {}): Promise<ReactSite> {
    const { host = 'localhost', emailVerification = 'off', tokenTransferMethod = 'cookie' } = options;
    const port = String(await findFreePort());
    const origin = `http://${host}:${port}`;
    const api = await DemoProcess.start({
      // Many people sign up from one address in a test.
      NODE_ENV: 'test',
      WEBSITE_DOMAIN: origin,
      EMAIL_VERIFICATION: emailVerification,
      ...options.environment,
    });
    const folder = await mkdtemp(join(tmpdir(), 'nestward-react-'));
    await expectToEndWell(
      runVite(['build', '--outDir', folder], {
        VITE_API_DOMAIN: api.origin,
        VITE_EMAIL_VERIFICATION: emailVerification,
        VITE_TOKEN_TRANSFER_METHOD: tokenTransferMethod,
      }),
    );
    const server = runVite(['preview', '--outDir', folder, '--host', host, '--port', port]);
    await isServing(server, origin);
    return new ReactSite(origin, api, server, folder);
  }

  async stop(): Promise<void> {
    if (this.server.exitCode === null && this.server.signalCode === null) {
      this.server.kill();
      await once(this.server, 'exit');
    }
    await this.api.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function runVite(parameters: string[], environment: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [vite, ...parameters], {
    cwd: example,
    env: { PATH: process.env['PATH'], NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What a process writes, as it comes. */
function collectOutput(child: ChildProcess): () => string {
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  }
  return () => chunks.join('');
}

async function expectToEndWell(child: ChildProcess): Promise<void> {
  const output = collectOutput(child);
  await once(child, 'close');
  if (child.exitCode !== 0) {
    throw new Error(`The example could not be built; install it with npm run build:example:\n${output()}`);
  }
}

async function isServing(child: ChildProcess, origin: string): Promise<void> {
  const output = collectOutput(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', () => {
      if (output().includes(origin)) {
        resolve();
      }
    });
    child.once('exit', () => {
      reject(new Error(`Vite ended before it served the example:\n${output()}`));
    });
  });
}
