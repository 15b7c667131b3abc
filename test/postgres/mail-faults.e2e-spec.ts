import { form, post } from '../email-password/client.js';
import { MailServer } from '../email/mail-server.js';
import { AppProcess, removeAppBundle } from '../support/app-process.js';
import { useTestPostgres } from '../support/test-postgres.js';

/** When a message falls due again that a process had begun to send which died, in milliseconds. */
const LEASE_MS = 120_000;

/** How many messages a process sends at once. */
const MAX_CONCURRENCY = 10;

describe('mail when processes die', () => {
  const connectionString = useTestPostgres();
  const processes: AppProcess[] = [];
  let mailServer: MailServer;
  let emails = 0;

  beforeAll(async () => {
    mailServer = await MailServer.start();
  });

  afterAll(async () => {
    await Promise.all(processes.map((app) => app.kill()));
    await mailServer.stop();
    await removeAppBundle();
  });

  async function start(schema: string, clockOffset = 0): Promise<AppProcess> {
    const app = await AppProcess.start({
      storage: connectionString(),
      postgres: { schema },
      mailPort: mailServer.port,
      clockOffset,
    });
    processes.push(app);
    return app;
  }

  async function signUp({ url }: AppProcess): Promise<string> {
    const email = `person-${String(++emails)}@example.com`;
    expect((await post(`${url}/auth/signup`, form({ email, password: 'passw0rd' }))).status).toBe(200);
    return email;
  }

  /** @returns whether the app said that it would send a message. */
  const ask = async ({ url }: AppProcess, email: string): Promise<boolean> =>
    post(`${url}/auth/user/password/reset/token`, form({ email })).then(
      ({ status }) => status === 200,
      () => false,
    );

  it('arrives after a process died between the answer and the sending', async () => {
    const dying = await start('mail_commit');
    const addresses = await Promise.all(Array.from({ length: 5 }, () => signUp(dying)));
    await mailServer.stop();
    expect(await Promise.all(addresses.map((email) => ask(dying, email)))).toEqual(Array(5).fill(true));
    await dying.kill();
    await mailServer.resume();
    const next = await start('mail_commit', LEASE_MS + 1000);
    for (const email of addresses) {
      await mailServer.waitForMail(email);
    }
    await next.stop();
    expect(addresses.map((email) => mailServer.mailsTo(email).length)).toEqual(Array(5).fill(1));
  });

  it('arrives from two nodes of which one dies in the middle, and twice only if it was being sent', async () => {
    const [dying, living] = await Promise.all([start('mail_nodes'), start('mail_nodes')]);
    const addresses: string[] = [];
    for (let index = 0; index < 60; index++) {
      addresses.push(await signUp(living));
    }
    mailServer.beforeTaking = () => new Promise((resolve) => setTimeout(resolve, 50));
    const received = mailServer.mails.length;
    const killed = (async () => {
      while (mailServer.mails.length < received + 15) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await dying.kill();
    })();
    const promised: string[] = [];
    await Promise.all(
      addresses.map(async (email, index) => {
        if (await ask(index % 2 === 0 ? dying : living, email)) {
          promised.push(email);
        }
      }),
    );
    await killed;
    expect(promised.length).toBeGreaterThan(30);
    // Its clock is where that of the others will be when the leases of the dead process have ended.
    const next = await start('mail_nodes', LEASE_MS + 1000);
    for (const email of promised) {
      await mailServer.waitForMail(email);
    }
    await Promise.all([living.stop(), next.stop()]);
    const duplicates = promised.reduce((sum, email) => sum + mailServer.mailsTo(email).length - 1, 0);
    expect(duplicates).toBeLessThanOrEqual(MAX_CONCURRENCY);
  });
});
