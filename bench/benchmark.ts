import type { Finding } from './harness/finding.js';

/** A benchmark: one file beside this one, and one line in `index.ts`. */
export interface Benchmark {
  /** By which the command line names it. */
  readonly name: string;
  readonly title: string;
  /** Measures, for a bounded time. */
  run(): Promise<Finding[]>;
}
