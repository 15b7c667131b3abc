import { setTimeout as delay } from 'node:timers/promises';
import { AppProcess, removeAppBundle } from '../support/app-process.js';
import { HeaderClient } from '../support/header-client.js';
import { SpreadingProxy } from '../support/spreading-proxy.js';
import { useTestPostgres } from '../support/test-postgres.js';

const REQUESTS = 20_000;
const CLIENTS = 40;
const GRACE_SECONDS = 2;

describe('three nodes on one PostgreSQL, while keys rotate every second', () => {
  const connectionString = useTestPostgres();
  let nodes: AppProcess[];
  let proxy: SpreadingProxy;

  beforeAll(async () => {
    // All at once: they agree on the schema and on the keys.
    nodes = await Promise.all(
      [1, 2, 3].map(() =>
        AppProcess.start({
          storage: connectionString(),
          session: { accessTokenLifetime: 2, signingKeyRotationInterval: 1, refreshTokenGracePeriod: GRACE_SECONDS },
          postgres: { poolSize: 5 },
        }),
      ),
    );
    proxy = await SpreadingProxy.start(nodes.map(({ url }) => url));
  }, 60_000);

  afterAll(async () => {
    await proxy.stop();
    await Promise.all(nodes.map((node) => node.stop()));
    await removeAppBundle();
  });

  async function signUp(name: string, getUrl = () => proxy.url): Promise<HeaderClient> {
    const client = new HeaderClient(getUrl);
    const response = await client.signUp(`${name}@example.com`);
    expect(response.status).toBe(200);
    return client;
  }

  it(`serves ${String(REQUESTS)} requests of ${String(CLIENTS)} clients without one unexpected sign-out`, async () => {
    const unexpected: string[] = [];
    const pids = new Set<number>();
    let requests = 0;
    let refreshes = 0;
    const use = async (client: HeaderClient): Promise<void> => {
      while (requests < REQUESTS) {
        requests++;
        const token = client.accessToken;
        const response = await client.get('/me');
        if (response.status === 200) {
          pids.add(((await response.json()) as { pid: number }).pid);
          continue;
        }
        const body = await response.text();
        if (!body.includes('try refresh token') || expiryOf(token) > Date.now()) {
          unexpected.push(`GET /me: ${String(response.status)} ${body}`);
        }
        requests++;
        refreshes++;
        const refreshed = await client.refresh();
        if (refreshed.status !== 200) {
          unexpected.push(`refresh: ${String(refreshed.status)} ${await refreshed.text()}`);
        }
      }
    };
    const clients = await Promise.all(Array.from({ length: CLIENTS }, (_, index) => signUp(`load-${String(index)}`)));
    await Promise.all(clients.map(use));
    expect(unexpected).toEqual([]);
    expect(pids.size).toBe(3);
    expect(refreshes).toBeGreaterThan(CLIENTS);
    const { keys } = (await (await fetch(`${proxy.url}/auth/jwt/jwks.json`)).json()) as { keys: unknown[] };
    expect(keys.length).toBeGreaterThan(4);
  }, 240_000);

  it('lets two clients that refresh one token on two nodes at the same instant both go on within the grace', async () => {
    const first = await signUp('grace', () => nodes[0]?.url ?? '');
    const second = first.copy();
    const responses = await Promise.all([first.refresh(), refreshAt(second, nodes[1])]);
    expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    expect((await first.get('/me')).status).toBe(200);
    expect((await second.get('/me')).status).toBe(200);
    expect((await second.refresh()).status).toBe(200);
    expect((await second.get('/me')).status).toBe(200);
  });

  it('detects a thief who uses a replaced token outside of the grace, on any node', async () => {
    const owner = await signUp('owner', () => nodes[0]?.url ?? '');
    const thief = owner.copy();
    await owner.refresh();
    expect((await owner.get('/me')).status).toBe(200);
    await delay(GRACE_SECONDS * 1000 + 200);
    const response = await refreshAt(thief, nodes[2]);
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ message: 'token theft detected' });
    expect((await owner.refresh()).status).toBe(401);
  });
});

/** Refreshes at another node than the client talks to. */
async function refreshAt(client: HeaderClient, node: AppProcess | undefined): Promise<Response> {
  const response = await fetch(`${node?.url ?? ''}/auth/session/refresh`, {
    method: 'POST',
    headers: { authorization: `Bearer ${client.refreshToken}` },
  });
  client.accessToken = response.headers.get('st-access-token') ?? client.accessToken;
  client.refreshToken = response.headers.get('st-refresh-token') ?? client.refreshToken;
  return response;
}

/** When an access token expires, in milliseconds since the Unix epoch. */
function expiryOf(accessToken: string): number {
  const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as { exp: number };
  return claims.exp * 1000;
}
