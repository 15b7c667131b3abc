import type { JsonObject } from '../../config/json.js';
import { mergePayload } from '../access-token-payload.js';
import type { ClaimValidationError, SessionClaimValidator } from './session-claim-validator.js';
import type { ClaimFetchInput } from './session-claim.js';

/** Whose claims are checked, and by which validators. */
export interface ValidateClaimsInput extends ClaimFetchInput {
  readonly validators: readonly SessionClaimValidator[];
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** What became of the claims. */
export interface ValidateClaimsOutcome {
  readonly invalidClaims: ClaimValidationError[];
  /** What was fetched anew, to merge into the payload; undefined where nothing was. */
  readonly accessTokenPayloadUpdate?: JsonObject | undefined;
}

/** Fetches the claims whose validators ask for it, and checks all of them against the payload that results. */
export async function validateClaims({ validators, now, ...input }: ValidateClaimsInput): Promise<ValidateClaimsOutcome> {
  const context = { now };
  let update: JsonObject | undefined;
  let payload = input.accessTokenPayload;
  for (const validator of validators) {
    const { claim } = validator;
    if (claim !== undefined && ((await validator.shouldRefetch?.(payload, context)) ?? false)) {
      const fetched = await claim.build({ ...input, accessTokenPayload: payload }, now);
      if (Object.keys(fetched).length > 0) {
        update = { ...update, ...fetched };
        payload = mergePayload(payload, fetched);
      }
    }
  }
  const invalidClaims: ClaimValidationError[] = [];
  for (const validator of validators) {
    const result = await validator.validate(payload, context);
    if (!result.isValid) {
      invalidClaims.push({ id: validator.id, reason: result.reason });
    }
  }
  return update === undefined ? { invalidClaims } : { invalidClaims, accessTokenPayloadUpdate: update };
}
