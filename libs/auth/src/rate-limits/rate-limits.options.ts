import { z } from 'zod';

/** How often something may be tried. */
export interface RateLimit {
  /** How many attempts: a whole number greater than 0. */
  points: number;
  /** Within how many seconds, counted from the first attempt. */
  duration: number;
}

/** Limits of what costs the app or its people something. Each is a {@link RateLimit}, or `false` to turn it off. */
export interface RateLimitOptions {
  /** Sign-ins that failed, of one email from one address. Default: 10 in 15 minutes. */
  signInPerAccountAndAddress?: RateLimit | false | undefined;
  /** Sign-ins that failed, from one address. Default: 100 in 1 hour. */
  signInPerAddress?: RateLimit | false | undefined;
  /**
   * Sign-ins that failed, of one email from all addresses together, except the ones from which its owner has signed in within
   * the last 90 days. Default: 100 in 1 hour.
   */
  signInPerAccount?: RateLimit | false | undefined;
  /** Sign-ups from one address. Default: 20 in 1 hour. */
  signUpPerAddress?: RateLimit | false | undefined;
  /** Questions whether an email has an account, from one address. Default: 60 in 10 minutes. */
  emailExistsPerAddress?: RateLimit | false | undefined;
  /** Requests of one address for a mail that resets the password of one email. Default: 5 in 1 hour. */
  passwordResetMailPerEmailAndAddress?: RateLimit | false | undefined;
  /** Requests of one address for such mails to any email. Default: 30 in 1 hour. */
  passwordResetMailPerAddress?: RateLimit | false | undefined;
  /**
   * Such mails to one email, whoever asks. What is beyond it is answered like any other request, but not sent. Default: 10 in
   * 1 hour.
   */
  passwordResetMailPerEmail?: RateLimit | false | undefined;
  /**
   * Mails about sign-ups with one email that has an account. What is beyond it is not sent, and nobody is told. Default: 1 in
   * 1 day.
   */
  signUpAttemptMailPerEmail?: RateLimit | false | undefined;
  /** Mails that verify the email of one login method. Default: 5 in 1 hour. */
  verificationMailPerLoginMethod?: RateLimit | false | undefined;
  /** Mails to new addresses that one login method asks for. Default: 5 in 1 hour. */
  emailChangeMailPerLoginMethod?: RateLimit | false | undefined;
  /** Such mails to one address, whoever asks. What is beyond it is not sent, and nobody is told. Default: 5 in 1 hour. */
  emailChangeMailPerEmail?: RateLimit | false | undefined;
  /** Wrong current passwords of one login method, of somebody who is signed in. Default: 10 in 15 minutes. */
  reauthenticationPerLoginMethod?: RateLimit | false | undefined;
}

/** The name of a limit. */
export type RateLimitName = keyof RateLimitOptions;

/** {@link RateLimitOptions} with every default in its place. */
export type RateLimitConfig = Readonly<Record<RateLimitName, Readonly<RateLimit> | false>>;

const MINUTE = 60;
const HOUR = 3600;

const DEFAULTS: Readonly<Record<RateLimitName, Readonly<RateLimit>>> = {
  signInPerAccountAndAddress: { points: 10, duration: 15 * MINUTE },
  signInPerAddress: { points: 100, duration: HOUR },
  signInPerAccount: { points: 100, duration: HOUR },
  signUpPerAddress: { points: 20, duration: HOUR },
  emailExistsPerAddress: { points: 60, duration: 10 * MINUTE },
  passwordResetMailPerEmailAndAddress: { points: 5, duration: HOUR },
  passwordResetMailPerAddress: { points: 30, duration: HOUR },
  passwordResetMailPerEmail: { points: 10, duration: HOUR },
  signUpAttemptMailPerEmail: { points: 1, duration: 24 * HOUR },
  verificationMailPerLoginMethod: { points: 5, duration: HOUR },
  emailChangeMailPerLoginMethod: { points: 5, duration: HOUR },
  emailChangeMailPerEmail: { points: 5, duration: HOUR },
  reauthenticationPerLoginMethod: { points: 10, duration: 15 * MINUTE },
};

/** What fits into the counters of every database. */
const MAX_POINTS = 1_000_000_000;

/** One year, in seconds: longer is a mistake in the unit. */
const MAX_DURATION = 31_536_000;

const points = { error: 'write a whole number of attempts, at least 1' };
const duration = { error: `write a number of seconds greater than 0, at most ${String(MAX_DURATION)} (1 year)` };

const rateLimit = z.union(
  [
    z.literal(false),
    z.strictObject({
      points: z.int(points).positive(points).max(MAX_POINTS, points),
      duration: z.number(duration).positive(duration).max(MAX_DURATION, duration),
    }),
  ],
  { error: 'write { points, duration } with a duration in seconds, or false to turn this limit off' },
);

/** Checks the types of {@link RateLimitOptions}. */
export const rateLimitOptionsSchema = z.union(
  [
    z.literal(false),
    z.strictObject({
      signInPerAccountAndAddress: rateLimit.optional(),
      signInPerAddress: rateLimit.optional(),
      signInPerAccount: rateLimit.optional(),
      signUpPerAddress: rateLimit.optional(),
      emailExistsPerAddress: rateLimit.optional(),
      passwordResetMailPerEmailAndAddress: rateLimit.optional(),
      passwordResetMailPerAddress: rateLimit.optional(),
      passwordResetMailPerEmail: rateLimit.optional(),
      signUpAttemptMailPerEmail: rateLimit.optional(),
      verificationMailPerLoginMethod: rateLimit.optional(),
      emailChangeMailPerLoginMethod: rateLimit.optional(),
      emailChangeMailPerEmail: rateLimit.optional(),
      reauthenticationPerLoginMethod: rateLimit.optional(),
    }),
  ],
  {
    error:
      'write an object such as { signInPerAddress: { points: 100, duration: 3600 } }, or false to turn all limits off',
  },
);

/**
 * Puts the defaults in their places. Where `NODE_ENV` is `test` nothing is limited unless it is asked for, so that an app's own
 * tests may sign in as often as they like.
 */
export function normaliseRateLimitOptions(options: RateLimitOptions | false | undefined): RateLimitConfig {
  const isOff = options === false || (options === undefined && process.env['NODE_ENV'] === 'test');
  const choose = (name: RateLimitName): Readonly<RateLimit> | false =>
    isOff ? false : ((options === undefined ? undefined : options[name]) ?? DEFAULTS[name]);
  return {
    signInPerAccountAndAddress: choose('signInPerAccountAndAddress'),
    signInPerAddress: choose('signInPerAddress'),
    signInPerAccount: choose('signInPerAccount'),
    signUpPerAddress: choose('signUpPerAddress'),
    emailExistsPerAddress: choose('emailExistsPerAddress'),
    passwordResetMailPerEmailAndAddress: choose('passwordResetMailPerEmailAndAddress'),
    passwordResetMailPerAddress: choose('passwordResetMailPerAddress'),
    passwordResetMailPerEmail: choose('passwordResetMailPerEmail'),
    signUpAttemptMailPerEmail: choose('signUpAttemptMailPerEmail'),
    verificationMailPerLoginMethod: choose('verificationMailPerLoginMethod'),
    emailChangeMailPerLoginMethod: choose('emailChangeMailPerLoginMethod'),
    emailChangeMailPerEmail: choose('emailChangeMailPerEmail'),
    reauthenticationPerLoginMethod: choose('reauthenticationPerLoginMethod'),
  };
}
