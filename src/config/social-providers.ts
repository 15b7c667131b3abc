import { Logger } from '@nestjs/common';
import { developmentProvider, facebook, github, google, type ThirdPartyProvider } from 'nestward';

/** What a provider's console gave for this app. */
export interface ProviderCredentials {
  clientId: string;
  clientSecret: string;
}

/** The providers that this app can have. */
export type ProviderName = 'google' | 'github' | 'facebook';

const makers = { google, github, facebook } satisfies Record<
  ProviderName,
  (credentials: ProviderCredentials) => ThirdPartyProvider
>;

/**
 * The providers that people can sign in with: those with credentials, and outside production a pretended one.
 * @throws ConfigurationError if one has an id without a secret, or the other way round.
 */
export function createProviders(
  credentials: Readonly<Record<ProviderName, ProviderCredentials | undefined>>,
): ThirdPartyProvider[] {
  const logger = new Logger('Providers');
  const names = ['google', 'github', 'facebook'] as const;
  const providers = names.flatMap((name) => {
    const given = credentials[name];
    if (given === undefined) {
      const variable = name.toUpperCase();
      logger.log(`${name} is left out: set ${variable}_CLIENT_ID and ${variable}_CLIENT_SECRET to add it`);
      return [];
    }
    return makers[name](given);
  });
  return process.env['NODE_ENV'] === 'production' ? providers : [...providers, developmentProvider()];
}
