import type { JsonObject } from '../../config/json.js';
import type { SessionClaim } from './session-claim.js';

/** What a validator knows besides the payload. */
export interface ClaimValidationContext {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** Whether a claim is what it should be; the reason is what the client is told (contract §4). */
export type ClaimValidationResult =
  { readonly isValid: true } | { readonly isValid: false; readonly reason: JsonObject };

/** A claim that failed, as the client is told about it (contract §4). */
export interface ClaimValidationError {
  /** The validator's id. */
  readonly id: string;
  readonly reason: JsonObject;
}

/**
 * Checks one thing about a session's access token payload. The claims' own `validators` make them; an app can write its
 * own, or change a made one: `{ ...claim.validators.hasValue(true), shouldRefetch: () => true }`.
 */
export interface SessionClaimValidator {
  /** Names the validator in errors; the claims' own use the claim's key. */
  readonly id: string;
  /** The claim to fetch anew where {@link shouldRefetch} says so. Default: none, and nothing is fetched. */
  readonly claim?: SessionClaim | undefined;
  /** Whether the claim must be fetched before it is checked. Default: never. */
  shouldRefetch?(payload: JsonObject, context: ClaimValidationContext): boolean | Promise<boolean>;
  /** Checks the payload, and nothing else: what must be looked up is the claim's to fetch. */
  validate(
    payload: JsonObject,
    context: ClaimValidationContext,
  ): ClaimValidationResult | Promise<ClaimValidationResult>;
}
