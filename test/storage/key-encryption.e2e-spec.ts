import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, SessionService, sqlite, type AuthOptions } from 'nestward';
import { startTestApp, type TestApp } from '../support/create-app.js';

const FIRST = 'first secret of at least thirty-two characters';
const SECOND = 'second secret of at least thirty-two characters';

describe('keys at rest', () => {
  let directory: string;
  let filename: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nestward-keys-'));
    filename = join(directory, 'test.sqlite');
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const start = (auth: Pick<AuthOptions, 'secret' | 'previousSecret'>): Promise<TestApp> =>
    startTestApp({ auth: { storage: sqlite({ filename }), ...auth } });

  const readFiles = () =>
    [filename, `${filename}-wal`].map((file) => readFileSync(file, { flag: 'a+' }).toString('latin1')).join('');

  async function signIn({ app }: TestApp): Promise<string> {
    const session = await app.get(SessionService).createNewSessionWithoutRequestResponse('user');
    return session.getAllSessionTokensDangerously().refreshToken ?? '';
  }

  async function refresh({ app }: TestApp, refreshToken: string): Promise<string> {
    const session = await app.get(SessionService).refreshSessionWithoutRequestResponse(refreshToken);
    return session.getAllSessionTokensDangerously().refreshToken ?? '';
  }

  it('are stored in plain without a secret', async () => {
    const app = await start({});
    await app.close();
    expect(readFiles()).toContain('BEGIN PRIVATE KEY');
  });

  it('are encrypted with a secret, and sessions outlive a restart', async () => {
    const first = await start({ secret: FIRST });
    const token = await signIn(first);
    await first.close();
    expect(readFiles()).not.toContain('PRIVATE KEY');

    const second = await start({ secret: FIRST });
    await refresh(second, token);
    await second.close();
  });

  it('are encrypted once a secret is set, and follow it to the next one', async () => {
    const plain = await start({});
    let token = await signIn(plain);
    await plain.close();
    for (const secrets of [
      { secret: FIRST },
      { secret: SECOND, previousSecret: FIRST },
      // The old secret is not needed any more.
      { secret: SECOND },
    ]) {
      const app = await start(secrets);
      token = await refresh(app, token);
      await app.close();
    }
  });

  it.each([
    ['another secret', { secret: SECOND }, /encrypted with another secret than NESTWARD_SECRET/],
    ['no secret', {}, /set NESTWARD_SECRET/],
  ])('stop the boot with one sentence under %s', async (_name, secrets, message) => {
    const app = await start({ secret: FIRST });
    await app.close();
    await expect(start(secrets)).rejects.toThrow(message);
    await expect(start(secrets)).rejects.toBeInstanceOf(ConfigurationError);
  });

  it('refuse a short secret without showing it', async () => {
    await expect(start({ secret: 'too short' })).rejects.toThrow(
      /^NESTWARD_SECRET has 9 characters: write at least 32/,
    );
  });

  it('refuse a key that was put in the place of another', async () => {
    const app = await start({ secret: FIRST });
    await app.close();
    const storage = await sqlite({ filename }).open();
    const [dynamic, , fixed] = await storage.keys.list();
    if (dynamic === undefined || fixed === undefined) {
      throw new Error('There should be keys');
    }
    await storage.keys.replaceMaterial(fixed.id, fixed.material, dynamic.material);
    await storage.close();
    await expect(start({ secret: FIRST })).rejects.toThrow(/encrypted with another secret/);
  });
});
