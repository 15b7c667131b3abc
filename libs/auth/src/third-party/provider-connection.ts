import type { Clock } from '../config/clock.js';
import { BadInputException } from '../http/auth.exception.js';
import type { ProviderHttp } from './provider-http.js';
import type {
  OAuthTokens,
  ProviderClient,
  ProviderContext,
  ThirdPartyProfile,
  ThirdPartyProvider,
} from './provider.js';
import {
  createAuthorisationRequest,
  exchangeCode,
  loadProfile,
  type AuthorisationInput,
  type AuthorisationRequest,
  type CodeInput,
  type DrivenProvider,
} from './strategy-driver.js';

/** A provider with one of the app's clients: what `ThirdPartyService.getProvider` answers. */
export class ProviderConnection {
  constructor(
    private readonly provider: ThirdPartyProvider,
    private readonly client: ProviderClient,
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
    private readonly apiUrl: string,
  ) {}

  /** Identifies the provider, such as `google`. */
  get id(): string {
    return this.provider.id;
  }

  /** What people call the provider, such as `Google`. */
  get name(): string {
    return this.provider.name;
  }

  get clientType(): string | undefined {
    return this.client.clientType;
  }

  /** What the client may use besides the website's callback page. */
  get redirectUris(): readonly string[] {
    return this.client.redirectUris;
  }

  /**
   * Where to send a person who wants to sign in. It checks no redirect URI.
   * @throws ThirdPartyProviderError if the provider must be asked for its addresses, and does not answer.
   */
  async getAuthorisationRequest(input: AuthorisationInput): Promise<AuthorisationRequest> {
    return createAuthorisationRequest(this.drive(), input);
  }

  /**
   * Tells whose a code is.
   * @throws ThirdPartyProviderError if the provider does not take the code, or fails.
   */
  async identifyByCode(input: CodeInput): Promise<ThirdPartyProfile> {
    const grant = await exchangeCode(this.drive(), input);
    return this.provider.readGrant(grant, this.createContext());
  }

  /**
   * Tells whose tokens are, once it is proven that they were issued to the client.
   * @throws ThirdPartyProviderError if they were not, or the provider fails.
   * @throws BadInputException if there are none, or the provider cannot prove it.
   */
  async identifyByTokens(tokens: OAuthTokens): Promise<ThirdPartyProfile> {
    if (this.provider.readTokens === undefined) {
      throw new BadInputException(
        `The provider '${this.id}' takes no oAuthTokens, because nothing proves whom they were issued to`,
      );
    }
    return this.provider.readTokens(tokens, this.createContext());
  }

  private createContext(): ProviderContext {
    return {
      client: this.client,
      http: this.http,
      apiUrl: this.apiUrl,
      now: this.clock.now(),
      loadProfile: (accessToken) => loadProfile(this.drive(), accessToken),
    };
  }

  private drive(): DrivenProvider {
    const { provider, client, http, apiUrl } = this;
    return { provider, client, http, apiUrl, now: this.clock.now() };
  }
}
