import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a server of a benchmark tells the one that started it, once it listens. */
export interface ServerReady {
  readonly port: number;
  /** What the benchmark needs besides, such as tokens. */
  readonly data: readonly string[];
}

/** How long a server may take to start, in milliseconds. */
const START_TIMEOUT_MS = 30_000;

/** A server in a process of its own, as `serve` runs it. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    readonly data: readonly string[],
  ) {}

  /**
   * Starts a program and waits until it listens.
   * @param program the URL of its module, which calls `serve`.
   * @throws Error if it does not listen in time.
   */
  static async start(program: URL, programArguments: readonly string[] = []): Promise<ServerProcess> {
    const child = fork(fileURLToPath(program), programArguments, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    try {
      const [ready] = (await Promise.race([
        once(child, 'message', { signal: AbortSignal.timeout(START_TIMEOUT_MS) }),
        once(child, 'exit').then(() => Promise.reject(new Error(`${program.pathname} ended before it listened`))),
      ])) as [ServerReady];
      return new ServerProcess(child, ready.port, ready.data);
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  /** The CPU time that the process has taken so far, in microseconds. */
  async getCpuTime(): Promise<number> {
    const answer = once(this.child, 'message') as Promise<[number]>;
    this.child.send('cpu-time');
    const [microseconds] = await answer;
    return microseconds;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }
}
