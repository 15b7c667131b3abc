import { z } from 'zod';
import { ConfigurationError } from '../config/configuration.error.js';
import {
  EMAIL_FIELD_ID,
  PASSWORD_FIELD_ID,
  type FormField,
  type FormFieldRule,
  type FormFieldValidator,
} from '../http/form-fields.js';
import type { HttpRequest } from '../http/http-request.js';
import type { SessionContainer } from '../session/session-container.js';
import type { User } from '../users/user.js';
import { acceptAnything, validateEmail, validatePassword, withEmailBounds, withPasswordBounds } from './validators.js';

/** A field of the sign-up form. */
export interface SignUpFormField {
  /** `email`, `password`, or the name of a field of the app's own. */
  id: string;
  /**
   * Answers `undefined` if the value is good, else the message that the person sees beside the field. For `email`, which
   * is also checked at sign-in, and for `password` it replaces the validator of contract §5. Default: an email or
   * password by contract §5, and anything in a field of the app's own.
   */
  validate?: FormFieldValidator | undefined;
  /** Whether a field of the app's own may be left out or empty. `email` and `password` never are. Default: `false`. */
  optional?: boolean | undefined;
}

/** The sign-up form. */
export interface SignUpFeatureOptions {
  /** The fields that are not as contract §5 has them: the app's own, and `email` or `password` with another validator. */
  formFields?: readonly SignUpFormField[] | undefined;
}

/** What argon2id costs (RFC 9106 §3.1). A stored hash with other parameters is renewed when its user signs in next. */
export interface PasswordHashingOptions {
  /** Memory, in KiB. Default: 19456 (19 MiB), which OWASP's password storage cheat sheet names with the two others. */
  memoryCost?: number | undefined;
  /** Passes over the memory. Default: 2. */
  timeCost?: number | undefined;
  /** Lanes. Default: 1. */
  parallelism?: number | undefined;
}

/** How a forgotten password is replaced. */
export interface PasswordResetOptions {
  /** How long a link works, in seconds. Default: 3600 (1 hour). */
  tokenLifetime?: number | undefined;
  /** Whether a reset ends all sessions of the user. Default: `true`. */
  revokeSessions?: boolean | undefined;
}

/** A hook's answer that shows a message to the person (contract §5). */
export interface GeneralErrorResult {
  readonly status: 'GENERAL_ERROR';
  readonly message: string;
}

/** A hook's answer that refuses a sign-up; the client sees the reason. */
export interface SignUpNotAllowedResult {
  readonly status: 'SIGN_UP_NOT_ALLOWED';
  readonly reason: string;
}

/** A hook's answer that refuses a sign-in; the client sees the reason. */
export interface SignInNotAllowedResult {
  readonly status: 'SIGN_IN_NOT_ALLOWED';
  readonly reason: string;
}

/** What {@link EmailPasswordOptions.beforeSignUp} is told. */
export interface BeforeSignUpInput {
  /** The email as the person wrote it, trimmed. */
  readonly email: string;
  /** The fields of the form that were filled in, except the password: a validator of the field is told that. */
  readonly formFields: readonly FormField[];
  readonly request: HttpRequest;
}

/** What {@link EmailPasswordOptions.beforeSignIn} is told. */
export interface BeforeSignInInput {
  /** The email as the person wrote it, trimmed. Nothing is proven yet: anybody can write anybody's email. */
  readonly email: string;
  readonly request: HttpRequest;
}

/** What {@link EmailPasswordOptions.afterSignUp} is told. */
export interface AfterSignUpInput {
  readonly user: User;
  /** The fields of the form that were filled in, except the password. */
  readonly formFields: readonly FormField[];
  /** The session that the sign-up created. */
  readonly session: SessionContainer;
}

type Awaitable<T> = T | Promise<T>;

/** Decides whether a person may sign up. */
export type BeforeSignUpHook = (
  input: BeforeSignUpInput,
) => Awaitable<GeneralErrorResult | SignUpNotAllowedResult | undefined>;

/** Decides whether a person may sign in. */
export type BeforeSignInHook = (
  input: BeforeSignInInput,
) => Awaitable<GeneralErrorResult | SignInNotAllowedResult | undefined>;

/** Is told of a person who has signed up. */
export type AfterSignUpHook = (input: AfterSignUpInput) => Awaitable<void>;

/** Options of sign-up and sign-in with email and password. The hooks are for the endpoints; code that calls the service runs none. */
export interface EmailPasswordOptions {
  /** The sign-up form. Default: email and password. */
  signUpFeature?: SignUpFeatureOptions | undefined;
  /** What a password's hash costs. Default: argon2id with 19 MiB, 2 passes and 1 lane. */
  passwordHashing?: PasswordHashingOptions | undefined;
  /** How a forgotten password is replaced, or `false` to turn it off. It needs `email` in production. Default: on. */
  passwordReset?: PasswordResetOptions | false | undefined;
  /** Runs when the form is good, before anything is written. `undefined` lets the person sign up. Default: none. */
  beforeSignUp?: BeforeSignUpHook | undefined;
  /**
   * Runs when the form is good, before the password is checked. `undefined` lets the person try. A refusal that depends on
   * the account tells everybody that the account exists. Default: none.
   */
  beforeSignIn?: BeforeSignInHook | undefined;
  /**
   * Runs when the account and its session exist, before the answer is sent. An exception is answered by the app's filters,
   * and the account stays. Default: none.
   */
  afterSignUp?: AfterSignUpHook | undefined;
}

/** {@link PasswordHashingOptions} with every default in its place. */
export interface PasswordHashingConfig {
  /** KiB. */
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
}

/** {@link PasswordResetOptions} with every default in its place. */
export interface PasswordResetConfig {
  readonly isEnabled: boolean;
  readonly tokenLifetimeMs: number;
  readonly revokeSessions: boolean;
}

/** {@link EmailPasswordOptions} with every default in its place. */
export interface EmailPasswordConfig {
  readonly signUpFormFields: readonly FormFieldRule[];
  /** Email and password; the password is only asked to be present (contract §5). */
  readonly signInFormFields: readonly FormFieldRule[];
  /** The rule of the email at sign-up, for every way in which one is set. */
  readonly validateEmail: FormFieldValidator;
  /** The rule of the password at sign-up, for every way in which one is set. */
  readonly validatePassword: FormFieldValidator;
  readonly passwordHashing: PasswordHashingConfig;
  readonly passwordReset: PasswordResetConfig;
  /** The email alone, for the form that asks for a link. */
  readonly emailFormFields: readonly FormFieldRule[];
  /** The new password alone, as strict as at sign-up. */
  readonly newPasswordFormFields: readonly FormFieldRule[];
  readonly beforeSignUp: BeforeSignUpHook | undefined;
  readonly beforeSignIn: BeforeSignInHook | undefined;
  readonly afterSignUp: AfterSignUpHook | undefined;
}

/** The most memory that a hash may cost, in KiB: 1 GiB. */
export const MAX_MEMORY_COST = 1_048_576;

/** The most work that a hash may cost, in KiB that are passed over: a second or so. */
export const MAX_HASHING_WORK = 4_194_304;

/** The most lanes that a hash may have. */
export const MAX_PARALLELISM = 64;

const func = <T>() => z.custom<T>((value) => typeof value === 'function', { error: 'write a function' });
const flag = z.boolean({ error: 'write true or false' });
const wholeNumber = (what: string, max: number) => {
  const error = `write a whole number of ${what} from 1 to ${String(max)}`;
  return z.int({ error }).min(1, { error }).max(max, { error });
};
const section = (what: string) => `write an object with ${what}`;

const lifetime = { error: 'write a number of seconds greater than 0' };

const passwordResetOptionsSchema = z.strictObject({
  tokenLifetime: z.number(lifetime).positive(lifetime).optional(),
  revokeSessions: flag.optional(),
});

/** Checks the types of {@link EmailPasswordOptions}; what depends on more than one option is checked in {@link normaliseEmailPasswordOptions}. */
export const emailPasswordOptionsSchema = z.strictObject(
  {
    signUpFeature: z
      .strictObject(
        {
          formFields: z
            .array(
              z.strictObject(
                {
                  id: z
                    .string({ error: "write the field's name, such as 'name'" })
                    .refine((id) => id.trim() !== '', { error: "write the field's name, such as 'name'" }),
                  validate: func<FormFieldValidator>().optional(),
                  optional: flag.optional(),
                },
                { error: unlessUnknownKey("write a field such as { id: 'name' }") },
              ),
              { error: "write an array of fields such as [{ id: 'name' }]" },
            )
            .optional(),
        },
        { error: unlessUnknownKey(section('formFields')) },
      )
      .optional(),
    passwordHashing: z
      .strictObject(
        {
          memoryCost: wholeNumber('KiB', MAX_MEMORY_COST).optional(),
          timeCost: wholeNumber('passes', MAX_HASHING_WORK).optional(),
          parallelism: wholeNumber('lanes', MAX_PARALLELISM).optional(),
        },
        { error: unlessUnknownKey(section('memoryCost, timeCost and parallelism')) },
      )
      .optional(),
    passwordReset: z
      .union([z.literal(false), passwordResetOptionsSchema], {
        error: 'write { tokenLifetime, revokeSessions }, or false to turn it off',
      })
      .optional(),
    beforeSignUp: func<BeforeSignUpHook>().optional(),
    beforeSignIn: func<BeforeSignInHook>().optional(),
    afterSignUp: func<AfterSignUpHook>().optional(),
  },
  { error: unlessUnknownKey(section('the options of email and password')) },
);

/** An unknown key is reported by its own name elsewhere, so that this message is only for what is no object. */
function unlessUnknownKey(message: string) {
  return ({ code }: { readonly code: string }): string | undefined =>
    code === 'unrecognized_keys' ? undefined : message;
}

/**
 * Puts the defaults of contract §5 in their places.
 * @throws ConfigurationError if options contradict each other.
 */
export function normaliseEmailPasswordOptions(options: EmailPasswordOptions): EmailPasswordConfig {
  const given = options.signUpFeature?.formFields ?? [];
  assertFieldsFit(given);
  const validatorOf = (id: string): FormFieldValidator | undefined => given.find((field) => field.id === id)?.validate;
  const emailValidator = validatorOf(EMAIL_FIELD_ID);
  const passwordValidator = validatorOf(PASSWORD_FIELD_ID);
  const email: FormFieldRule = {
    id: EMAIL_FIELD_ID,
    optional: false,
    validate: emailValidator === undefined ? validateEmail : withEmailBounds(emailValidator),
  };
  const password: FormFieldRule = {
    id: PASSWORD_FIELD_ID,
    optional: false,
    validate: passwordValidator === undefined ? validatePassword : withPasswordBounds(passwordValidator),
  };
  const signUpFormFields = given.map(({ id, validate = acceptAnything, optional = false }): FormFieldRule =>
    id === EMAIL_FIELD_ID ? email : id === PASSWORD_FIELD_ID ? password : { id, optional, validate },
  );
  // Where the app leaves them out they come last and in this order, as in supertokens-node.
  for (const rule of [password, email]) {
    if (!signUpFormFields.includes(rule)) {
      signUpFormFields.push(rule);
    }
  }
  return {
    signUpFormFields,
    signInFormFields: signUpFormFields
      .filter((rule) => rule === email || rule === password)
      .map((rule) => (rule === password ? { ...password, validate: acceptAnything } : rule)),
    validateEmail: email.validate,
    validatePassword: password.validate,
    passwordHashing: normalisePasswordHashing(options.passwordHashing ?? {}),
    passwordReset: normalisePasswordReset(options.passwordReset ?? {}),
    emailFormFields: [email],
    newPasswordFormFields: [password],
    beforeSignUp: options.beforeSignUp,
    beforeSignIn: options.beforeSignIn,
    afterSignUp: options.afterSignUp,
  };
}

function normalisePasswordReset(options: PasswordResetOptions | false): PasswordResetConfig {
  const { tokenLifetime = 3600, revokeSessions = true } = options === false ? {} : options;
  return { isEnabled: options !== false, tokenLifetimeMs: tokenLifetime * 1000, revokeSessions };
}

function assertFieldsFit(formFields: readonly SignUpFormField[]): void {
  const option = 'emailPassword.signUpFeature.formFields';
  for (const [index, { id, optional }] of formFields.entries()) {
    const first = formFields.findIndex((field) => field.id === id);
    if (first !== index) {
      throw new ConfigurationError(
        `${option}.${String(index)}.id is '${id}' like that of field ${String(first)}: write each field once.`,
      );
    }
    if (optional === true && (id === EMAIL_FIELD_ID || id === PASSWORD_FIELD_ID)) {
      throw new ConfigurationError(
        `${option}.${String(index)}.optional is true for '${id}', without which nobody can sign up: leave it out.`,
      );
    }
  }
}

function normalisePasswordHashing(options: PasswordHashingOptions): PasswordHashingConfig {
  const { memoryCost = 19_456, timeCost = 2, parallelism = 1 } = options;
  if (memoryCost < 8 * parallelism) {
    throw new ConfigurationError(
      `emailPassword.passwordHashing.memoryCost is ${String(memoryCost)}, less than argon2's 8 KiB for each of ${String(parallelism)} lanes: write ${String(8 * parallelism)} or more, and 19456 or more in production.`,
    );
  }
  if (memoryCost * timeCost > MAX_HASHING_WORK) {
    throw new ConfigurationError(
      `emailPassword.passwordHashing.timeCost is ${String(timeCost)}, which makes a sign-in take seconds with a memoryCost of ${String(memoryCost)}: write ${String(Math.floor(MAX_HASHING_WORK / memoryCost))} or less.`,
    );
  }
  return { memoryCost, timeCost, parallelism };
}
