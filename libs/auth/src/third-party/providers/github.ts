import passportGithub from 'passport-github2';
import { z } from 'zod';
import { isSuccess, toProviderError } from '../provider-http.js';
import type { ProviderContext, ThirdPartyEmail, ThirdPartyProfile, ThirdPartyProvider } from '../provider.js';
import { ThirdPartyProviderError } from '../third-party-provider.error.js';
import { readClients, type ProviderClients } from './client-options.js';
import { readProfile } from './profile-schema.js';

/** Where GitHub's endpoints are: those of a GitHub Enterprise Server, or a test's own. */
export interface GithubUrls {
  /** Default: `https://github.com/login/oauth/authorize`. */
  readonly authorizationURL?: string | undefined;
  /** Default: `https://github.com/login/oauth/access_token`. */
  readonly tokenURL?: string | undefined;
  /** Default: `https://api.github.com/user`. */
  readonly userProfileURL?: string | undefined;
  /** Default: `https://api.github.com/user/emails`. */
  readonly userEmailURL?: string | undefined;
  /** Below it is the token check, `/{client_id}/token`. Default: `https://api.github.com/applications`. */
  readonly applicationsURL?: string | undefined;
}

/** Options of {@link github}. The scope is `read:user user:email` by default (contract §6). */
export type GithubOptions = ProviderClients & GithubUrls;

const ID = 'github';

const profile = z.object({ _json: z.object({ id: z.union([z.int(), z.string().regex(/^\d+$/)]) }) });
const emails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));
const tokenCheck = z.object({ app: z.object({ client_id: z.string() }) });

const MEDIA_TYPE = 'application/vnd.github+json';

/**
 * Signing in with GitHub. The email is the primary one of the person's list, verified as that list says.
 * @throws ConfigurationError if a client id or secret is missing or empty.
 */
export function github(options: GithubOptions): ThirdPartyProvider {
  const clients = readClients(ID, options, ['read:user', 'user:email'], true);
  const emailUrl = options.userEmailURL ?? 'https://api.github.com/user/emails';
  const toProfile = async (
    accessToken: string,
    given: unknown,
    context: ProviderContext,
  ): Promise<ThirdPartyProfile> => ({
    // GitHub's ids are numbers (contract §6).
    thirdPartyUserId: String(readProfile(ID, profile, given)._json.id),
    email: await readPrimaryEmail(emailUrl, accessToken, context),
  });
  return {
    id: ID,
    name: 'GitHub',
    clients,
    usesPkce: true,
    createStrategy: (strategyOptions, verify) =>
      new passportGithub.Strategy(
        {
          ...strategyOptions,
          authorizationURL: options.authorizationURL ?? 'https://github.com/login/oauth/authorize',
          tokenURL: options.tokenURL ?? 'https://github.com/login/oauth/access_token',
          userProfileURL: options.userProfileURL ?? 'https://api.github.com/user',
          // GitHub documents spaces; the strategy's own default is the comma of older days.
          scopeSeparator: ' ',
        },
        verify,
      ),
    readGrant: ({ accessToken, profile: given }, context) => toProfile(accessToken, given, context),
    readTokens: async ({ accessToken }, context) => {
      if (accessToken === undefined) {
        throw new ThirdPartyProviderError('refused', 'GitHub has no ID tokens, and there is no access token');
      }
      await assertIssuedToClient(
        options.applicationsURL ?? 'https://api.github.com/applications',
        accessToken,
        context,
      );
      return toProfile(accessToken, await context.loadProfile(accessToken), context);
    },
  };
}

/** @returns undefined if the list is empty, or the scope does not let the app see it. */
async function readPrimaryEmail(
  url: string,
  accessToken: string,
  { http }: ProviderContext,
): Promise<ThirdPartyEmail | undefined> {
  const answer = await http.send(url, {
    headers: { accept: MEDIA_TYPE, authorization: `Bearer ${accessToken}` },
  });
  // What GitHub answers where the scope is missing.
  if (answer.status === 403 || answer.status === 404) {
    return undefined;
  }
  if (!isSuccess(answer.status)) {
    throw toProviderError(url, answer);
  }
  const primary = readProfile(ID, emails, parseJson(answer.body)).find((email) => email.primary);
  return primary === undefined ? undefined : { address: primary.email, verified: primary.verified };
}

/** GitHub's own check of a token, which answers 404 for one of another app. */
async function assertIssuedToClient(
  applicationsUrl: string,
  accessToken: string,
  { http, client }: ProviderContext,
): Promise<void> {
  const credentials = Buffer.from(`${client.clientId}:${client.clientSecret ?? ''}`).toString('base64');
  const answer = await http.readJson(`${applicationsUrl}/${encodeURIComponent(client.clientId)}/token`, {
    method: 'POST',
    headers: { accept: MEDIA_TYPE, 'content-type': 'application/json', authorization: `Basic ${credentials}` },
    body: JSON.stringify({ access_token: accessToken }),
  });
  if (readProfile(ID, tokenCheck, answer).app.client_id !== client.clientId) {
    throw new ThirdPartyProviderError('refused', 'An access token of github was issued to another client');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
