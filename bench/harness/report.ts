import { arch, availableParallelism, cpus, loadavg, platform } from 'node:os';
import { figureOf, spreadOf, verdictOf, type Finding } from './finding.js';

/** What the figures were measured on. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `Node ${process.versions.node}, ${platform()} ${arch()}, ${String(availableParallelism())} × ${model}, load average ${load}`;
}

/** A finding in two lines: goal, figure and verdict, and below them what stands behind them. */
export function formatFinding(finding: Finding): string {
  const [low, high] = spreadOf(finding);
  const figure = format(figureOf(finding), finding);
  const spread = `${formatNumber(low)} – ${formatNumber(high)}`;
  return [
    `  ${verdictOf(finding).padEnd(8)} ${figure.padStart(9)}  goal ${formatGoal(finding).padEnd(9)} ${finding.title}`,
    `           quartiles ${spread}; ${finding.detail}`,
  ].join('\n');
}

/** All findings as a table in Markdown, for docs/benchmarks.md. */
export function formatTable(findings: readonly Finding[]): string {
  const rows = findings.map((finding) => [
    finding.title,
    formatGoal(finding),
    format(figureOf(finding), finding),
    verdictOf(finding),
  ]);
  const table = [['figure of', 'goal', 'figure', 'verdict'], ['---', '---', '---', '---'], ...rows];
  return table.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** A count per second, as in `8,210/s`. */
export function formatRate(perSecond: number): string {
  return `${Math.round(perSecond).toLocaleString('en-US')}/s`;
}

export function formatMicroseconds(microseconds: number): string {
  return `${formatNumber(microseconds)} µs`;
}

function formatGoal({ goal, unit }: Finding): string {
  if (goal === undefined) {
    return '–';
  }
  const [sign, bound] = 'atLeast' in goal ? ['≥', goal.atLeast] : ['≤', goal.atMost];
  return `${sign} ${unit === 'µs' ? `${String(bound)} µs` : bound.toFixed(2)}${unit === 'ratio' ? ' ×' : ''}`;
}

/** Three decimals, so that a figure just below its goal does not look like the goal. */
function format(value: number, { unit }: Finding): string {
  return unit === 'µs' ? formatMicroseconds(value) : `${value.toFixed(3)}${unit === 'ratio' ? ' ×' : ''}`;
}

function formatNumber(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 3);
}
