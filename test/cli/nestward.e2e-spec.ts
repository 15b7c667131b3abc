import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { EmailPasswordService, postgres, SessionService, sqlite, type StorageFactory } from 'nestward';
import { startTestApp } from '../support/create-app.js';
import { useTestPostgres } from '../support/test-postgres.js';

const ROOT = join(import.meta.dirname, '..', '..');

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('npx nestward', () => {
  const connectionString = useTestPostgres();
  let bundle: { directory: string; file: string };
  let directory: string;
  let sqliteUrl: string;
  let filename: string;

  beforeAll(async () => {
    const target = mkdtempSync(join(ROOT, 'node_modules', '.nestward-test-cli-'));
    bundle = { directory: target, file: join(target, 'nestward.mjs') };
    const { outputFiles } = await build({
      entryPoints: [join(ROOT, 'libs/auth/src/cli/nestward.ts')],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    });
    writeFileSync(bundle.file, outputFiles[0]?.contents ?? '');
  });

  afterAll(() => {
    rmSync(bundle.directory, { recursive: true });
  });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nestward-cli-'));
    filename = join(directory, 'test.sqlite');
    sqliteUrl = `sqlite:${filename}`;
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  async function run(parameters: readonly string[], environment: Record<string, string> = {}): Promise<Outcome> {
    try {
      const { stdout, stderr } = await promisify(execFile)(
        process.execPath,
        ['--no-warnings', bundle.file, ...parameters],
        { cwd: directory, env: { ...process.env, ...environment } },
      );
      return { code: 0, stdout, stderr };
    } catch (error) {
      return error as Outcome;
    }
  }

  const newPostgres = (): { url: string; factory: StorageFactory } => {
    const schema = `test_${randomUUID().replaceAll('-', '')}`;
    return {
      url: `${connectionString()}?schema=${schema}`,
      factory: postgres({ connectionString: connectionString(), schema }),
    };
  };

  it.each([
    ['--help', ['--help'], 0, 'stdout', /Usage:/],
    ['no command', [], 2, 'stderr', /There is no command\n\nUsage:/],
    ['an unknown command', ['destroy'], 2, 'stderr', /There is no command 'destroy'/],
    ['an unknown option', ['migrate', '--force'], 2, 'stderr', /Unknown option '--force'/],
    ['a copy without a target', ['copy', '--from', 'sqlite:a'], 2, 'stderr', /copy needs --from URL and --to URL/],
    ['a URL of nothing we know', ['migrate', '--storage', 'mysql://x'], 1, 'stderr', /neither a SQLite file nor/],
  ] as const)('answers %s', async (_name, parameters, code, stream, message) => {
    const outcome = await run(parameters);
    expect(outcome.code).toBe(code);
    expect(outcome[stream]).toMatch(message);
  });

  it('migrates a SQLite file, and finds nothing to do the second time', async () => {
    expect(await run(['migrate', '--storage', sqliteUrl])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Ran 0001-initial-schema\n(.*\n)*Done\./) as string,
    });
    expect((await run(['migrate', '--storage', sqliteUrl])).stdout).toMatch(/is up to date/);
    const app = await startTestApp({ auth: { storage: sqlite({ filename }), migrateOnBoot: false } });
    await app.close();
  });

  it('migrates the default file, or what DATABASE_URL names', async () => {
    expect((await run(['migrate'])).stdout).toMatch(/Ran 0001-initial-schema/);
    const { url, factory } = newPostgres();
    expect((await run(['migrate'], { DATABASE_URL: url })).stdout).toMatch(/Ran 0001-initial-schema/);
    const storage = await factory.open();
    await storage.checkSchema();
    await storage.close();
  });

  it('copies users, sessions and keys, so that signed-in people stay signed in, also when it is run again', async () => {
    const password = 'password1';
    const source = await startTestApp({ auth: { storage: sqlite({ filename }) } });
    const signedUp = await source.app.get(EmailPasswordService).signUp('moved@example.com', password);
    const sessions = source.app.get(SessionService);
    const newSession = async () => {
      const session = await sessions.createNewSessionWithoutRequestResponse('user', { role: 'admin' }, { cart: [1] });
      return session.getAllSessionTokensDangerously();
    };
    const moved = await newSession();
    const revoked = await sessions.createNewSessionWithoutRequestResponse('user');
    for (let index = 0; index < 600; index++) {
      await sessions.createNewSessionWithoutRequestResponse(`user-${String(index)}`);
    }

    const { url, factory } = newPostgres();
    const first = await run(['copy', '--from', sqliteUrl, '--to', url]);
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toMatch(/nestward_sessions: 500 of 602\n/);
    expect(first.stdout).toMatch(/nestward_rate_limits: 0 in the source, 0 in the target/);
    expect(first.stdout).toMatch(/Done: source and target have the same rows\./);

    await sessions.revokeSession(revoked.getHandle());
    const late = await newSession();
    await source.close();
    expect((await run(['copy', '--from', sqliteUrl, '--to', url])).stdout).toMatch(
      /nestward_sessions: 602 in the source, 602 in the target/,
    );

    const target = await startTestApp({ auth: { storage: factory } });
    const movedSessions = target.app.get(SessionService);
    for (const { accessToken, refreshToken } of [moved, late]) {
      const verified = await movedSessions.getSessionWithoutRequestResponse(accessToken, undefined, {
        checkDatabase: true,
      });
      expect(verified.getAccessTokenPayload()).toMatchObject({ role: 'admin' });
      expect(await verified.getSessionDataFromDatabase()).toEqual({ cart: [1] });
      await movedSessions.refreshSessionWithoutRequestResponse(refreshToken ?? '');
    }
    expect(await movedSessions.getSessionInformation(revoked.getHandle())).toBeUndefined();
    expect(signedUp.status).toBe('OK');
    expect(await target.app.get(EmailPasswordService).signIn('moved@example.com', password)).toMatchObject({
      status: 'OK',
    });
    await target.close();
  }, 60_000);
});
