import 'reflect-metadata';
import { accessTokenVerification } from './access-token-verification.bench.js';
import type { Benchmark } from './benchmark.js';
import { emailExistence } from './email-existence.bench.js';
import { guardedRoute } from './guarded-route.bench.js';
import { verdictOf, type Finding } from './harness/finding.js';
import { describeMachine, formatFinding, formatTable } from './harness/report.js';
import { postgres } from './postgres.bench.js';
import { refresh } from './refresh.bench.js';
import { signIn } from './sign-in.bench.js';

// `npm run bench` runs all benchmarks, `npm run bench -- refresh sign-in` those that it names. The process ends with 1 if a
// goal is missed.

const BENCHMARKS: readonly Benchmark[] = [
  guardedRoute,
  accessTokenVerification,
  signIn,
  refresh,
  emailExistence,
  postgres,
];

const names = process.argv.slice(2);
const unknown = names.find((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
if (unknown !== undefined) {
  console.error(`There is no benchmark '${unknown}': write ${BENCHMARKS.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

console.log(describeMachine());
const findings: Finding[] = [];
for (const benchmark of BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name))) {
  console.log(`\n${benchmark.name}: ${benchmark.title}`);
  for (const finding of await benchmark.run()) {
    findings.push(finding);
    console.log(formatFinding(finding));
  }
}
console.log(`\n${formatTable(findings)}`);
process.exitCode = findings.some((finding) => verdictOf(finding) === 'MISSED') ? 1 : 0;
