import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** The built demo in a process of its own, in an empty folder, so that no `.env` and no data of a developer take part. */
export class DemoProcess {
  private constructor(
    readonly origin: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** Starts the demo, on a free port unless `PORT` is given, and waits until it says where to open it. */
  static async start(environment: Record<string, string> = {}): Promise<DemoProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'nestward-demo-'));
    const port = environment['PORT'] ?? String(await findFreePort());
    const { child, output } = spawnDemo(folder, { ...environment, PORT: port });
    const origin = `http://localhost:${port}`;
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', () => {
        if (output().includes(`Open ${origin}`)) {
          resolve();
        }
      });
      child.once('exit', (code) => {
        reject(new Error(`The demo ended with ${String(code)} before it was ready:\n${output()}`));
      });
    });
    return new DemoProcess(origin, child, folder);
  }

  /** Ends the process as a supervisor would, and removes its data. */
  async stop(): Promise<void> {
    await endProcess(this.child);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Starts the demo with an environment that it must refuse. @returns its exit code and all that it wrote. */
export async function runDemoToItsEnd(
  environment: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'nestward-demo-'));
  const { child, output } = spawnDemo(folder, environment);
  try {
    await once(child, 'close', { signal: AbortSignal.timeout(20_000) });
    return { code: child.exitCode, output: output() };
  } finally {
    await endProcess(child);
    await rm(folder, { recursive: true, force: true });
  }
}

/** A port of the loopback interface that nobody listens on. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error('The server has no port');
  }
  return address.port;
}

function spawnDemo(folder: string, environment: Record<string, string>): { child: ChildProcess; output: () => string } {
  const chunks: string[] = [];
  const child = spawn(process.execPath, [main], {
    cwd: folder,
    env: { PATH: process.env['PATH'], NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  }
  return { child, output: () => chunks.join('') };
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}
