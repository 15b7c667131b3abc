import type { JsonObject } from '../../config/json.js';
import { mergePayload } from '../access-token-payload.js';
import type { ClaimValidationError, SessionClaimValidator } from './session-claim-validator.js';
import type { ClaimFetchInput, SessionClaim } from './session-claim.js';

/** Whose claims are checked, and by which validators. */
export interface ValidateClaimsInput extends ClaimFetchInput {
  readonly validators: readonly SessionClaimValidator[];
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** What became of the claims. */
export interface ValidateClaimsOutcome {
  /** The validators that failed, in their order. */
  readonly invalidClaims: ClaimValidationError[];
  /**
   * What was fetched, to merge into the payload; `undefined` where nothing was. It names no other claim, so that it
   * undoes nothing that another request changes meanwhile.
   */
  readonly accessTokenPayloadUpdate?: JsonObject | undefined;
}

/**
 * Fetches the claims whose validators ask for it, and then checks all validators against the payload that results. A
 * claim is fetched once, however many of its validators ask: the second answer would not be newer.
 *
 * @throws what a validator, or a claim's `fetchValue`, throws.
 */
export async function validateClaims({
  validators,
  now,
  ...input
}: ValidateClaimsInput): Promise<ValidateClaimsOutcome> {
  const context = { now };
  const fetched = new Set<SessionClaim>();
  let payload = input.accessTokenPayload;
  let update: JsonObject = {};
  for (const validator of validators) {
    const { claim } = validator;
    if (claim === undefined || fetched.has(claim) || !(await validator.shouldRefetch?.(payload, context))) {
      continue;
    }
    fetched.add(claim);
    const built = await claim.build({ ...input, accessTokenPayload: payload }, now);
    update = { ...update, ...built };
    payload = mergePayload(payload, built);
  }
  const invalidClaims: ClaimValidationError[] = [];
  for (const validator of validators) {
    const result = await validator.validate(payload, context);
    if (!result.isValid) {
      invalidClaims.push({ id: validator.id, reason: result.reason });
    }
  }
  return Object.keys(update).length === 0 ? { invalidClaims } : { invalidClaims, accessTokenPayloadUpdate: update };
}
