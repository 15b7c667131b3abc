import { ConfigurationError } from '../../config/configuration.error.js';

/** Options of a claim whose values grow old. */
export interface AgeingClaimOptions {
  /**
   * How old a value may be where a validator does not say, in seconds. An older one is fetched again. Default: any age.
   */
  readonly defaultMaxAgeInSeconds?: number | undefined;
}

/** @throws ConfigurationError if a maximum age is not a number of seconds. `Infinity` is one: it means any age. */
export function assertMaxAge(
  field: 'defaultMaxAgeInSeconds' | 'maxAgeInSeconds',
  maxAgeInSeconds: number | undefined,
  key: string,
): void {
  // The type says a number, but a value out of process.env is a string, and a string compares like a number.
  if (maxAgeInSeconds !== undefined && !(typeof maxAgeInSeconds === 'number' && maxAgeInSeconds >= 0)) {
    throw new ConfigurationError(
      `${field} of the session claim '${key}' is ${formatValue(maxAgeInSeconds)}: write a number of seconds that is not negative, or leave it out for any age.`,
    );
  }
}

function formatValue(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
