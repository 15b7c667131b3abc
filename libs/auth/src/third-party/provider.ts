import type { ProviderHttp } from './provider-http.js';

/** One registration of the app at a provider (RFC 6749 §2.2). An app for several platforms has several. */
export interface ProviderClient {
  /** Tells clients of one provider apart, such as `web`, `ios` and `android`. */
  readonly clientType: string | undefined;
  readonly clientId: string;
  /** `undefined` for a public client, which cannot keep a secret (RFC 6749 §2.1). */
  readonly clientSecret: string | undefined;
  readonly scope: readonly string[];
  /** What the client may use besides the website's callback page. */
  readonly redirectUris: readonly string[];
}

/** What a provider says of a person. */
export interface ThirdPartyProfile {
  /** The person's id at the provider: it never changes, whatever happens to the email. */
  readonly thirdPartyUserId: string;
  /** `undefined` where the provider gives none. */
  readonly email: ThirdPartyEmail | undefined;
}

/** An email as a provider gives it. */
export interface ThirdPartyEmail {
  readonly address: string;
  /** Whether the provider vouches that the person receives mail at this address. */
  readonly verified: boolean;
}

/** Tokens that a client got from the provider itself, as mobile SDKs do. */
export interface OAuthTokens {
  readonly accessToken: string | undefined;
  readonly idToken: string | undefined;
}

/** What a code was exchanged for (RFC 6749 §4.1.4). */
export interface ProviderGrant {
  readonly accessToken: string;
  readonly idToken: string | undefined;
  /** What the strategy made of the provider's profile. */
  readonly profile: unknown;
}

/** What a provider works with during one sign-in. */
export interface ProviderContext {
  readonly client: ProviderClient;
  /** Where the library's own routes are, such as `https://api.acme.com/auth`. */
  readonly apiUrl: string;
  /** Requests with a time limit; everything that fails is a {@link ThirdPartyProviderError}. */
  readonly http: ProviderHttp;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Reads the profile that belongs to an access token, by the provider's strategy. */
  readonly loadProfile: (accessToken: string) => Promise<unknown>;
}

/** What a strategy is constructed with. It fits the options of every strategy that is built on `passport-oauth2`. */
export interface StrategyOptions {
  readonly clientID: string;
  readonly clientSecret: string;
  readonly callbackURL: string;
  readonly store: StrategyStateStore;
  readonly pkce: boolean;
}

/** Where a strategy leaves its state: the library takes it over. */
export interface StrategyStateStore {
  store(...parameters: never[]): void;
  verify(...parameters: never[]): void;
}

/** What a strategy calls with the tokens and the profile. Its five parameters are what `passport-oauth2` counts. */
export type StrategyVerify = (
  accessToken: string,
  refreshToken: string,
  results: unknown,
  profile: unknown,
  done: (error?: unknown, user?: object | false) => void,
) => void;

/** A strategy that is built on `passport-oauth2`. */
export interface OAuth2Strategy {
  authenticate(request: never, options?: never): unknown;
}

/** Makes a strategy; one is made for each step of each sign-in, so that nothing is shared between people. */
export type CreateStrategy = (
  options: StrategyOptions,
  verify: StrategyVerify,
) => OAuth2Strategy | Promise<OAuth2Strategy>;

/** A provider of accounts that people sign in with: `google()`, `github()`, `facebook()`, `oidc()`, `oauth2()`. */
export interface ThirdPartyProvider {
  /** Identifies the provider in URLs and in stored accounts, such as `google`. */
  readonly id: string;
  /** What people call it, such as `Google`. */
  readonly name: string;
  /** At least one. */
  readonly clients: readonly ProviderClient[];
  /** Whether the provider takes PKCE (RFC 7636). */
  readonly usesPkce: boolean;
  /** Makes the Passport strategy that knows the provider's URLs, exchange and profile. */
  createStrategy(
    options: StrategyOptions,
    verify: StrategyVerify,
    context: Omit<ProviderContext, 'loadProfile'>,
  ): OAuth2Strategy | Promise<OAuth2Strategy>;
  /** Says what the answer to a code means. */
  readGrant(grant: ProviderGrant, context: ProviderContext): ThirdPartyProfile | Promise<ThirdPartyProfile>;
  /**
   * Proves that tokens were issued to the client, and says whose they are. Absent where a provider has no way to prove it.
   * @throws ThirdPartyProviderError if they were not: a token of another app must not sign anybody in (contract §6).
   */
  readTokens?(tokens: OAuthTokens, context: ProviderContext): Promise<ThirdPartyProfile>;
}
