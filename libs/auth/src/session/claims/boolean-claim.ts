import { createPrimitiveValidators, PrimitiveClaim, type AgeingClaimOptions, type PrimitiveClaimValidators } from './primitive-claim.js';
import type { SessionClaimValidator } from './session-claim-validator.js';
import type { SessionClaimOptions } from './session-claim.js';

/** Makes validators of a claim that is true or false. */
export interface BooleanClaimValidators extends PrimitiveClaimValidators<boolean> {
  isTrue(maxAgeInSeconds?: number, id?: string): SessionClaimValidator;
  isFalse(maxAgeInSeconds?: number, id?: string): SessionClaimValidator;
}

/** A claim that is true or false. */
export class BooleanClaim extends PrimitiveClaim<boolean> {
  override readonly validators: BooleanClaimValidators;

  /** @throws ConfigurationError if the key or the age is wrong. */
  constructor(options: SessionClaimOptions<boolean> & AgeingClaimOptions) {
    super(options);
    const validators = createPrimitiveValidators(this);
    this.validators = {
      ...validators,
      isTrue: (maxAgeInSeconds, id) => validators.hasValue(true, maxAgeInSeconds, id),
      isFalse: (maxAgeInSeconds, id) => validators.hasValue(false, maxAgeInSeconds, id),
    };
  }
}
