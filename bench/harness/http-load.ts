import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer with status 200. */
export interface HttpAnswer {
  /** The status line and the headers, as they came. */
  readonly head: string;
  readonly body: string;
}

/**
 * Makes the next request of a connection.
 * @param previous what the connection got last; undefined before its first request.
 */
export type NextRequest = (connection: number, previous: HttpAnswer | undefined) => string;

/**
 * Load over HTTP/1.1 from connections that stay open, each with one request under way. It works on plain sockets and reads
 * no more of an answer than it needs: a client that costs as much as the server would measure itself.
 */
export class HttpLoad {
  private constructor(private readonly connections: readonly Connection[]) {}

  /** Opens the connections to a server on loopback. */
  static async open(port: number, count: number): Promise<HttpLoad> {
    const sockets = await Promise.all(
      Array.from({ length: count }, async () => {
        const socket = connect({ port, host: '127.0.0.1', noDelay: true });
        await once(socket, 'connect');
        return socket;
      }),
    );
    return new HttpLoad(sockets.map((socket) => new Connection(socket)));
  }

  /**
   * Sends requests for a time, and waits for the last answers.
   * @returns answers per second.
   * @throws Error on any answer but a 200 with a `Content-Length`, and on a lost connection.
   */
  async run(durationMs: number, nextRequest: NextRequest): Promise<number> {
    const start = performance.now();
    const counts = await Promise.all(
      this.connections.map(async (connection, index) => {
        let count = 0;
        while (performance.now() - start < durationMs) {
          await connection.exchange(nextRequest(index, connection.last));
          count++;
        }
        return count;
      }),
    );
    return (counts.reduce((sum, count) => sum + count, 0) * 1000) / (performance.now() - start);
  }

  /** Sends one request over the first connection, and waits for its answer. @throws Error as {@link run} does. */
  async exchange(request: string): Promise<void> {
    const [connection] = this.connections;
    if (connection === undefined) {
      throw new RangeError('There is no connection');
    }
    await connection.exchange(request);
  }

  close(): void {
    for (const connection of this.connections) {
      connection.close();
    }
  }
}

/** A request of HTTP/1.1 as it goes over the wire. */
export function formatRequest(
  method: 'GET' | 'POST',
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): string {
  const all = {
    host: 'localhost',
    ...headers,
    ...(method === 'POST' ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** The value of a header of an answer. @throws Error if it is not there. */
export function readHeader({ head }: HttpAnswer, name: string): string {
  const line = head.split('\r\n').find((text) => text.toLowerCase().startsWith(`${name}:`));
  if (line === undefined) {
    throw new Error(`The answer has no header ${name}`);
  }
  return line.slice(name.length + 1).trim();
}

/** A socket, and what came over it. */
class Connection {
  last: HttpAnswer | undefined;
  private received = '';
  private pending: { resolve: () => void; reject: (reason: Error) => void } | undefined;

  constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => this.receive(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('The server closed the connection')));
  }

  exchange(request: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.pending = { resolve, reject };
      this.socket.write(request, 'utf8');
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(chunk: string): void {
    this.received += chunk;
    const headLength = this.received.indexOf('\r\n\r\n');
    if (headLength === -1) {
      return;
    }
    const head = this.received.slice(0, headLength);
    const bodyLength = /^content-length: *(\d+)/im.exec(head)?.[1];
    if (!head.startsWith('HTTP/1.1 200 ') || bodyLength === undefined) {
      this.fail(new Error(`The server answered ${this.received.slice(0, 500)}`));
      return;
    }
    const end = headLength + 4 + Number(bodyLength);
    if (this.received.length >= end) {
      this.last = { head, body: this.received.slice(headLength + 4, end) };
      this.received = this.received.slice(end);
      const { pending } = this;
      this.pending = undefined;
      pending?.resolve();
    }
  }

  private fail(reason: Error): void {
    const { pending } = this;
    this.pending = undefined;
    pending?.reject(reason);
  }
}
