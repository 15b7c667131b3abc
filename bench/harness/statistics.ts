/** The value below which a part of the values lies. @param part from 0 to 1. @throws RangeError without values. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * part;
  const [below, above] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  if (below === undefined || above === undefined) {
    throw new RangeError('There is no quantile of no values');
  }
  return below + (above - below) * (position - Math.floor(position));
}

/** The value in the middle. @throws RangeError without values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * Cliff's delta of two samples: how much more often a value of the first is greater than one of the second than the other way
 * round. 0 where nobody can tell them apart, 1 or -1 where one value is enough to tell.
 */
export function cliffsDelta(first: readonly number[], second: readonly number[]): number {
  const sorted = second.toSorted((a, b) => a - b);
  let sum = 0;
  for (const value of first) {
    sum += countBelow(sorted, value, false) - (sorted.length - countBelow(sorted, value, true));
  }
  return sum / (first.length * sorted.length);
}

/** How many of some sorted values are less than a value, or not greater. */
function countBelow(sorted: readonly number[], value: number, orEqual: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const candidate = sorted[middle] ?? Number.NaN;
    if (orEqual ? candidate <= value : candidate < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
