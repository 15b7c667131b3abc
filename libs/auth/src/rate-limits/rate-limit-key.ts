import { createHash } from 'node:crypto';
import { normaliseEmail } from '../users/normalise-email.js';

/** Identifies in the database who is counted, without saying it. */
export type RateLimitKey = string & { readonly __brand: 'RateLimitKey' };

/** A hash of what identifies somebody, so that the table has no emails and no addresses. */
export function createRateLimitKey(...parts: readonly string[]): RateLimitKey {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url') as RateLimitKey;
}

/** The one form of an email that is counted, whether it has an account or not. What can be nobody's email is one. */
export function toCountedEmail(email: string): string {
  return normaliseEmail(email) ?? '';
}
