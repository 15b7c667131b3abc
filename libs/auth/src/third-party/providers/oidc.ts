import PassportOAuth2 from 'passport-oauth2';
import { z } from 'zod';
import { ConfigurationError } from '../../config/configuration.error.js';
import { describeValue } from '../../config/describe-value.js';
import { JwksCache, verifyIdToken } from '../id-token.js';
import type { ProviderHttp } from '../provider-http.js';
import type { ProviderContext, ThirdPartyProfile, ThirdPartyProvider } from '../provider.js';
import { ThirdPartyProviderError } from '../third-party-provider.error.js';
import { readClients, type ProviderClients } from './client-options.js';
import { readProfile } from './profile-schema.js';

/** Options of {@link oidc}. The scope is `openid email` by default. */
export type OidcOptions = ProviderClients & {
  /** Identifies the provider in URLs and in stored accounts, such as `acme-sso`. It must never change. */
  readonly id: string;
  /** What people call it, such as `Acme`. */
  readonly name: string;
  /** The issuer, such as `https://sso.acme.com`. Its configuration is below it (OpenID Connect Discovery 1.0 §4). */
  readonly issuer: string;
};

/** For how long the issuer's configuration is good without asking again, in milliseconds. */
const CONFIGURATION_LIFETIME_MS = 3_600_000;

const configurationSchema = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  userinfo_endpoint: z.url().optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
});

type IssuerConfiguration = z.infer<typeof configurationSchema>;

const claims = z.object({
  sub: z.string().min(1),
  email: z.string().optional(),
  email_verified: z.union([z.boolean(), z.enum(['true', 'false'])]).optional(),
});

/**
 * Signing in with any OpenID Connect provider. Its addresses come from its issuer by discovery, when they are first needed.
 * An email counts as verified if the provider says so (`email_verified`).
 * @throws ConfigurationError if the issuer is no URL, or a client id or secret is missing or empty.
 */
export function oidc(options: OidcOptions): ThirdPartyProvider {
  const { id, name } = options;
  if (typeof id !== 'string' || id === '') {
    throw new ConfigurationError("oidc().id is missing: write a name for the provider, such as 'acme-sso'.");
  }
  const issuer = readIssuer(id, options.issuer);
  const clients = readClients(id, options, ['openid', 'email'], true);
  const discovery = new Discovery(id, issuer);
  const jwks = new JwksCache();

  const readIdToken = async (
    idToken: string,
    { http, now, client }: ProviderContext,
  ): Promise<z.infer<typeof claims>> => {
    const { jwks_uri: jwksUri } = await discovery.read(http, now);
    const expectation = { providerId: id, issuers: [issuer], audience: client.clientId, jwksUri, http, now };
    return readProfile(id, claims, await verifyIdToken(idToken, jwks, expectation));
  };

  return {
    id,
    name,
    clients,
    usesPkce: true,
    createStrategy: async (strategyOptions, verify, { http, client, now }) => {
      const configuration = await discovery.read(http, now);
      return new PassportOAuth2.Strategy(
        {
          ...strategyOptions,
          authorizationURL: configuration.authorization_endpoint,
          tokenURL: configuration.token_endpoint,
          // Who the person is stands in the ID token.
          skipUserProfile: true,
          ...(usesBasicAuthentication(configuration) && client.clientSecret !== undefined
            ? { customHeaders: { Authorization: createBasicCredentials(client.clientId, client.clientSecret) } }
            : {}),
        },
        verify,
      );
    },
    readGrant: async ({ accessToken, idToken }, context) => {
      if (idToken === undefined) {
        throw new ThirdPartyProviderError('invalid-answer', `${id} gave no ID token: is 'openid' in the scope?`);
      }
      const person = await readIdToken(idToken, context);
      if (person.email !== undefined) {
        return toProfile(person);
      }
      const { userinfo_endpoint: userInfoUrl } = await discovery.read(context.http, context.now);
      return userInfoUrl === undefined
        ? toProfile(person)
        : toProfile(await readUserInfo(id, userInfoUrl, accessToken, person.sub, context.http));
    },
    readTokens: async ({ idToken }, context) => {
      if (idToken === undefined) {
        throw new ThirdPartyProviderError(
          'refused',
          `There is no ID token of ${id}, which alone proves whom it was issued to`,
        );
      }
      return toProfile(await readIdToken(idToken, context));
    },
  };
}

/** Fetches an issuer's configuration when it is needed, and keeps it for a while. */
class Discovery {
  private known: { readonly configuration: IssuerConfiguration; readonly fetchedAt: number } | undefined;

  constructor(
    private readonly id: string,
    private readonly issuer: string,
  ) {}

  async read(http: ProviderHttp, now: number): Promise<IssuerConfiguration> {
    if (this.known !== undefined && now - this.known.fetchedAt < CONFIGURATION_LIFETIME_MS) {
      return this.known.configuration;
    }
    const url = `${this.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const configuration = readProfile(this.id, configurationSchema, await http.readJson(url));
    // Otherwise one provider could speak for another (OpenID Connect Discovery 1.0 §4.3).
    if (configuration.issuer !== this.issuer) {
      throw new ThirdPartyProviderError('invalid-answer', `The configuration of ${this.id} names another issuer`);
    }
    this.known = { configuration, fetchedAt: now };
    return configuration;
  }
}

async function readUserInfo(
  id: string,
  url: string,
  accessToken: string,
  sub: string,
  http: ProviderHttp,
): Promise<z.infer<typeof claims>> {
  const answer = await http.readJson(url, { headers: { authorization: `Bearer ${accessToken}` } });
  const person = readProfile(id, claims, answer);
  // It may be somebody else's (OpenID Connect Core 1.0 §5.3.2).
  if (person.sub !== sub) {
    throw new ThirdPartyProviderError('invalid-answer', `The user info of ${id} is not that of the ID token`);
  }
  return person;
}

function toProfile({ sub, email, email_verified: verified }: z.infer<typeof claims>): ThirdPartyProfile {
  return {
    thirdPartyUserId: sub,
    email: email === undefined ? undefined : { address: email, verified: verified === true || verified === 'true' },
  };
}

/** An issuer that names no method takes this one (OpenID Connect Discovery 1.0 §3). */
function usesBasicAuthentication({ token_endpoint_auth_methods_supported: methods }: IssuerConfiguration): boolean {
  return methods?.includes('client_secret_post') !== true;
}

/** Both parts are encoded as in a form before they are joined (RFC 6749 §2.3.1). */
function createBasicCredentials(clientId: string, clientSecret: string): string {
  const [id, secret] = [clientId, clientSecret].map((part) =>
    new URLSearchParams({ part }).toString().slice('part='.length),
  );
  return `Basic ${Buffer.from(`${id ?? ''}:${secret ?? ''}`).toString('base64')}`;
}

function readIssuer(id: string, issuer: unknown): string {
  if (typeof issuer !== 'string' || !/^https?:\/\/[^?#]+$/i.test(issuer) || !URL.canParse(issuer)) {
    throw new ConfigurationError(
      `oidc().issuer of '${id}' is ${describeValue(issuer)}: write the issuer's URL, such as 'https://sso.acme.com'.`,
    );
  }
  return issuer;
}
