import { ConfigurationError } from '../../config/configuration.error.js';
import type { JsonObject, JsonValue } from '../../config/json.js';
import type { ClaimValidationContext, ClaimValidationResult, SessionClaimValidator } from './session-claim-validator.js';
import type { SessionClaim } from './session-claim.js';

/** What a validator asks of a claim's value. */
export interface ClaimExpectation<Value extends JsonValue> {
  readonly claim: SessionClaim<Value>;
  /** What the client is told that was expected, such as `{ expectedValue: true }`. */
  readonly expected: JsonObject;
  readonly isExpected: (value: Value) => boolean;
  /** How old the value may be before it is fetched again, in seconds; undefined for any age. */
  readonly maxAgeInSeconds: number | undefined;
  /** Default: the claim's key. */
  readonly id: string | undefined;
}

/**
 * Makes a validator of a claim's value: a missing or too old value is fetched again, and what fails is told as
 * `value does not exist`, `expired` or `wrong value`, as SuperTokens words it.
 *
 * @throws ConfigurationError if the age is not a number of seconds.
 */
export function createClaimValueValidator<Value extends JsonValue>({
  claim,
  expected,
  isExpected,
  maxAgeInSeconds,
  id = claim.key,
}: ClaimExpectation<Value>): SessionClaimValidator {
  assertMaxAge(maxAgeInSeconds, claim.key);
  const getAge = (payload: JsonObject, { now }: ClaimValidationContext): number =>
    (now - (claim.getLastRefetchTime(payload) ?? Number.NEGATIVE_INFINITY)) / 1000;
  const isTooOld = (payload: JsonObject, context: ClaimValidationContext): boolean =>
    maxAgeInSeconds !== undefined && getAge(payload, context) > maxAgeInSeconds;
  return {
    id,
    claim,
    shouldRefetch: (payload, context) =>
      claim.getValueFromPayload(payload) === undefined || isTooOld(payload, context),
    validate: (payload, context): ClaimValidationResult => {
      const value = claim.getValueFromPayload(payload);
      if (value === undefined) {
        return { isValid: false, reason: { message: 'value does not exist', ...expected, actualValue: value } };
      }
      if (isTooOld(payload, context)) {
        return {
          isValid: false,
          reason: { message: 'expired', ageInSeconds: getAge(payload, context), maxAgeInSeconds },
        };
      }
      return isExpected(value)
        ? { isValid: true }
        : { isValid: false, reason: { message: 'wrong value', ...expected, actualValue: value } };
    },
  };
}

/** @throws ConfigurationError if a maximum age is not a number of seconds. */
export function assertMaxAge(maxAgeInSeconds: number | undefined, key: string): void {
  if (maxAgeInSeconds !== undefined && !(maxAgeInSeconds >= 0)) {
    throw new ConfigurationError(
      `The maximum age of the claim '${key}' is ${String(maxAgeInSeconds)}: write a number of seconds that is not negative.`,
    );
  }
}
