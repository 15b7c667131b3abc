import passportFacebook from 'passport-facebook';
import { z } from 'zod';
import type { ProviderContext, ThirdPartyProfile, ThirdPartyProvider } from '../provider.js';
import { ThirdPartyProviderError } from '../third-party-provider.error.js';
import { readClients, type ProviderClients } from './client-options.js';
import { readProfile } from './profile-schema.js';

/** Where Facebook's endpoints are. A test puts its own in. */
export interface FacebookUrls {
  /** Default: `https://www.facebook.com/v23.0/dialog/oauth`. */
  readonly authorizationURL?: string | undefined;
  /** Default: `https://graph.facebook.com/v23.0/oauth/access_token`. */
  readonly tokenURL?: string | undefined;
  /** Default: `https://graph.facebook.com/v23.0/me`. */
  readonly profileURL?: string | undefined;
  /** Default: `https://graph.facebook.com/v23.0/debug_token`. */
  readonly debugTokenURL?: string | undefined;
}

/** Options of {@link facebook}. The scope is `email` by default (contract §6). */
export type FacebookOptions = ProviderClients & FacebookUrls;

const ID = 'facebook';
const GRAPH_VERSION = 'v23.0';

const profile = z.object({ _json: z.object({ id: z.string().min(1), email: z.string().optional() }) });
const tokenCheck = z.object({
  data: z.object({ app_id: z.string().optional(), is_valid: z.boolean(), user_id: z.string().optional() }),
});

/**
 * Signing in with Facebook. Facebook does not say whether an email is verified, so that it never counts as verified.
 * @throws ConfigurationError if a client id or secret is missing or empty.
 */
export function facebook(options: FacebookOptions): ThirdPartyProvider {
  // Facebook documents PKCE for another flow only.
  const clients = readClients(ID, options, ['email'], false);
  return {
    id: ID,
    name: 'Facebook',
    clients,
    usesPkce: false,
    createStrategy: (strategyOptions, verify) =>
      new passportFacebook.Strategy(
        {
          ...strategyOptions,
          authorizationURL: options.authorizationURL ?? `https://www.facebook.com/${GRAPH_VERSION}/dialog/oauth`,
          tokenURL: options.tokenURL ?? `https://graph.facebook.com/${GRAPH_VERSION}/oauth/access_token`,
          profileURL: options.profileURL ?? `https://graph.facebook.com/${GRAPH_VERSION}/me`,
          profileFields: ['id', 'emails'],
          enableProof: true,
        },
        (accessToken, refreshToken, person, done) => {
          verify(accessToken, refreshToken, {}, person, done);
        },
      ),
    readGrant: (grant) => toProfile(grant.profile),
    readTokens: async ({ accessToken }, context) => {
      if (accessToken === undefined) {
        throw new ThirdPartyProviderError('refused', 'There is no access token of facebook');
      }
      const url = options.debugTokenURL ?? `https://graph.facebook.com/${GRAPH_VERSION}/debug_token`;
      const userId = await readOwner(url, accessToken, context);
      const person = toProfile(await context.loadProfile(accessToken));
      if (person.thirdPartyUserId !== userId) {
        throw new ThirdPartyProviderError('invalid-answer', 'The profile of facebook is not that of the access token');
      }
      return person;
    },
  };
}

/** Asks Facebook whose token it is, and of which app. */
async function readOwner(url: string, accessToken: string, { http, client }: ProviderContext): Promise<string> {
  const target = new URL(url);
  target.searchParams.set('input_token', accessToken);
  target.searchParams.set('access_token', `${client.clientId}|${client.clientSecret ?? ''}`);
  const { data } = readProfile(ID, tokenCheck, await http.readJson(target));
  if (!data.is_valid || data.app_id !== client.clientId || data.user_id === undefined) {
    throw new ThirdPartyProviderError(
      'refused',
      'An access token of facebook was issued to another client, or is not valid',
    );
  }
  return data.user_id;
}

function toProfile(given: unknown): ThirdPartyProfile {
  const { id, email } = readProfile(ID, profile, given)._json;
  return { thirdPartyUserId: id, email: email === undefined ? undefined : { address: email, verified: false } };
}
