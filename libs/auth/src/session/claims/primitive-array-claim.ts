import { assertMaxAge, createClaimValueValidator } from './claim-value-validator.js';
import type { AgeingClaimOptions } from './primitive-claim.js';
import type { SessionClaimValidator } from './session-claim-validator.js';
import { SessionClaim, type SessionClaimOptions } from './session-claim.js';
import type { JsonObject } from '../../config/json.js';

/** Makes validators of a claim with a list of values. A value that is too old, or missing, is fetched again. */
export interface PrimitiveArrayClaimValidators<Value> {
  includes(value: Value, maxAgeInSeconds?: number, id?: string): SessionClaimValidator;
  excludes(value: Value, maxAgeInSeconds?: number, id?: string): SessionClaimValidator;
  includesAll(values: readonly Value[], maxAgeInSeconds?: number, id?: string): SessionClaimValidator;
  includesAny(values: readonly Value[], maxAgeInSeconds?: number, id?: string): SessionClaimValidator;
  excludesAll(values: readonly Value[], maxAgeInSeconds?: number, id?: string): SessionClaimValidator;
  /** There is a list, and it is not older than this. */
  maxAge(maxAgeInSeconds: number, id?: string): SessionClaimValidator;
}

/** A claim with a list of strings, numbers or booleans, such as a user's roles. */
export class PrimitiveArrayClaim<Value extends string | number | boolean> extends SessionClaim<Value[]> {
  readonly defaultMaxAgeInSeconds: number | undefined;
  readonly validators: PrimitiveArrayClaimValidators<Value>;

  /** @throws ConfigurationError if the key or the age is wrong. */
  constructor(options: SessionClaimOptions<Value[]> & AgeingClaimOptions) {
    super(options);
    assertMaxAge(options.defaultMaxAgeInSeconds, options.key);
    this.defaultMaxAgeInSeconds = options.defaultMaxAgeInSeconds;
    const create = (
      expected: JsonObject,
      isExpected: (actual: readonly Value[]) => boolean,
      maxAgeInSeconds = this.defaultMaxAgeInSeconds,
      id = this.key,
    ): SessionClaimValidator => createClaimValueValidator({ claim: this, expected, isExpected, maxAgeInSeconds, id });
    this.validators = {
      includes: (value, ...rest) => create({ expectedToInclude: value }, (actual) => actual.includes(value), ...rest),
      excludes: (value, ...rest) =>
        create({ expectedToNotInclude: value }, (actual) => !actual.includes(value), ...rest),
      includesAll: (values, ...rest) =>
        create({ expectedToInclude: [...values] }, (actual) => values.every((value) => actual.includes(value)), ...rest),
      includesAny: (values, ...rest) =>
        create(
          { expectedToIncludeAtLeastOneOf: [...values] },
          (actual) => values.some((value) => actual.includes(value)),
          ...rest,
        ),
      excludesAll: (values, ...rest) =>
        create(
          { expectedToNotInclude: [...values] },
          (actual) => !values.some((value) => actual.includes(value)),
          ...rest,
        ),
      maxAge: (maxAgeInSeconds, id) => create({}, () => true, maxAgeInSeconds, id),
    };
  }

  protected override isValue(value: unknown): value is Value[] {
    return (
      Array.isArray(value) &&
      value.every((item) => typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean')
    );
  }
}
