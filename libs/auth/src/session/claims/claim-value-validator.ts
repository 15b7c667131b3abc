import type { JsonObject, JsonValue } from '../../config/json.js';
import { assertMaxAge } from './claim-max-age.js';
import type {
  ClaimValidationContext,
  ClaimValidationResult,
  SessionClaimValidator,
} from './session-claim-validator.js';
import type { SessionClaim } from './session-claim.js';

/** What a validator asks of a claim's value. */
export interface ClaimExpectation<Value extends JsonValue> {
  readonly claim: SessionClaim<Value>;
  /** What the client is told that was expected, such as `{ expectedValue: true }`. */
  readonly expected: JsonObject;
  readonly isExpected: (value: Value) => boolean;
  /** How old the value may be before it is fetched again, in seconds. `undefined` and `Infinity` mean any age. */
  readonly maxAgeInSeconds: number | undefined;
  /** Default: the claim's key. */
  readonly id: string | undefined;
}

/**
 * Makes a validator of a claim's value. A value that is missing or too old is fetched again; what fails after that is
 * told as `value does not exist`, `expired` or `wrong value`, which are SuperTokens' words (contract §4).
 *
 * A value from the future was fetched before the clock went backwards, or by a machine whose clock runs ahead. It is
 * too old as soon as it is further away than the maximum age, so that no value outlives that age by more than the
 * clock was wrong. A value without a time is too old for every maximum age.
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
  assertMaxAge('maxAgeInSeconds', maxAgeInSeconds, claim.key);

  const isTooOld = (ageInSeconds: number | undefined): boolean =>
    maxAgeInSeconds !== undefined &&
    maxAgeInSeconds !== Number.POSITIVE_INFINITY &&
    (ageInSeconds === undefined || Math.abs(ageInSeconds) > maxAgeInSeconds);

  const getAgeInSeconds = (payload: JsonObject, { now }: ClaimValidationContext): number | undefined => {
    const time = claim.getLastRefetchTime(payload);
    return time === undefined ? undefined : (now - time) / 1000;
  };

  return {
    id,
    claim,
    shouldRefetch: (payload, context) =>
      claim.getValueFromPayload(payload) === undefined || isTooOld(getAgeInSeconds(payload, context)),
    validate: (payload, context): ClaimValidationResult => {
      const actualValue = claim.getValueFromPayload(payload);
      if (actualValue === undefined) {
        return { isValid: false, reason: { message: 'value does not exist', ...expected } };
      }
      const ageInSeconds = getAgeInSeconds(payload, context);
      if (isTooOld(ageInSeconds)) {
        return { isValid: false, reason: { message: 'expired', ageInSeconds, maxAgeInSeconds } };
      }
      return isExpected(actualValue)
        ? { isValid: true }
        : { isValid: false, reason: { message: 'wrong value', ...expected, actualValue } };
    },
  };
}
