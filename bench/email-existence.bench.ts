import { join } from 'node:path';
import { randomInt } from 'node:crypto';
import type { Benchmark } from './benchmark.js';
import type { Finding } from './harness/finding.js';
import { formatRequest, HttpLoad } from './harness/http-load.js';
import { formatMicroseconds } from './harness/report.js';
import { ServerProcess } from './harness/server-process.js';
import { cliffsDelta, median, quantile } from './harness/statistics.js';
import { withTemporaryDirectory } from './harness/temporary-directory.js';

const SERVER = new URL('./email-existence.server.js', import.meta.url);
const PEOPLE = 32;
const ROUNDS = { warmUp: 1, measured: 7 };

/** What an attacker can see who counts: 0.147 is called negligible in statistics (Romano 2006). */
const GOAL = 0.1;

/** A way to ask the app about an email that must not tell whether it has an account. */
interface Question {
  readonly title: string;
  readonly questions: number;
  readonly format: (email: string) => string;
}

const QUESTIONS: readonly Question[] = [
  {
    title: 'a sign-in with a wrong password',
    questions: 200,
    format: (email) => request('/auth/signin', { email, password: 'wrong horse 1' }),
  },
  {
    title: 'asking for a new password',
    questions: 600,
    format: (email) => request('/auth/user/password/reset/token', { email }),
  },
];

/**
 * Whether the time of an answer tells if an email has an account. Both kinds of email are asked about in random order over one
 * connection, and each round compares the two distributions: Cliff's delta is 0 where they are the same.
 */
export const emailExistence: Benchmark = {
  name: 'email-existence',
  title: 'whether the time of an answer tells if an email has an account, on a SQLite file',
  run: () =>
    withTemporaryDirectory(async (directory) => {
      const server = await ServerProcess.start(SERVER, [join(directory, 'nestward.sqlite')]);
      const load = await HttpLoad.open(server.port, 1);
      try {
        const known = Array.from({ length: PEOPLE }, (_, index) => `known-${String(index)}@example.com`);
        const unknown = known.map((email) => email.replace('known', 'other'));
        for (const email of known) {
          await fetch(`http://127.0.0.1:${String(server.port)}/auth/signup`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: formFields({ email, password: 'correct horse 1' }),
          });
        }
        const findings: Finding[] = [];
        for (const question of QUESTIONS) {
          findings.push(await compare(load, question, known, unknown));
        }
        return findings;
      } finally {
        load.close();
        await server.stop();
      }
    }),
};

async function compare(
  load: HttpLoad,
  { title, questions, format }: Question,
  known: readonly string[],
  unknown: readonly string[],
): Promise<Finding> {
  const deltas: number[] = [];
  const all: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
  for (let round = -ROUNDS.warmUp; round < ROUNDS.measured; round++) {
    const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
    for (let index = 0; index < questions; index++) {
      const kind = randomInt(2) === 0 ? 'known' : 'unknown';
      const email = (kind === 'known' ? known : unknown)[randomInt(PEOPLE)] ?? '';
      times[kind].push(await measure(load, format(email)));
    }
    if (round >= 0) {
      deltas.push(Math.abs(cliffsDelta(times.known, times.unknown)));
      all.known.push(...times.known);
      all.unknown.push(...times.unknown);
    }
  }
  return {
    title: `${title}: Cliff's delta between known and unknown emails, without its sign`,
    values: deltas,
    unit: 'delta',
    goal: { atMost: GOAL },
    detail: `known ${describe(all.known)}, unknown ${describe(all.unknown)}; all rounds together ${cliffsDelta(all.known, all.unknown).toFixed(3)}`,
  };
}

/** The time of one answer, in microseconds. */
async function measure(load: HttpLoad, text: string): Promise<number> {
  const start = performance.now();
  await load.exchange(text);
  return (performance.now() - start) * 1000;
}

function describe(times: readonly number[]): string {
  const [low, high] = [quantile(times, 0.25), quantile(times, 0.75)].map(formatMicroseconds);
  return `${formatMicroseconds(median(times))} (${String(low)} – ${String(high)})`;
}

function request(path: string, fields: Readonly<Record<string, string>>): string {
  return formatRequest(
    'POST',
    path,
    { 'content-type': 'application/json', 'st-auth-mode': 'header' },
    formFields(fields),
  );
}

function formFields(fields: Readonly<Record<string, string>>): string {
  return JSON.stringify({ formFields: Object.entries(fields).map(([id, value]) => ({ id, value })) });
}
