import { ConfigurationError } from '../../config/configuration.error.js';
import type {
  CreateStrategy,
  OAuthTokens,
  ProviderContext,
  ProviderGrant,
  ThirdPartyProfile,
  ThirdPartyProvider,
} from '../provider.js';
import { readClients, type ProviderClients } from './client-options.js';

/** Options of {@link oauth2}. */
export type OAuth2Options = ProviderClients & {
  /** Identifies the provider in URLs and in stored accounts, such as `gitlab`. It must never change. */
  readonly id: string;
  /** What people call it, such as `GitLab`. */
  readonly name: string;
  /** Whether the provider takes PKCE (RFC 7636). Default: `true`. */
  readonly pkce?: boolean | undefined;
  /**
   * Makes the strategy, such as `(options, verify) => new GitLabStrategy(options, verify)`. It must be built on
   * `passport-oauth2`, and hand the options on.
   */
  readonly createStrategy: CreateStrategy;
  /**
   * Says what the provider's profile means: the person's id there, which must never change and never be given to somebody
   * else, and the email, which is `verified` only if the provider says so.
   */
  readonly readProfile: (
    grant: ProviderGrant,
    context: ProviderContext,
  ) => ThirdPartyProfile | Promise<ThirdPartyProfile>;
  /**
   * Proves that tokens were issued to `context.client`, and throws if they were not. Default: none, so that the provider
   * takes no `oAuthTokens`.
   */
  readonly readTokens?: ((tokens: OAuthTokens, context: ProviderContext) => Promise<ThirdPartyProfile>) | undefined;
};

/**
 * Signing in with any provider that there is a strategy on `passport-oauth2` for.
 * @throws ConfigurationError if a client id or secret is missing or empty.
 */
export function oauth2(options: OAuth2Options): ThirdPartyProvider {
  const { id, name, pkce = true, createStrategy, readProfile, readTokens } = options;
  if (typeof id !== 'string' || id === '') {
    throw new ConfigurationError("oauth2().id is missing: write the provider's id, such as 'gitlab'.");
  }
  if (typeof createStrategy !== 'function' || typeof readProfile !== 'function') {
    throw new ConfigurationError(`oauth2() of '${id}' lacks createStrategy or readProfile: write both functions.`);
  }
  const clients = readClients(id, options, [], pkce);
  return {
    id,
    name,
    clients,
    usesPkce: pkce,
    createStrategy: (strategyOptions, verify) => createStrategy(strategyOptions, verify),
    readGrant: (grant, context) => readProfile(grant, context),
    ...(readTokens === undefined ? {} : { readTokens }),
  };
}
