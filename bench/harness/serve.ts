import type { INestApplication } from '@nestjs/common';
import type { AddressInfo } from 'node:net';
import type { ServerReady } from './server-process.js';

/** Listens on loopback until the process that started this one lets go of it. @param data what a benchmark needs besides. */
export async function serve(app: INestApplication, data: readonly string[] = []): Promise<void> {
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer() as { address(): AddressInfo };
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
  });
  process.once('disconnect', () => {
    void app.close();
  });
  process.send?.({ port: server.address().port, data } satisfies ServerReady);
}
