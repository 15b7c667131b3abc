import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { SigningKeyService } from '../session/signing-key.service.js';
import { AUTH_STORAGE, type Storage } from '../storage/storage.js';
import type { ProviderConnection } from './provider-connection.js';
import type { ThirdPartyProfile } from './provider.js';
import {
  createRedirectState,
  hashRedirectState,
  openPendingRedirect,
  sealPendingRedirect,
  type PendingRedirect,
  type RedirectState,
} from './redirect-state.js';
import { getApiCallbackUri } from './redirect-uri.js';
import { ThirdPartyProviderError } from './third-party-provider.error.js';

/** For how long a person may stay at the provider, in milliseconds. */
const PENDING_LIFETIME_MS = 600_000;

/** A redirect that begins: where to, and what the browser is to keep. */
export interface StartedRedirect {
  readonly url: string;
  readonly state: RedirectState;
  readonly sealed: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/**
 * The redirect flow, where the server itself sends people to a provider and takes them back. A redirect is good once, in the
 * browser that it began in, for the provider that it began with, and for ten minutes.
 */
@Injectable()
export class ThirdPartyRedirectService {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_STORAGE) private readonly storage: Storage,
    @Inject(SigningKeyService) private readonly keys: SigningKeyService,
  ) {}

  /** @throws ThirdPartyProviderError if the provider must be asked for its addresses, and does not answer. */
  async start(connection: ProviderConnection, returnPath: string): Promise<StartedRedirect> {
    const state = createRedirectState();
    const { url, pkceCodeVerifier } = await connection.getAuthorisationRequest({
      redirectUri: getApiCallbackUri(this.config.appInfo, connection.id),
      withPkce: true,
      state,
    });
    const expiresAt = this.config.clock.now() + PENDING_LIFETIME_MS;
    const pending = { pkceCodeVerifier, clientType: connection.clientType, returnPath, expiresAt };
    const sealed = sealPendingRedirect(await this.keys.getRefreshTokenSecret(), pending, connection.id, state);
    return { url, state, sealed, expiresAt };
  }

  /** Reads what a browser kept. @returns undefined if it is not for this state and provider, or too old. */
  async open(thirdPartyId: string, state: RedirectState, sealed: string): Promise<PendingRedirect | undefined> {
    const pending = openPendingRedirect(await this.keys.getRefreshTokenSecret(), sealed, thirdPartyId, state);
    return pending !== undefined && pending.expiresAt > this.config.clock.now() ? pending : undefined;
  }

  /** Uses a state up. @returns whether this was its first use, on any node. */
  async use(state: RedirectState, { expiresAt }: PendingRedirect): Promise<boolean> {
    return this.storage.oauthStates.markUsed(hashRedirectState(state), expiresAt, this.config.clock.now());
  }

  /** @throws ThirdPartyProviderError if the person said no, or the provider does not tell who they are. */
  async identify(
    connection: ProviderConnection,
    query: Readonly<Record<string, unknown>>,
    { pkceCodeVerifier }: PendingRedirect,
  ): Promise<ThirdPartyProfile> {
    const { error, code } = query;
    if (error !== undefined) {
      throw new ThirdPartyProviderError(
        error === 'access_denied' ? 'cancelled' : 'refused',
        `${connection.id} sent the person back with an error (${describe(error)})`,
      );
    }
    if (typeof code !== 'string' || code === '') {
      throw new ThirdPartyProviderError('invalid-answer', `${connection.id} sent the person back without a code`);
    }
    const redirectUri = getApiCallbackUri(this.config.appInfo, connection.id);
    return connection.identifyByCode({ code, redirectUri, pkceCodeVerifier });
  }
}

/** What came in a URL is anybody's text, and the log is not the place for it. */
function describe(error: unknown): string {
  return typeof error === 'string' ? error.replace(/[^\w.-]/g, '').slice(0, 100) : typeof error;
}
