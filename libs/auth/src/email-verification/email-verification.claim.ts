import { BooleanClaim, createBooleanValidators, type BooleanClaimValidators } from '../session/claims/boolean-claim.js';
import type { SessionClaimValidator } from '../session/claims/session-claim-validator.js';

/** Makes validators of the {@link EmailVerificationClaim}. */
export interface EmailVerificationClaimValidators extends BooleanClaimValidators {
  /**
   * The address is verified. One that is not is looked up again, so that a person who has just followed the link in another
   * browser gets in.
   *
   * @param refetchTimeOnFalseInSeconds how long the claim is believed that it is not. Default: 10.
   * @param maxAgeInSeconds how long the claim is believed at all. Default: any time.
   */
  readonly isVerified: (refetchTimeOnFalseInSeconds?: number, maxAgeInSeconds?: number) => SessionClaimValidator;
}

class EmailVerificationClaimClass extends BooleanClaim {
  override readonly validators: EmailVerificationClaimValidators = {
    ...createBooleanValidators(this),
    isVerified: (refetchTimeOnFalseInSeconds = 10, maxAgeInSeconds) => {
      const validator = this.validators.hasValue(true, maxAgeInSeconds);
      return {
        ...validator,
        shouldRefetch: async (payload, context) => {
          if (this.getValueFromPayload(payload) !== false) {
            return (await validator.shouldRefetch?.(payload, context)) ?? false;
          }
          const lastRefetch = this.getLastRefetchTime(payload) ?? 0;
          return Math.abs(context.now - lastRefetch) >= refetchTimeOnFalseInSeconds * 1000;
        },
      };
    },
  };

  constructor() {
    super({
      key: 'st-ev',
      fetchValue: async ({ recipeUserId, getUser }) =>
        (await getUser())?.loginMethods.find((loginMethod) => loginMethod.recipeUserId === recipeUserId)?.verified,
    });
  }
}

/**
 * Whether the address of the session's login method is verified: the claim `st-ev` (contract §8). Sessions have it where
 * `emailVerification` is configured.
 */
export const EmailVerificationClaim = new EmailVerificationClaimClass();
