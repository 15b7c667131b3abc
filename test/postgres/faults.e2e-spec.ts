import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { AppProcess, removeAppBundle } from '../support/app-process.js';
import { HeaderClient } from '../support/header-client.js';
import { PostgresServer } from '../support/postgres-server.js';

/** How soon after the database's return the app must serve again, in milliseconds. */
const RECOVERY_MS = 1000;

const STATEMENT_TIMEOUT_MS = 1000;

describe('PostgreSQL that fails', () => {
  let server: PostgresServer;
  let node: AppProcess;

  const startNode = () =>
    AppProcess.start({
      storage: server.connectionString,
      postgres: { poolSize: 4, statementTimeout: STATEMENT_TIMEOUT_MS, connectionTimeout: 1000 },
    });

  beforeAll(async () => {
    server = await PostgresServer.start();
    node = await startNode();
  }, 60_000);

  afterAll(async () => {
    await node.stop();
    await server.stop();
    await removeAppBundle();
  });

  const newClient = () => new HeaderClient(() => node.url);

  /** Tries until an answer is 200. @returns how long that took, in milliseconds. */
  async function timeToRecover(attempt: () => Promise<Response>): Promise<number> {
    const start = performance.now();
    while ((await attempt()).status !== 200) {
      if (performance.now() - start > 10 * RECOVERY_MS) {
        break;
      }
      await delay(20);
    }
    return performance.now() - start;
  }

  it('goes on with guarded routes, answers 503 for the rest, signs nobody out, and recovers by itself', async () => {
    const client = newClient();
    await client.signUp('stopped@example.com');
    const fresh = newClient();
    await fresh.signUp('fresh@example.com');
    await fresh.refresh();
    await server.pause('SIGQUIT');

    expect((await client.get('/me')).status).toBe(200);
    // A token that was to confirm its session is good without it.
    expect((await fresh.get('/me')).status).toBe(200);
    const { accessToken, refreshToken } = client;
    for (const attempt of [
      () => client.refresh(),
      () => newClient().signIn('stopped@example.com'),
      () => newClient().signUp('other@example.com'),
    ]) {
      const start = performance.now();
      const response = await attempt();
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(response.headers.get('front-token')).toBeNull();
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(performance.now() - start).toBeLessThan(2 * STATEMENT_TIMEOUT_MS + 1000);
    }
    expect([client.accessToken, client.refreshToken]).toEqual([accessToken, refreshToken]);

    await server.resume();
    expect(await timeToRecover(() => client.refresh())).toBeLessThan(RECOVERY_MS);
    expect((await client.get('/me')).status).toBe(200);
    expect((await fresh.refresh()).status).toBe(200);
  }, 60_000);

  it('loses no acknowledged sign-up and no session when it is killed under load', async () => {
    const acknowledged: { email: string; client: HeaderClient }[] = [];
    let isRunning = true;
    const load = Array.from({ length: 4 }, async (_, worker) => {
      for (let index = 0; isRunning; index++) {
        const email = `crash-${String(worker)}-${String(index)}@example.com`;
        const client = newClient();
        const response = await client.signUp(email);
        if (response.status === 200) {
          acknowledged.push({ email, client });
        } else {
          expect(response.status).toBe(503);
          await delay(10);
        }
      }
    });
    while (acknowledged.length < 30) {
      await delay(5);
    }
    await server.pause('SIGKILL');
    await delay(200);
    await server.resume();
    const atReturn = acknowledged.length;
    while (acknowledged.length < atReturn + 20) {
      await delay(5);
    }
    isRunning = false;
    await Promise.all(load);
    for (const { email, client } of acknowledged) {
      expect((await newClient().signIn(email)).status).toBe(200);
      expect((await client.refresh()).status).toBe(200);
    }
  }, 60_000);

  it('keeps what a node has acknowledged when the node is killed under load', async () => {
    const victim = await startNode();
    const acknowledged: HeaderClient[] = [];
    const load = Array.from({ length: 4 }, async (_, worker) => {
      for (let index = 0; ; index++) {
        const client = new HeaderClient(() => victim.url);
        try {
          const response = await client.signUp(`node-${String(worker)}-${String(index)}@example.com`);
          expect(response.status).toBe(200);
          await client.refresh();
        } catch {
          return;
        } finally {
          if (client.refreshToken !== '') {
            acknowledged.push(client);
          }
        }
      }
    });
    while (acknowledged.length < 30) {
      await delay(5);
    }
    await victim.kill();
    await Promise.all(load);
    for (const { accessToken, refreshToken } of acknowledged) {
      const client = newClient();
      Object.assign(client, { accessToken, refreshToken });
      expect((await client.get('/me')).status).toBe(200);
      expect((await client.refresh()).status).toBe(200);
    }
  }, 60_000);

  it('answers 503 in time while every connection is stuck, and recovers when they are free', async () => {
    const client = newClient();
    await client.signUp('stuck@example.com');
    const blocker = new pg.Client({ connectionString: server.connectionString });
    await blocker.connect();
    await blocker.query('begin');
    await blocker.query('lock table nestward.nestward_sessions in access exclusive mode');

    const start = performance.now();
    const stuck = await Promise.all(Array.from({ length: 20 }, () => client.copy().refresh()));
    expect(new Set(stuck.map(({ status }) => status))).toEqual(new Set([503]));
    expect(performance.now() - start).toBeLessThan(3 * STATEMENT_TIMEOUT_MS + 1500);
    expect((await client.get('/me')).status).toBe(200);

    await blocker.query('rollback');
    await blocker.end();
    expect(await timeToRecover(() => client.refresh())).toBeLessThan(RECOVERY_MS);
  }, 60_000);
});
