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
