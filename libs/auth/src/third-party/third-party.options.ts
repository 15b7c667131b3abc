import { z } from 'zod';
import { ConfigurationError } from '../config/configuration.error.js';
import type { GeneralErrorResult } from '../email-password/email-password.options.js';
import type { HttpRequest } from '../http/http-request.js';
import type { SessionContainer } from '../session/session-container.js';
import type { User } from '../users/user.js';
import type { ThirdPartyProvider } from './provider.js';

/** A hook's answer that refuses a sign-in or sign-up; the client sees the reason. */
export interface SignInUpNotAllowedResult {
  readonly status: 'SIGN_IN_UP_NOT_ALLOWED';
  readonly reason: string;
}

/** What {@link ThirdPartyOptions.beforeSignInUp} is told. All of it is proven by the provider. */
export interface BeforeSignInUpInput {
  readonly thirdPartyId: string;
  readonly thirdPartyUserId: string;
  /** As the provider gives it. */
  readonly email: string;
  /** Whether the provider vouches for the email. */
  readonly isEmailVerified: boolean;
  /** Who has the account already; `undefined` where the person would sign up. */
  readonly user: User | undefined;
  readonly request: HttpRequest;
}

/** What {@link ThirdPartyOptions.afterSignInUp} is told. */
export interface AfterSignInUpInput {
  readonly user: User;
  /** Whether the login method was created just now. */
  readonly createdNewRecipeUser: boolean;
  /** The session that was created. */
  readonly session: SessionContainer;
}

type Awaitable<T> = T | Promise<T>;

/** Decides whether a person may sign in or up. */
export type BeforeSignInUpHook = (
  input: BeforeSignInUpInput,
) => Awaitable<GeneralErrorResult | SignInUpNotAllowedResult | undefined>;

/** Is told of a person who has signed in or up. */
export type AfterSignInUpHook = (input: AfterSignInUpInput) => Awaitable<void>;

/**
 * What happens at a person's first sign-in with a provider when another user has the same email: `none` keeps them apart;
 * `verified-email` adds the login method to that user, if the provider vouches for the email and the user's is verified too.
 */
export type AccountLinking = 'none' | 'verified-email';

/** Options of social sign-in. The hooks are for the endpoints; code that calls the service runs none. */
export interface ThirdPartyOptions {
  /** What people can sign in with: `google()`, `github()`, `facebook()`, `oidc()`, `oauth2()`. Default: none. */
  providers?: readonly ThirdPartyProvider[] | undefined;
  /** How long a provider may take for one request, in seconds. Default: 5. */
  requestTimeout?: number | undefined;
  /** Whether login methods with the same email come to one user. Default: `none`. */
  accountLinking?: AccountLinking | undefined;
  /** Runs when the provider has said who the person is, before anything is written. `undefined` lets the person in. Default: none. */
  beforeSignInUp?: BeforeSignInUpHook | undefined;
  /**
   * Runs when the session exists, before the answer is sent. An exception is answered by the app's filters, and the account
   * stays. Default: none.
   */
  afterSignInUp?: AfterSignInUpHook | undefined;
}

/** {@link ThirdPartyOptions} with every default in its place. */
export interface ThirdPartyConfig {
  readonly providers: readonly ThirdPartyProvider[];
  readonly requestTimeoutMs: number;
  readonly accountLinking: AccountLinking;
  readonly beforeSignInUp: BeforeSignInUpHook | undefined;
  readonly afterSignInUp: AfterSignInUpHook | undefined;
}

/** The longest time limit of a request to a provider, in seconds: browsers and proxies give up soon after. */
const MAX_REQUEST_TIMEOUT = 60;

/** What a provider's id may be made of: it is a segment of URLs. */
const PROVIDER_ID = /^[a-z0-9][a-z0-9._-]{0,63}$/i;

const PROVIDER_REMEDY = 'write providers such as google({ clientId, clientSecret })';

const func = <T>() => z.custom<T>((value) => typeof value === 'function', { error: 'write a function' });
const timeout = { error: `write a number of seconds greater than 0, and ${String(MAX_REQUEST_TIMEOUT)} at most` };

/** Checks the types of {@link ThirdPartyOptions}. */
export const thirdPartyOptionsSchema = z.strictObject(
  {
    providers: z
      .array(z.custom<ThirdPartyProvider>(isProvider, { error: PROVIDER_REMEDY }), { error: PROVIDER_REMEDY })
      .optional(),
    requestTimeout: z.number(timeout).positive(timeout).max(MAX_REQUEST_TIMEOUT, timeout).optional(),
    accountLinking: z.enum(['none', 'verified-email'], { error: "write 'none' or 'verified-email'" }).optional(),
    beforeSignInUp: func<BeforeSignInUpHook>().optional(),
    afterSignInUp: func<AfterSignInUpHook>().optional(),
  },
  {
    // An unknown key is reported by its own name elsewhere, so that this message is only for what is no object.
    error: ({ code }) =>
      code === 'unrecognized_keys' ? undefined : 'write an object with the options of social sign-in',
  },
);

function isProvider(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    'clients' in value &&
    'createStrategy' in value &&
    'readGrant' in value
  );
}

/**
 * Puts the defaults in their places.
 * @throws ConfigurationError if two providers have the same id, or an id cannot stand in a URL.
 */
export function normaliseThirdPartyOptions(options: ThirdPartyOptions): ThirdPartyConfig {
  const providers = options.providers ?? [];
  for (const [index, { id }] of providers.entries()) {
    if (!PROVIDER_ID.test(id)) {
      throw new ConfigurationError(
        `thirdParty.providers.${String(index)}.id is ${JSON.stringify(id)}: write a name of letters, digits, '-', '.' and '_', such as 'gitlab'.`,
      );
    }
    if (providers.findIndex((provider) => provider.id === id) !== index) {
      throw new ConfigurationError(
        `thirdParty.providers.${String(index)}.id is '${id}' like that of another provider: write each once, with several clients where there is more than one.`,
      );
    }
  }
  return {
    providers,
    requestTimeoutMs: (options.requestTimeout ?? 5) * 1000,
    accountLinking: options.accountLinking ?? 'none',
    beforeSignInUp: options.beforeSignInUp,
    afterSignInUp: options.afterSignInUp,
  };
}
