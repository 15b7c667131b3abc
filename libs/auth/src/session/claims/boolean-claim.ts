import { createPrimitiveValidators, PrimitiveClaim, type PrimitiveClaimValidators } from './primitive-claim.js';
import type { SessionClaimValidator } from './session-claim-validator.js';

/** Makes validators of a claim that is true or false; ages and ids are those of {@link PrimitiveClaimValidators}. */
export interface BooleanClaimValidators extends PrimitiveClaimValidators<boolean> {
  readonly isTrue: (maxAgeInSeconds?: number, id?: string) => SessionClaimValidator;
  readonly isFalse: (maxAgeInSeconds?: number, id?: string) => SessionClaimValidator;
}

/** A claim that is true or false, and nothing that merely counts as true or false: `1` and `'true'` are no values of it. */
export class BooleanClaim extends PrimitiveClaim<boolean> {
  override readonly validators: BooleanClaimValidators = createBooleanValidators(this);

  protected override isValue(value: unknown): value is boolean {
    return typeof value === 'boolean';
  }
}

/** The validators that every claim has that is true or false. */
export function createBooleanValidators(claim: PrimitiveClaim<boolean>): BooleanClaimValidators {
  const validators = createPrimitiveValidators(claim);
  return {
    ...validators,
    isTrue: (maxAgeInSeconds, id) => validators.hasValue(true, maxAgeInSeconds, id),
    isFalse: (maxAgeInSeconds, id) => validators.hasValue(false, maxAgeInSeconds, id),
  };
}
