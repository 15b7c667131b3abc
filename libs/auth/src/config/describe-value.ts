/** Shows a value that was found in the configuration, for a message to a person. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'missing';
    case 'function':
      return 'a function';
    case 'bigint':
    case 'symbol':
      return String(value);
    default:
      return JSON.stringify(value);
  }
}
