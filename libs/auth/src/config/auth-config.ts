import { z } from 'zod';
import {
  emailPasswordOptionsSchema,
  normaliseEmailPasswordOptions,
  type EmailPasswordConfig,
} from '../email-password/email-password.options.js';
import {
  emailDeliverySchema,
  emailOutboxOptionsSchema,
  emailTemplatesSchema,
  normaliseEmailOptions,
  type EmailConfig,
} from '../email/email.options.js';
import { EmailVerificationClaim } from '../email-verification/email-verification.claim.js';
import {
  emailVerificationOptionsSchema,
  normaliseEmailVerificationOptions,
  type EmailVerificationConfig,
} from '../email-verification/email-verification.options.js';
import {
  normaliseRateLimitOptions,
  rateLimitOptionsSchema,
  type RateLimitConfig,
} from '../rate-limits/rate-limits.options.js';
import { normaliseSessionOptions, sessionOptionsSchema, type SessionConfig } from '../session/session.options.js';
import { sqlite } from '../storage/sqlite/sqlite.js';
import { KeyCipher } from '../storage/key-cipher.js';
import type { StorageFactory } from '../storage/storage.js';
import {
  normaliseThirdPartyOptions,
  thirdPartyOptionsSchema,
  type ThirdPartyConfig,
} from '../third-party/third-party.options.js';
import { normaliseAppInfo, type AppInfo, type NormalisedAppInfo } from './app-info.js';
import type { AuthOptions } from './auth-options.js';
import { systemClock, type Clock } from './clock.js';
import { ConfigurationError } from './configuration.error.js';
import { describeValue } from './describe-value.js';

/** The one configuration that the library works with: checked, with every default in its place. */
export interface AuthConfig {
  readonly appInfo: NormalisedAppInfo;
  readonly storage: StorageFactory;
  /** Encrypts the signing keys in the database; undefined where there is no secret. */
  readonly keyCipher: KeyCipher | undefined;
  readonly migrateOnBoot: boolean;
  readonly cors: boolean;
  readonly session: SessionConfig;
  readonly emailPassword: EmailPasswordConfig;
  readonly thirdParty: ThirdPartyConfig;
  readonly emailVerification: EmailVerificationConfig;
  readonly email: EmailConfig;
  readonly rateLimits: RateLimitConfig;
  readonly clock: Clock;
}

/** The injection token of the {@link AuthConfig}. */
export const AUTH_CONFIG = Symbol('nestward:config');

const flag = z.boolean({ error: 'write true or false' });

const authOptionsSchema = z.strictObject({
  storage: z
    .custom<StorageFactory>((value) => typeof value === 'object' && value !== null && 'open' in value, {
      error: 'write a storage such as sqlite()',
    })
    .optional(),
  secret: z.string({ error: 'write a secret of at least 32 characters' }).optional(),
  previousSecret: z.string({ error: 'write the secret that was used before' }).optional(),
  migrateOnBoot: flag.optional(),
  cors: flag.optional(),
  session: sessionOptionsSchema.optional(),
  emailPassword: emailPasswordOptionsSchema.optional(),
  thirdParty: thirdPartyOptionsSchema.optional(),
  emailVerification: emailVerificationOptionsSchema.optional(),
  email: emailDeliverySchema.optional(),
  emailTemplates: emailTemplatesSchema.optional(),
  emailOutbox: emailOutboxOptionsSchema.optional(),
  rateLimits: rateLimitOptionsSchema.optional(),
  clock: z
    .custom<Clock>((value) => typeof value === 'object' && value !== null && 'now' in value, {
      error: 'write an object with a function now() that answers milliseconds',
    })
    .optional(),
});

/**
 * Checks what an app configures and puts the defaults in their places.
 * @throws ConfigurationError with one sentence that names the field, the value and what to write instead.
 */
export function createAuthConfig(appInfo: AppInfo, options: AuthOptions = {}): AuthConfig {
  const normalisedAppInfo = normaliseAppInfo(appInfo);
  assertValid(options);
  const emailPassword = normaliseEmailPasswordOptions(options.emailPassword ?? {});
  const emailVerification = normaliseEmailVerificationOptions(options.emailVerification);
  const email = normaliseEmailOptions(options);
  assertMailIsSent(email, emailPassword, emailVerification);
  const session = withEmailVerification(
    normaliseSessionOptions(options.session ?? {}, normalisedAppInfo),
    emailVerification,
  );
  if (!normalisedAppInfo.hasDynamicWebsiteDomain && options.session?.getTokenTransferMethod === undefined) {
    session.assertCookiesWork(undefined);
  }
  return {
    appInfo: normalisedAppInfo,
    storage: options.storage ?? sqlite(),
    keyCipher: createKeyCipher(options),
    migrateOnBoot: options.migrateOnBoot ?? true,
    cors: options.cors ?? true,
    session,
    emailPassword,
    thirdParty: normaliseThirdPartyOptions(options.thirdParty ?? {}),
    emailVerification,
    email,
    rateLimits: normaliseRateLimitOptions(options.rateLimits),
    clock: options.clock ?? systemClock,
  };
}

/** @throws ConfigurationError if a feature would wait for mail that nobody sends. */
function assertMailIsSent(
  { delivery }: EmailConfig,
  { passwordReset }: EmailPasswordConfig,
  emailVerification: EmailVerificationConfig,
): void {
  if (delivery !== undefined) {
    return;
  }
  const remedy = 'write email: smtp({ host, auth, from })';
  if (emailVerification.mode !== 'OFF') {
    throw new ConfigurationError(
      `email is not set, and NODE_ENV is production, where emailVerification needs it: ${remedy}, or leave emailVerification out.`,
    );
  }
  if (passwordReset.isEnabled) {
    throw new ConfigurationError(
      `email is not set, and NODE_ENV is production, where people need it who forget their password: ${remedy}, or turn that off by emailPassword: { passwordReset: false }.`,
    );
  }
}

/** Gives every session the claim, and where verification is required every guarded route the validator (contract §8). */
function withEmailVerification(session: SessionConfig, { mode }: EmailVerificationConfig): SessionConfig {
  return mode === 'OFF'
    ? session
    : {
        ...session,
        claims: [EmailVerificationClaim, ...session.claims],
        globalClaimValidators: [
          ...(mode === 'REQUIRED' ? [EmailVerificationClaim.validators.isVerified()] : []),
          ...session.globalClaimValidators,
        ],
      };
}

function createKeyCipher(options: AuthOptions): KeyCipher | undefined {
  const secret = options.secret ?? process.env['NESTWARD_SECRET'];
  const previousSecret = options.previousSecret ?? process.env['NESTWARD_PREVIOUS_SECRET'];
  if (secret !== undefined && secret !== '') {
    return new KeyCipher({ secret, previousSecret: previousSecret === '' ? undefined : previousSecret });
  }
  return undefined;
}

function assertValid(options: AuthOptions): void {
  const [outermost] = authOptionsSchema.safeParse(options).error?.issues ?? [];
  if (outermost === undefined) {
    return;
  }
  const issue = findInnermost(outermost);
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const field = [...path, ...issue.keys.slice(0, 1)].join('.');
    throw new ConfigurationError(
      `${field} is not an option: check its spelling against the options table, or leave it out.`,
    );
  }
  const value = path.reduce<unknown>(
    (inner, key) => new Map(Object.entries(Object(inner) as object)).get(key),
    options,
  );
  const isSecret = /secret/i.test(path.at(-1) ?? '') || path.includes('providers');
  const shown = isSecret ? 'not usable' : describeValue(value);
  throw new ConfigurationError(`${path.join('.') || 'The options'} is ${shown}: ${issue.message}.`);
}

/** An option that is an object or false reports no field of the object: what is wrong in there says more. */
function findInnermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') {
    return issue;
  }
  const inner = issue.errors.flat().find(({ path, code }) => path.length > 0 || code === 'unrecognized_keys');
  return inner === undefined ? issue : findInnermost({ ...inner, path: [...issue.path, ...inner.path] });
}
