import type { JsonObject } from '../../config/json.js';
import { assertMaxAge, type AgeingClaimOptions } from './claim-max-age.js';
import { createClaimValueValidator } from './claim-value-validator.js';
import { isPrimitive, type Primitive } from './primitive.js';
import type { SessionClaimValidator } from './session-claim-validator.js';
import { SessionClaim, type SessionClaimOptions } from './session-claim.js';

/**
 * Makes validators of a claim with a list of values. Each takes the greatest age of the list in seconds (default: the
 * claim's `defaultMaxAgeInSeconds`; `Infinity` for any age) and the id that names it in errors (default: the claim's key).
 * Each throws ConfigurationError if the age is not a number of seconds. A list that is missing fails all of them,
 * `excludes` too: nothing is known about it.
 */
export interface PrimitiveArrayClaimValidators<Value extends Primitive> {
  /** The list has this value. */
  readonly includes: (value: Value, maxAgeInSeconds?: number, id?: string) => SessionClaimValidator;
  /** The list does not have this value. */
  readonly excludes: (value: Value, maxAgeInSeconds?: number, id?: string) => SessionClaimValidator;
  /** The list has each of these values; it passes where there are none. */
  readonly includesAll: (values: readonly Value[], maxAgeInSeconds?: number, id?: string) => SessionClaimValidator;
  /** The list has at least one of these values; it fails where there are none. */
  readonly includesAny: (values: readonly Value[], maxAgeInSeconds?: number, id?: string) => SessionClaimValidator;
  /** The list has none of these values. */
  readonly excludesAll: (values: readonly Value[], maxAgeInSeconds?: number, id?: string) => SessionClaimValidator;
  /** There is a list, whatever is in it, and it is not older than this. */
  readonly maxAge: (maxAgeInSeconds: number, id?: string) => SessionClaimValidator;
}

/** A claim with a list of strings, finite numbers or booleans, such as a user's roles. */
export class PrimitiveArrayClaim<Value extends Primitive> extends SessionClaim<Value[]> {
  readonly defaultMaxAgeInSeconds: number | undefined;

  readonly validators: PrimitiveArrayClaimValidators<Value> = {
    includes: (value, ...rest) =>
      this.createValidator({ expectedToInclude: value }, (actual) => actual.includes(value), ...rest),
    excludes: (value, ...rest) =>
      this.createValidator({ expectedToNotInclude: value }, (actual) => !actual.includes(value), ...rest),
    includesAll: ([...values], ...rest) =>
      this.createValidator(
        { expectedToInclude: values },
        (actual) => values.every((value) => actual.includes(value)),
        ...rest,
      ),
    includesAny: ([...values], ...rest) =>
      this.createValidator(
        { expectedToIncludeAtLeastOneOf: values },
        (actual) => values.some((value) => actual.includes(value)),
        ...rest,
      ),
    excludesAll: ([...values], ...rest) =>
      this.createValidator(
        { expectedToNotInclude: values },
        (actual) => !values.some((value) => actual.includes(value)),
        ...rest,
      ),
    maxAge: (maxAgeInSeconds, id) => this.createValidator({}, () => true, maxAgeInSeconds, id),
  };

  /** @throws ConfigurationError if the key, the function or the age is wrong. */
  constructor(options: SessionClaimOptions<Value[]> & AgeingClaimOptions) {
    super(options);
    assertMaxAge('defaultMaxAgeInSeconds', options.defaultMaxAgeInSeconds, this.key);
    this.defaultMaxAgeInSeconds = options.defaultMaxAgeInSeconds;
  }

  protected override isValue(value: unknown): value is Value[] {
    return Array.isArray(value) && value.every(isPrimitive);
  }

  private createValidator(
    expected: JsonObject,
    isExpected: (actual: readonly Value[]) => boolean,
    maxAgeInSeconds: number | undefined = this.defaultMaxAgeInSeconds,
    id?: string,
  ): SessionClaimValidator {
    return createClaimValueValidator({ claim: this, expected, isExpected, maxAgeInSeconds, id });
  }
}
