import { assertMaxAge, createClaimValueValidator } from './claim-value-validator.js';
import type { SessionClaimValidator } from './session-claim-validator.js';
import { SessionClaim, type SessionClaimOptions } from './session-claim.js';

/** Options of a claim whose values grow old. */
export interface AgeingClaimOptions {
  /** How old a value may be where a validator does not say, in seconds. Default: any age. */
  readonly defaultMaxAgeInSeconds?: number | undefined;
}

/** Makes validators of a claim with one value. */
export interface PrimitiveClaimValidators<Value> {
  /** The value is this one, and not older than `maxAgeInSeconds`. */
  hasValue(value: Value, maxAgeInSeconds?: number, id?: string): SessionClaimValidator;
  /** There is a value, and it is not older than this. */
  maxAge(maxAgeInSeconds: number, id?: string): SessionClaimValidator;
}

/** A claim with one value: a string, a number or a boolean. */
export class PrimitiveClaim<Value extends string | number | boolean> extends SessionClaim<Value> {
  readonly defaultMaxAgeInSeconds: number | undefined;
  readonly validators: PrimitiveClaimValidators<Value>;

  /** @throws ConfigurationError if the key or the age is wrong. */
  constructor(options: SessionClaimOptions<Value> & AgeingClaimOptions) {
    super(options);
    assertMaxAge(options.defaultMaxAgeInSeconds, options.key);
    this.defaultMaxAgeInSeconds = options.defaultMaxAgeInSeconds;
    this.validators = createPrimitiveValidators(this);
  }

  protected override isValue(value: unknown): value is Value {
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  }
}

/** The validators of a claim with one value. */
export function createPrimitiveValidators<Value extends string | number | boolean>(
  claim: PrimitiveClaim<Value>,
): PrimitiveClaimValidators<Value> {
  return {
    hasValue: (value, maxAgeInSeconds = claim.defaultMaxAgeInSeconds, id = claim.key) =>
      createClaimValueValidator({
        claim,
        expected: { expectedValue: value },
        isExpected: (actual) => actual === value,
        maxAgeInSeconds,
        id,
      }),
    maxAge: (maxAgeInSeconds, id = claim.key) =>
      createClaimValueValidator({ claim, expected: {}, isExpected: () => true, maxAgeInSeconds, id }),
  };
}
