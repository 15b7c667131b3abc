/** Measures one slice of work. @returns the slice's figure, such as operations per second. */
export type Slice = () => number | Promise<number>;

/** How often the contenders take turns. */
export interface Rounds {
  /** Rounds whose figures are thrown away, while code is being compiled and caches fill. */
  readonly warmUp: number;
  readonly measured: number;
}

/**
 * Lets contenders take turns, slice by slice, so that what else the machine does meets all of them alike. The order turns
 * around with every round, so that none always comes after the same other.
 *
 * @returns the figures of each contender, one for each measured round.
 */
export async function interleave<Name extends string>(
  contenders: Readonly<Record<Name, Slice>>,
  rounds: Rounds,
): Promise<Record<Name, number[]>> {
  const entries = Object.entries<Slice>(contenders).map(([name, slice]) => ({ name, slice, figures: [] as number[] }));
  for (let round = -rounds.warmUp; round < rounds.measured; round++) {
    for (const { slice, figures } of round % 2 === 0 ? entries : entries.toReversed()) {
      const figure = await slice();
      if (round >= 0) {
        figures.push(figure);
      }
    }
  }
  return Object.fromEntries(entries.map(({ name, figures }) => [name, figures])) as Record<Name, number[]>;
}

/** The ratio of two contenders in each round. Neighbours in time are compared, so that a slow minute cancels out. */
export function ratios(figures: readonly number[], peers: readonly number[]): number[] {
  return figures.map((figure, round) => figure / (peers[round] ?? Number.NaN));
}
