import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { PUBLIC_TENANT_ID } from '../http/tenant.guard.js';
import type { OneTimeTokenPurpose, OneTimeTokenRecord } from '../storage/one-time-token.storage.js';
import { AUTH_STORAGE, type Storage } from '../storage/storage.js';
import {
  createOneTimeToken,
  hashOneTimeToken,
  type CredentialFingerprint,
  type OneTimeToken,
} from './one-time-token.js';

/** What a new token is for. */
export interface NewOneTimeToken {
  readonly purpose: OneTimeTokenPurpose;
  readonly recipeUserId: string;
  /** The address that the token is sent to. Normalised. */
  readonly email: string;
  readonly credentialFingerprint?: CredentialFingerprint | undefined;
  readonly keepSessionHandle?: string | null | undefined;
}

/** Makes tokens that are sent by mail, and finds them by what a client sends back. */
@Injectable()
export class OneTimeTokenService {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_STORAGE) private readonly storage: Storage,
  ) {}

  /** Makes a token and stores its hash. */
  async create(input: NewOneTimeToken): Promise<OneTimeToken> {
    const token = createOneTimeToken();
    const tokenHash = hashOneTimeToken(token);
    if (tokenHash === undefined) {
      throw new TypeError('A new token has not the form of a token');
    }
    await this.storage.oneTimeTokens.insert({
      tokenHash,
      purpose: input.purpose,
      recipeUserId: input.recipeUserId,
      tenantId: PUBLIC_TENANT_ID,
      email: input.email,
      credentialFingerprint: input.credentialFingerprint ?? null,
      keepSessionHandle: input.keepSessionHandle ?? null,
      expiresAt: this.config.clock.now() + this.getLifetimeMs(input.purpose),
    });
    return token;
  }

  /** Finds what a token is good for. @returns undefined if it is unknown, used or expired. */
  async find(token: string): Promise<OneTimeTokenRecord | undefined> {
    const tokenHash = hashOneTimeToken(token);
    const record = tokenHash === undefined ? undefined : await this.storage.oneTimeTokens.find(tokenHash);
    return record === undefined || record.expiresAt <= this.config.clock.now() ? undefined : record;
  }

  /** How long a token lasts, in milliseconds. */
  getLifetimeMs(purpose: OneTimeTokenPurpose): number {
    const { emailPassword, emailVerification } = this.config;
    return purpose === 'password-reset'
      ? emailPassword.passwordReset.tokenLifetimeMs
      : emailVerification.tokenLifetimeMs;
  }
}
