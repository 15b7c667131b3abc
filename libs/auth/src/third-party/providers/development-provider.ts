import { createHash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import PassportOAuth2 from 'passport-oauth2';
import { z } from 'zod';
import { ConfigurationError } from '../../config/configuration.error.js';
import type {
  OAuth2Strategy,
  ProviderClient,
  ProviderContext,
  ProviderGrant,
  StrategyOptions,
  StrategyVerify,
  ThirdPartyProfile,
  ThirdPartyProvider,
} from '../provider.js';
import { ThirdPartyProviderError } from '../third-party-provider.error.js';
import { readProfile } from './profile-schema.js';

/** Options of {@link developmentProvider}. */
export interface DevelopmentProviderOptions {
  /** Default: `development`. */
  readonly id?: string | undefined;
  /** What people call it. Default: `Development`. */
  readonly name?: string | undefined;
}

/** The path of the pretended provider's page, below the API's base path. */
export const DEVELOPMENT_PAGE_PATH = 'dev/authorize';

/** Who a person says they are on the page of the pretended provider. */
export interface PretendedPerson {
  /** `undefined` where the provider is to give none. */
  readonly email: string | undefined;
  readonly emailVerified: boolean;
}

interface IssuedCode {
  readonly person: PretendedPerson;
  readonly redirectUri: string;
  /** The S256 challenge, where there is one. */
  readonly codeChallenge: string | undefined;
}

/** How long a code or token is good, in milliseconds. */
const LIFETIME_MS = 60_000;

/** How many codes and tokens are kept. */
const MAX_KEPT = 1000;

const profile = z.object({ id: z.string(), email: z.string().optional(), emailVerified: z.boolean() });

/**
 * A pretended provider for development: its page, below the API's base path, lets a person sign in with any email. Codes are
 * kept in the memory of the process.
 * @throws ConfigurationError if `NODE_ENV` is `production`, where everybody could be anybody.
 */
export function developmentProvider(options: DevelopmentProviderOptions = {}): ThirdPartyProvider {
  if (process.env['NODE_ENV'] === 'production') {
    throw new ConfigurationError(
      'developmentProvider() lets everybody sign in as anybody, and NODE_ENV is production: leave it out of thirdParty.providers there.',
    );
  }
  return new DevelopmentProvider(options.id ?? 'development', options.name ?? 'Development');
}

/** What {@link developmentProvider} makes: a provider, and the server side of it. */
export class DevelopmentProvider implements ThirdPartyProvider {
  readonly clients: readonly ProviderClient[];
  readonly usesPkce = true;
  private readonly codes = new LRUCache<string, IssuedCode>({ max: MAX_KEPT, ttl: LIFETIME_MS });
  private readonly tokens = new LRUCache<string, PretendedPerson>({ max: MAX_KEPT, ttl: LIFETIME_MS });

  constructor(
    readonly id: string,
    readonly name: string,
  ) {
    this.clients = [
      { clientType: undefined, clientId: id, clientSecret: undefined, scope: ['email'], redirectUris: [] },
    ];
  }

  createStrategy(
    options: StrategyOptions,
    verify: StrategyVerify,
    { apiUrl }: Pick<ProviderContext, 'apiUrl'>,
  ): OAuth2Strategy {
    return new DevelopmentStrategy(
      this,
      { ...options, authorizationURL: `${apiUrl}/${DEVELOPMENT_PAGE_PATH}` },
      verify,
    );
  }

  readGrant({ profile: given }: ProviderGrant): ThirdPartyProfile {
    const { id, email, emailVerified } = readProfile(this.id, profile, given);
    return {
      thirdPartyUserId: id,
      email: email === undefined ? undefined : { address: email, verified: emailVerified },
    };
  }

  /** The answer to a person who said yes. */
  issueCode(issued: IssuedCode): string {
    const code = randomBytes(24).toString('base64url');
    this.codes.set(code, issued);
    return code;
  }

  /** What a token endpoint does: a code is good once, for its redirect URI and its verifier. */
  redeem(code: string, redirectUri: unknown, codeVerifier: unknown): string {
    const issued = this.codes.get(code);
    this.codes.delete(code);
    const challenge =
      typeof codeVerifier === 'string' ? createHash('sha256').update(codeVerifier).digest('base64url') : undefined;
    if (issued === undefined || issued.redirectUri !== redirectUri || issued.codeChallenge !== challenge) {
      throw new ThirdPartyProviderError('refused', `${this.id} refused a code`);
    }
    const token = randomBytes(24).toString('base64url');
    this.tokens.set(token, issued.person);
    return token;
  }

  /** What a user info endpoint does. */
  describe(accessToken: string): z.infer<typeof profile> {
    const person = this.tokens.get(accessToken);
    if (person === undefined) {
      throw new ThirdPartyProviderError('refused', `${this.id} refused an access token`);
    }
    const { email, emailVerified } = person;
    return { id: createId(email), email, emailVerified };
  }
}

/** The usual strategy, whose requests stay in the process. */
class DevelopmentStrategy extends PassportOAuth2.Strategy {
  constructor(
    private readonly provider: DevelopmentProvider,
    options: StrategyOptions & { readonly authorizationURL: string },
    verify: StrategyVerify,
  ) {
    super({ ...options, tokenURL: options.authorizationURL }, verify);
    Object.assign(this._oauth2, {
      getOAuthAccessToken: (
        code: string,
        parameters: { readonly redirect_uri?: unknown; readonly code_verifier?: unknown },
        done: (error: null, accessToken: string, refreshToken: undefined, results: object) => void,
      ) => {
        done(null, provider.redeem(code, parameters.redirect_uri, parameters.code_verifier), undefined, {});
      },
    });
  }

  override userProfile(accessToken: string, done: (error: null, profile: unknown) => void): void {
    done(null, this.provider.describe(accessToken));
  }
}

/** The same person has the same id each time, and no email in it. */
function createId(email: string | undefined): string {
  return createHash('sha256')
    .update(email?.trim().toLowerCase() ?? '')
    .digest('hex')
    .slice(0, 20);
}
