import { ConfigurationError } from '../../config/configuration.error.js';
import { describeValue } from '../../config/describe-value.js';
import type { ProviderClient } from '../provider.js';

/** How the app is registered at a provider. */
export interface ProviderClientOptions {
  /** The client id that the provider's console shows. */
  readonly clientId: string;
  /** The client secret that the provider's console shows. Only a public client has none. */
  readonly clientSecret?: string | undefined;
  /**
   * Whether the client has no secret, as those of mobile apps (RFC 6749 §2.1). Its codes are protected by PKCE alone.
   * Default: `false`.
   */
  readonly publicClient?: boolean | undefined;
  /** Tells several clients of a provider apart: what frontends send as `clientType`, such as `ios`. Default: none. */
  readonly clientType?: string | undefined;
  /** What the app asks for. Default: what the provider's own function says. */
  readonly scope?: readonly string[] | undefined;
  /**
   * Redirect URIs that are allowed besides the website's callback page, such as a mobile app's
   * `com.acme.app:/oauthredirect`. They are compared character by character (RFC 9700 §2.1). Default: none.
   */
  readonly redirectUris?: readonly string[] | undefined;
}

/** One client with its members beside the provider's options, or several. */
export type ProviderClients =
  | (ProviderClientOptions & { readonly clients?: undefined })
  | ({ readonly [Member in keyof ProviderClientOptions]?: undefined } & {
      /** Several clients of one provider; each but one needs a `clientType`. */
      readonly clients: readonly ProviderClientOptions[];
    });

/**
 * Checks the clients of a provider and puts the defaults in their places.
 * @param name the function that the app called, such as `google`.
 * @throws ConfigurationError with one sentence that says what to write instead.
 */
export function readClients(
  name: string,
  options: ProviderClients,
  defaultScope: readonly string[],
  usesPkce: boolean,
): ProviderClient[] {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) {
    throw new ConfigurationError(`${name}() got ${String(given)}: write ${name}({ clientId, clientSecret }).`);
  }
  const { clients } = options;
  if (clients === undefined) {
    return [readClient(`${name}()`, name, options, defaultScope, usesPkce)];
  }
  if (!Array.isArray(clients) || clients.length === 0) {
    throw new ConfigurationError(`${name}().clients is empty: write at least one { clientId, clientSecret }.`);
  }
  const result = clients.map((client: ProviderClientOptions, index) =>
    readClient(`${name}().clients.${String(index)}`, name, client, defaultScope, usesPkce),
  );
  for (const [index, { clientType }] of result.entries()) {
    if (result.findIndex((other) => other.clientType === clientType) !== index) {
      throw new ConfigurationError(
        `${name}().clients.${String(index)}.clientType is ${clientType === undefined ? 'missing' : `'${clientType}'`} like that of another client: write a different one, such as 'ios'.`,
      );
    }
  }
  return result;
}

function readClient(
  field: string,
  name: string,
  options: ProviderClientOptions,
  defaultScope: readonly string[],
  usesPkce: boolean,
): ProviderClient {
  const { clientId, clientSecret, publicClient = false, clientType, scope = defaultScope, redirectUris = [] } = options;
  if (!isText(clientId)) {
    throw new ConfigurationError(
      `${field}.clientId is ${clientId === '' ? 'empty' : 'missing'}: write the client id from the provider's console, or leave ${name}() out of thirdParty.providers.`,
    );
  }
  if (publicClient) {
    if (clientSecret !== undefined) {
      throw new ConfigurationError(`${field} is a publicClient with a clientSecret: write one of them.`);
    }
    if (!usesPkce) {
      throw new ConfigurationError(
        `${field}.publicClient is true, which needs PKCE, and ${name} does not take it: write a clientSecret.`,
      );
    }
  } else if (!isText(clientSecret)) {
    throw new ConfigurationError(
      `${field}.clientSecret is ${describeValue(clientSecret) === '""' ? 'empty' : 'missing'}: write the client secret from the provider's console, or leave ${name}() out of thirdParty.providers.`,
    );
  }
  if (clientType !== undefined && !isText(clientType)) {
    throw new ConfigurationError(`${field}.clientType is empty: write a name such as 'ios', or leave it out.`);
  }
  assertTexts(`${field}.scope`, scope, "['email']");
  assertTexts(`${field}.redirectUris`, redirectUris, "['com.acme.app:/oauthredirect']");
  return { clientType, clientId, clientSecret: publicClient ? undefined : clientSecret, scope, redirectUris };
}

function assertTexts(field: string, value: unknown, example: string): void {
  if (!Array.isArray(value) || !value.every(isText)) {
    throw new ConfigurationError(`${field} is ${JSON.stringify(value)}: write an array of strings such as ${example}.`);
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
