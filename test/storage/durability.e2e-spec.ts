import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppProcess, removeAppBundle } from '../support/app-process.js';
import { HeaderClient } from '../support/header-client.js';

const SIGN_UPS = 50;
const WORKERS = 5;

describe('an app on SQLite that is killed', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nestward-durability-'));
  const storage = `sqlite:${join(directory, 'test.sqlite')}`;
  let node: AppProcess;

  afterAll(async () => {
    await node.stop();
    await removeAppBundle();
    rmSync(directory, { recursive: true });
  });

  it('has everything that it answered after a restart: people sign in, and sessions refresh', async () => {
    node = await AppProcess.start({ storage });
    const clients = new Map<string, HeaderClient>();
    const work = Array.from({ length: WORKERS }, async (_, worker) => {
      for (let index = 0; ; index++) {
        const email = `person-${String(worker)}-${String(index)}@example.com`;
        const client = new HeaderClient(() => node.url);
        try {
          const response = await client.signUp(email);
          expect(response.status).toBe(200);
          clients.set(email, client);
          // Refreshes are under way as well when the process dies, with and without an answer.
          await client.refresh();
          await client.get('/me');
        } catch {
          return;
        }
      }
    });
    while (clients.size < SIGN_UPS) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await node.kill();
    await Promise.all(work);

    node = await AppProcess.start({ storage });
    expect(clients.size).toBeGreaterThanOrEqual(SIGN_UPS);
    for (const [email, client] of clients) {
      expect((await client.refresh()).status).toBe(200);
      expect((await client.get('/me')).status).toBe(200);
      const signedIn = await new HeaderClient(() => node.url).signIn(email);
      expect(await signedIn.json()).toMatchObject({ status: 'OK' });
    }
  }, 60_000);
});
