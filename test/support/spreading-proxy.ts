import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A reverse proxy that gives each request to the next of several nodes, as a load balancer does. */
export class SpreadingProxy {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly server: Server;
  private next = 0;

  private constructor(private readonly targets: readonly string[]) {
    this.server = createServer((incoming, answer) => {
      const target = new URL(incoming.url ?? '/', this.targets[this.next++ % this.targets.length]);
      const forwarded = request(
        target,
        { method: incoming.method, headers: incoming.headers, agent: this.agent },
        (response) => {
          answer.writeHead(response.statusCode ?? 502, response.headers);
          response.pipe(answer);
        },
      );
      forwarded.on('error', () => {
        answer.writeHead(502).end();
      });
      incoming.pipe(forwarded);
    });
    // A client must never send into a connection that is closed for having been idle.
    this.server.keepAliveTimeout = 600_000;
  }

  static async start(targets: readonly string[]): Promise<SpreadingProxy> {
    const proxy = new SpreadingProxy(targets);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
