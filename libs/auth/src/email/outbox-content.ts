import type { CredentialFingerprint } from '../one-time-token/one-time-token.js';

/** A message that waits in the outbox to be written and sent. */
export type OutboxContent =
  | {
      readonly kind: 'verifyEmail';
      readonly recipeUserId: string;
      readonly email: string;
      readonly websiteDomain: string;
    }
  | { readonly kind: 'resetPassword'; readonly email: string; readonly websiteDomain: string }
  | {
      readonly kind: 'changeEmail';
      readonly recipeUserId: string;
      /** The new address. */
      readonly email: string;
      readonly websiteDomain: string;
      readonly credentialFingerprint: CredentialFingerprint;
      readonly keepSessionHandle: string | null;
    }
  | { readonly kind: 'passwordChanged'; readonly email: string; readonly websiteDomain: string }
  | {
      readonly kind: 'emailChanged';
      /** The old address. */
      readonly email: string;
      readonly newEmail: string;
      readonly websiteDomain: string;
    }
  | { readonly kind: 'signUpAttempt'; readonly email: string; readonly websiteDomain: string };

/** What a message is about. */
export type EmailKind = OutboxContent['kind'];
