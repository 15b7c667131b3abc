import passportGoogle from 'passport-google-oauth20';
import { z } from 'zod';
import { JwksCache, verifyIdToken } from '../id-token.js';
import type {
  OAuthTokens,
  ProviderContext,
  StrategyVerify,
  ThirdPartyProfile,
  ThirdPartyProvider,
} from '../provider.js';
import { ThirdPartyProviderError } from '../third-party-provider.error.js';
import { readClients, type ProviderClients } from './client-options.js';
import { readProfile } from './profile-schema.js';

/** Where Google's endpoints are. A test puts its own in. */
export interface GoogleUrls {
  /** Default: `https://accounts.google.com/o/oauth2/v2/auth`. */
  readonly authorizationURL?: string | undefined;
  /** Default: `https://oauth2.googleapis.com/token`. */
  readonly tokenURL?: string | undefined;
  /** Default: `https://www.googleapis.com/oauth2/v3/userinfo`. */
  readonly userProfileURL?: string | undefined;
  /** Default: `https://oauth2.googleapis.com/tokeninfo`. */
  readonly tokenInfoURL?: string | undefined;
  /** Default: `https://www.googleapis.com/oauth2/v3/certs`. */
  readonly jwksURL?: string | undefined;
}

/** Options of {@link google}. The scope is `openid email` by default (contract §6). */
export type GoogleOptions = ProviderClients & GoogleUrls;

const ID = 'google';

/** Google's ID tokens name either of them. */
const ISSUERS = ['https://accounts.google.com', 'accounts.google.com'];

const claims = z.object({
  sub: z.string().min(1),
  email: z.string().optional(),
  // The token info endpoint writes truth values as text.
  email_verified: z.union([z.boolean(), z.enum(['true', 'false'])]).optional(),
});
const profile = z.object({ _json: claims });
const tokenInfo = claims.extend({ aud: z.string(), azp: z.string().optional() });

/**
 * Signing in with Google. An email counts as verified if Google says so (`email_verified`).
 * @throws ConfigurationError if a client id or secret is missing or empty.
 */
export function google(options: GoogleOptions): ThirdPartyProvider {
  const clients = readClients(ID, options, ['openid', 'email'], true);
  const jwks = new JwksCache();
  return {
    id: ID,
    name: 'Google',
    clients,
    usesPkce: true,
    createStrategy: (strategyOptions, verify) =>
      new GoogleStrategy(
        {
          ...strategyOptions,
          authorizationURL: options.authorizationURL ?? 'https://accounts.google.com/o/oauth2/v2/auth',
          tokenURL: options.tokenURL ?? 'https://oauth2.googleapis.com/token',
          userProfileURL: options.userProfileURL ?? 'https://www.googleapis.com/oauth2/v3/userinfo',
        },
        verify,
      ),
    readGrant: (grant) => toProfile(readProfile(ID, profile, grant.profile)._json),
    readTokens: async (tokens, context) =>
      tokens.idToken === undefined
        ? readAccessToken(tokens, context, options.tokenInfoURL ?? 'https://oauth2.googleapis.com/tokeninfo')
        : toProfile(
            readProfile(
              ID,
              claims,
              await verifyIdToken(tokens.idToken, jwks, {
                providerId: ID,
                issuers: ISSUERS,
                audience: context.client.clientId,
                jwksUri: options.jwksURL ?? 'https://www.googleapis.com/oauth2/v3/certs',
                http: context.http,
                now: context.now,
              }),
            ),
          ),
  };
}

/** Sends access tokens in the header: a URL ends up in logs. */
class GoogleStrategy extends passportGoogle.Strategy {
  constructor(options: passportGoogle.StrategyOptions, verify: StrategyVerify) {
    super(options, verify);
    this._oauth2.useAuthorizationHeaderforGET(true);
  }
}

async function readAccessToken(
  { accessToken = '' }: OAuthTokens,
  { http, client, loadProfile }: ProviderContext,
  url: string,
): Promise<ThirdPartyProfile> {
  const info = readProfile(
    ID,
    tokenInfo,
    await http.readJson(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ access_token: accessToken }).toString(),
    }),
  );
  if (info.aud !== client.clientId) {
    throw new ThirdPartyProviderError('refused', 'An access token of google was issued to another client');
  }
  const person = readProfile(ID, profile, await loadProfile(accessToken))._json;
  if (person.sub !== info.sub) {
    throw new ThirdPartyProviderError('invalid-answer', 'The profile of google is not that of the access token');
  }
  return toProfile(person);
}

function toProfile({ sub, email, email_verified: verified }: z.infer<typeof claims>): ThirdPartyProfile {
  return {
    thirdPartyUserId: sub,
    email: email === undefined ? undefined : { address: email, verified: verified === true || verified === 'true' },
  };
}
