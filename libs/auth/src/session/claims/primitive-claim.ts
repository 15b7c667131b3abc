import { assertMaxAge, type AgeingClaimOptions } from './claim-max-age.js';
import { createClaimValueValidator } from './claim-value-validator.js';
import { isPrimitive, type Primitive } from './primitive.js';
import type { SessionClaimValidator } from './session-claim-validator.js';
import { SessionClaim, type SessionClaimOptions } from './session-claim.js';

/**
 * Makes validators of a claim with one value. Each takes the greatest age of the value in seconds (default: the claim's
 * `defaultMaxAgeInSeconds`; `Infinity` for any age) and the id that names it in errors (default: the claim's key). Each
 * throws ConfigurationError if the age is not a number of seconds.
 */
export interface PrimitiveClaimValidators<Value extends Primitive> {
  /** The value is this one, compared with `===`. */
  readonly hasValue: (value: Value, maxAgeInSeconds?: number, id?: string) => SessionClaimValidator;
  /** There is a value, whichever it is, and it is not older than this. */
  readonly maxAge: (maxAgeInSeconds: number, id?: string) => SessionClaimValidator;
}

/**
 * A claim with one value: a string, a finite number or a boolean. Which of them is for `fetchValue` to keep to: a token
 * that was signed when the app had another type in mind still reads as what it holds, and equals no value of the new type.
 */
export class PrimitiveClaim<Value extends Primitive> extends SessionClaim<Value> {
  readonly defaultMaxAgeInSeconds: number | undefined;
  readonly validators: PrimitiveClaimValidators<Value>;

  /** @throws ConfigurationError if the key, the function or the age is wrong. */
  constructor(options: SessionClaimOptions<Value> & AgeingClaimOptions) {
    super(options);
    assertMaxAge('defaultMaxAgeInSeconds', options.defaultMaxAgeInSeconds, this.key);
    this.defaultMaxAgeInSeconds = options.defaultMaxAgeInSeconds;
    this.validators = createPrimitiveValidators(this);
  }

  protected override isValue(value: unknown): value is Value {
    return isPrimitive(value);
  }
}

/** The validators that every claim with one value has. */
export function createPrimitiveValidators<Value extends Primitive>(
  claim: PrimitiveClaim<Value>,
): PrimitiveClaimValidators<Value> {
  return {
    hasValue: (value, maxAgeInSeconds = claim.defaultMaxAgeInSeconds, id) =>
      createClaimValueValidator({
        claim,
        expected: { expectedValue: value },
        isExpected: (actual) => actual === value,
        maxAgeInSeconds,
        id,
      }),
    maxAge: (maxAgeInSeconds, id) =>
      createClaimValueValidator({ claim, expected: {}, isExpected: () => true, maxAgeInSeconds, id }),
  };
}
