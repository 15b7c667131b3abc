import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { BadInputException } from '../http/auth.exception.js';
import { AUTH_STORAGE, type Storage } from '../storage/storage.js';
import { MAX_EMAIL_LENGTH, normaliseEmail } from '../users/normalise-email.js';
import type { User } from '../users/user.js';
import { ProviderConnection } from './provider-connection.js';
import { ProviderHttp } from './provider-http.js';
import type { OAuthTokens, ProviderClient, ThirdPartyProfile, ThirdPartyProvider } from './provider.js';

/** The longest id of a person at a provider, in UTF-16 code units. OpenID Connect allows 255 (Core 1.0 §2). */
const MAX_THIRD_PARTY_USER_ID_LENGTH = 1024;

interface SignInUpInputBase {
  /** The provider's id, such as `google`. */
  readonly thirdPartyId: string;
  /** Which of several clients of the provider is used. Default: the only one, or the one without a type. */
  readonly clientType?: string | undefined;
}

/** A code that a person came back from a provider with, or the tokens that a client got there itself. */
export type ThirdPartySignInUpInput = SignInUpInputBase &
  (
    | {
        readonly code: string;
        /** The same as in the authorisation request. */
        readonly redirectUri: string;
        /** What the authorisation request was bound to, if it was. */
        readonly pkceCodeVerifier?: string | undefined;
        readonly oAuthTokens?: undefined;
      }
    | { readonly oAuthTokens: Partial<OAuthTokens>; readonly code?: undefined }
  );

/** A user, and the login method that was made or used. */
export interface ThirdPartyUserResult {
  readonly status: 'OK';
  /** Whether the login method was created just now. */
  readonly createdNewRecipeUser: boolean;
  readonly user: User;
  /** The id of the login method. */
  readonly recipeUserId: string;
}

/** What {@link ThirdPartyService.signInUp} answers. */
export type ThirdPartySignInUpResult = ThirdPartyUserResult | { readonly status: 'NO_EMAIL_GIVEN_BY_PROVIDER' };

/** An account at a provider, as code says it is. */
export interface ManuallyCreateOrUpdateUserInput {
  /** The provider's id. The provider need not be among the configured ones. */
  readonly thirdPartyId: string;
  readonly thirdPartyUserId: string;
  readonly email: string;
  /** Whether it is proven that the person receives mail at this address. */
  readonly isVerified: boolean;
}

/**
 * Sign-in and sign-up with accounts at providers, for code. It creates no session and runs no hook. An account is the
 * provider's id and the person's id there, never the email (contract §6).
 */
@Injectable()
export class ThirdPartyService {
  private readonly http: ProviderHttp;

  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_STORAGE) private readonly storage: Storage,
  ) {
    this.http = new ProviderHttp(config.thirdParty.requestTimeoutMs);
  }

  /**
   * Asks the provider who the person is, and finds or creates the user.
   * @throws ThirdPartyProviderError if the provider does not tell.
   * @throws BadInputException if there is no such provider or client.
   */
  async signInUp(input: ThirdPartySignInUpInput): Promise<ThirdPartySignInUpResult> {
    const connection = this.requireProvider(input.thirdPartyId, input.clientType);
    const profile =
      input.oAuthTokens === undefined
        ? await connection.identifyByCode({
            code: input.code,
            redirectUri: input.redirectUri,
            pkceCodeVerifier: input.pkceCodeVerifier,
          })
        : await connection.identifyByTokens({
            accessToken: input.oAuthTokens.accessToken,
            idToken: input.oAuthTokens.idToken,
          });
    return this.signInUpByProfile(connection.id, profile);
  }

  /**
   * Finds or creates the user of an account at a provider, and brings its email up to date, without asking the provider: for
   * imports, and for providers that the app talks to itself.
   * @throws BadInputException if the email or an id is empty, too long, or no text that can be kept.
   */
  async manuallyCreateOrUpdateUser(input: ManuallyCreateOrUpdateUserInput): Promise<ThirdPartyUserResult> {
    const { thirdPartyId, thirdPartyUserId, isVerified } = input;
    const email = normaliseEmail(input.email);
    if (email === undefined) {
      throw new BadInputException(
        `An email has from 1 to ${String(MAX_EMAIL_LENGTH)} characters, and no control characters`,
      );
    }
    if (!isId(thirdPartyId) || !isId(thirdPartyUserId)) {
      throw new BadInputException(
        `thirdPartyId and thirdPartyUserId have from 1 to ${String(MAX_THIRD_PARTY_USER_ID_LENGTH)} characters, and no control characters`,
      );
    }
    const { userId, recipeUserId, isNew } = await this.storage.users.signInWithThirdParty({
      userId: randomUUID(),
      thirdPartyId,
      thirdPartyUserId,
      email,
      emailVerified: isVerified,
      timeJoined: this.config.clock.now(),
      linkByVerifiedEmail: this.config.thirdParty.accountLinking === 'verified-email',
    });
    const user = await this.storage.users.find(userId);
    if (user === undefined) {
      throw new Error(`The user ${userId} was removed while it signed in`);
    }
    return { status: 'OK', createdNewRecipeUser: isNew, user, recipeUserId };
  }

  /**
   * A configured provider, for code that talks to it itself.
   * @returns undefined if there is no such provider, or no such client of it.
   */
  getProvider(thirdPartyId: string, clientType?: string): ProviderConnection | undefined {
    const provider = this.findProvider(thirdPartyId);
    const client = provider === undefined ? undefined : findClient(provider, clientType);
    return provider === undefined || client === undefined
      ? undefined
      : new ProviderConnection(provider, client, this.http, this.config.clock, this.config.appInfo.issuer);
  }

  /**
   * Like {@link getProvider}, for what a client asks.
   * @internal
   * @throws BadInputException that names what does not exist.
   */
  requireProvider(thirdPartyId: string, clientType: string | undefined): ProviderConnection {
    const connection = this.getProvider(thirdPartyId, clientType);
    if (connection !== undefined) {
      return connection;
    }
    const provider = this.findProvider(thirdPartyId);
    if (provider === undefined) {
      throw new BadInputException(`There is no provider '${thirdPartyId}'`);
    }
    const types = provider.clients.flatMap((client) => client.clientType ?? []).join(', ');
    throw new BadInputException(
      clientType === undefined
        ? `The provider '${thirdPartyId}' has several clients: give a clientType, one of ${types}`
        : `The provider '${thirdPartyId}' has no client of the clientType '${clientType}'`,
    );
  }

  /**
   * Finds the user who has an account at a provider already.
   * @internal
   */
  async findUser(thirdPartyId: string, thirdPartyUserId: string): Promise<User | undefined> {
    const login = await this.storage.users.findThirdPartyLogin(thirdPartyId, thirdPartyUserId);
    return login === undefined ? undefined : this.storage.users.find(login.userId);
  }

  private async signInUpByProfile(thirdPartyId: string, profile: ThirdPartyProfile): Promise<ThirdPartySignInUpResult> {
    const { thirdPartyUserId, email } = profile;
    return email === undefined || normaliseEmail(email.address) === undefined
      ? { status: 'NO_EMAIL_GIVEN_BY_PROVIDER' }
      : this.manuallyCreateOrUpdateUser({
          thirdPartyId,
          thirdPartyUserId,
          email: email.address,
          isVerified: email.verified,
        });
  }

  private findProvider(thirdPartyId: string): ThirdPartyProvider | undefined {
    return this.config.thirdParty.providers.find(({ id }) => id === thirdPartyId);
  }
}

function findClient({ clients }: ThirdPartyProvider, clientType: string | undefined): ProviderClient | undefined {
  const found = clients.find((client) => client.clientType === clientType);
  const [only, ...others] = clients;
  return found ?? (clientType === undefined && others.length === 0 ? only : undefined);
}

function isId(text: string): boolean {
  return text !== '' && text.length <= MAX_THIRD_PARTY_USER_ID_LENGTH && !/[\p{Cc}\p{Cs}]/u.test(text);
}
