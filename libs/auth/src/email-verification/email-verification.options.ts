import { z } from 'zod';

/** Whether people must prove their address before guarded routes let them in, or only can. */
export type EmailVerificationMode = 'REQUIRED' | 'OPTIONAL';

/** Options of email verification (contract §8). */
export interface EmailVerificationOptions {
  /**
   * `REQUIRED` adds a validator of the claim `st-ev` to every guarded route; `OPTIONAL` leaves it to routes that ask for it.
   */
  mode: EmailVerificationMode;
  /** How long a link works, in seconds. Default: 86400 (1 day). */
  tokenLifetime?: number | undefined;
}

/** {@link EmailVerificationOptions} with every default in its place. */
export interface EmailVerificationConfig {
  /** `OFF` where the app has no email verification. */
  readonly mode: EmailVerificationMode | 'OFF';
  readonly tokenLifetimeMs: number;
}

const seconds = { error: 'write a number of seconds greater than 0' };

/** Checks the types of {@link EmailVerificationOptions}. */
export const emailVerificationOptionsSchema = z.strictObject(
  {
    mode: z.enum(['REQUIRED', 'OPTIONAL'], { error: "write 'REQUIRED' or 'OPTIONAL'" }),
    tokenLifetime: z.number(seconds).positive(seconds).optional(),
  },
  {
    // An unknown key is reported by its own name elsewhere, so that this message is only for what is no object.
    error: ({ code }) => (code === 'unrecognized_keys' ? undefined : "write { mode: 'REQUIRED' }"),
  },
);

/** Puts the defaults of contract §8 in their places. */
export function normaliseEmailVerificationOptions(
  options: EmailVerificationOptions | undefined,
): EmailVerificationConfig {
  return { mode: options?.mode ?? 'OFF', tokenLifetimeMs: (options?.tokenLifetime ?? 86_400) * 1000 };
}
