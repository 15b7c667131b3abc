import type { EmailPasswordOptions } from '../email-password/email-password.options.js';
import type { EmailDelivery } from '../email/email-delivery.js';
import type { EmailOutboxOptions, EmailTemplateOptions } from '../email/email.options.js';
import type { EmailVerificationOptions } from '../email-verification/email-verification.options.js';
import type { RateLimitOptions } from '../rate-limits/rate-limits.options.js';
import type { SessionOptions } from '../session/session.options.js';
import type { StorageFactory } from '../storage/storage.js';
import type { ThirdPartyOptions } from '../third-party/third-party.options.js';
import type { AppInfo } from './app-info.js';
import type { Clock } from './clock.js';

/** What can be configured besides the {@link AppInfo}. Everything has a default. */
export interface AuthOptions {
  /** Where users, sessions and keys are kept. Default: `sqlite()`, the file `data/nestward.sqlite`. */
  storage?: StorageFactory | undefined;
  /**
   * What the signing keys are encrypted with in the database (AES-256-GCM), at least 32 characters. Default: the environment
   * variable `NESTWARD_SECRET`; without one they are stored as they are.
   */
  secret?: string | undefined;
  /**
   * The secret that was used before, while it is being replaced: what it encrypts is encrypted anew. Default: the
   * environment variable `NESTWARD_PREVIOUS_SECRET`.
   */
  previousSecret?: string | undefined;
  /**
   * Whether the app brings the database schema up to date when it boots. Otherwise `npx nestward migrate` does, and a
   * schema that is not up to date stops the boot. Default: `true`.
   */
  migrateOnBoot?: boolean | undefined;
  /**
   * Whether the module answers CORS for the website's origin, on every route of the app. It steps back by itself from an
   * app that calls `enableCors`. Default: `true`.
   */
  cors?: boolean | undefined;
  /** Sessions and how their tokens travel. */
  session?: SessionOptions | undefined;
  /** Sign-up and sign-in with email and password. */
  emailPassword?: EmailPasswordOptions | undefined;
  /** Sign-in with an account at a provider, such as Google. */
  thirdParty?: ThirdPartyOptions | undefined;
  /** Proof that people receive mail at their address. Default: none is asked for. */
  emailVerification?: EmailVerificationOptions | undefined;
  /**
   * What brings messages to people: `smtp()`, or an object with `send(message)`. Default: `developmentMailbox()`, but in
   * production none, where the features that need mail must be turned off then.
   */
  email?: EmailDelivery | undefined;
  /** Messages of the app's own, each in the place of the library's. Default: none. */
  emailTemplates?: EmailTemplateOptions | undefined;
  /** How messages wait until a mail server has taken them. */
  emailOutbox?: EmailOutboxOptions | undefined;
  /**
   * How often people may try to sign in, sign up and have mail sent, or `false` for as often as they like. Default: all limits
   * are on; where `NODE_ENV` is `test` they are off unless some are given.
   */
  rateLimits?: RateLimitOptions | false | undefined;
  /** Tells the time; a test puts its own in. Default: the machine's clock. */
  clock?: Clock | undefined;
}

/** What a factory of `AuthModule.forRootAsync` answers: the appInfo, and the options beside it. */
export type AuthModuleOptions = AuthOptions & {
  /** What the library needs to know about the app (contract §1). */
  appInfo: AppInfo;
};
