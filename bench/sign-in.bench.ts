import { hash, verify } from '@node-rs/argon2';
import { join } from 'node:path';
import type { Benchmark } from './benchmark.js';
import { formatRequest, HttpLoad } from './harness/http-load.js';
import { interleave, ratios } from './harness/interleave.js';
import { formatRate } from './harness/report.js';
import { ServerProcess } from './harness/server-process.js';
import { median } from './harness/statistics.js';
import { withTemporaryDirectory } from './harness/temporary-directory.js';
import { measureThroughput } from './harness/timing.js';

const SERVER = new URL('./sign-in.server.js', import.meta.url);
const CONCURRENCY = 8;
const PEOPLE = 16;
const SLICE_MS = 1000;
const ROUNDS = { warmUp: 1, measured: 12 };

const PASSWORD = 'correct horse 1';

/** The library's default parameters, argon2id. */
const HASHING = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 };

/**
 * `POST /auth/signin` whole: HTTP, look-up, verification of the password, a new session in the file, signed tokens. The raw
 * side verifies the same password against a hash with the same parameters, and nothing else.
 */
export const signIn: Benchmark = {
  name: 'sign-in',
  title: `sign-ins/s over HTTP with ${String(CONCURRENCY)} under way, on a SQLite file`,
  run: () =>
    withTemporaryDirectory(async (directory) => {
      const server = await ServerProcess.start(SERVER, [join(directory, 'nestward.sqlite')]);
      const load = await HttpLoad.open(server.port, CONCURRENCY);
      try {
        const emails = Array.from({ length: PEOPLE }, (_, index) => `person-${String(index)}@example.com`);
        for (const email of emails) {
          await signUp(server.port, email);
        }
        const requests = emails.map((email) =>
          formatRequest(
            'POST',
            '/auth/signin',
            { 'content-type': 'application/json', 'st-auth-mode': 'header' },
            formFields(email),
          ),
        );
        const passwordHash = await hash(PASSWORD, HASHING);
        let next = 0;
        const measured = await interleave(
          {
            signIn: () =>
              load.run(SLICE_MS, (_, previous) => {
                if (previous !== undefined && !previous.body.startsWith('{"status":"OK"')) {
                  throw new Error(`A sign-in was answered ${previous.body}`);
                }
                return requests[next++ % PEOPLE] ?? '';
              }),
            raw: () =>
              measureThroughput(() => verify(passwordHash, PASSWORD), {
                concurrency: CONCURRENCY,
                durationMs: SLICE_MS,
              }),
          },
          ROUNDS,
        );
        return [
          {
            title: 'sign-ins / raw argon2 verifications',
            values: ratios(measured.signIn, measured.raw),
            unit: 'ratio',
            goal: { atLeast: 0.9 },
            detail: `${formatRate(median(measured.signIn))} against ${formatRate(median(measured.raw))}`,
          },
        ];
      } finally {
        load.close();
        await server.stop();
      }
    }),
};

async function signUp(port: number, email: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${String(port)}/auth/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: formFields(email),
  });
  if (!(await response.text()).startsWith('{"status":"OK"')) {
    throw new Error(`The sign-up of ${email} was answered with ${String(response.status)}`);
  }
}

function formFields(email: string): string {
  return JSON.stringify({
    formFields: [
      { id: 'email', value: email },
      { id: 'password', value: PASSWORD },
    ],
  });
}
