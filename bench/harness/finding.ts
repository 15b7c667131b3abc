import { median, quantile } from './statistics.js';

/** What a benchmark found out, as one row of the report. */
export interface Finding {
  readonly title: string;
  /** One value for each round; the figure is their median. */
  readonly values: readonly number[];
  readonly unit: 'ratio' | 'µs' | 'delta';
  /** What the figure has to reach; undefined where it is for information only. */
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number };
  /** What stands behind the figure, such as both sides of a ratio. */
  readonly detail: string;
}

/** How a finding stands to its goal. */
export type Verdict = 'met' | 'MISSED' | 'no goal';

export function figureOf({ values }: Finding): number {
  return median(values);
}

/** The quartiles of the rounds: how much the figure can be trusted. */
export function spreadOf({ values }: Finding): readonly [number, number] {
  return [quantile(values, 0.25), quantile(values, 0.75)];
}

export function verdictOf(finding: Finding): Verdict {
  const { goal } = finding;
  if (goal === undefined) {
    return 'no goal';
  }
  const figure = figureOf(finding);
  const isMet = 'atLeast' in goal ? figure >= goal.atLeast : figure <= goal.atMost;
  return isMet ? 'met' : 'MISSED';
}
