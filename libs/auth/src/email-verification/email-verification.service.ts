import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { OutboxService } from '../email/outbox.service.js';
import { fingerprintCredential, hashOneTimeToken, type OneTimeTokenHash } from '../one-time-token/one-time-token.js';
import { OneTimeTokenService } from '../one-time-token/one-time-token.service.js';
import type { OneTimeTokenOwner, OneTimeTokenRecord } from '../storage/one-time-token.storage.js';
import { AUTH_STORAGE, type Storage } from '../storage/storage.js';
import { normaliseEmail } from '../users/normalise-email.js';
import type { LoginMethod } from '../users/user.js';

/** Why there is nothing to verify. */
export interface NothingToVerifyResult {
  readonly status: 'EMAIL_ALREADY_VERIFIED_ERROR' | 'UNKNOWN_USER_ID_ERROR';
}

/** What {@link EmailVerificationService.createToken} answers. */
export type CreateEmailVerificationTokenResult =
  { readonly status: 'OK'; readonly token: string } | NothingToVerifyResult;

/** What {@link EmailVerificationService.sendVerificationEmail} answers. */
export type SendVerificationEmailResult = { readonly status: 'OK' } | NothingToVerifyResult;

/** What {@link EmailVerificationService.verifyWithToken} answers. */
export type VerifyEmailResult =
  | {
      readonly status: 'OK';
      readonly userId: string;
      /** The login method whose address is verified now. */
      readonly recipeUserId: string;
      readonly email: string;
    }
  | { readonly status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' };

/**
 * Proof that people receive mail at their address (contract §8). It is the address of one login method, named by its
 * `recipeUserId`: a user with several has one for each.
 */
@Injectable()
export class EmailVerificationService {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_STORAGE) private readonly storage: Storage,
    @Inject(OneTimeTokenService) private readonly tokens: OneTimeTokenService,
    @Inject(OutboxService) private readonly outbox: OutboxService,
  ) {}

  /**
   * Makes a token that verifies the address of a login method, for an app that sends it itself. Whoever has it can verify
   * the address: keep it out of logs and answers.
   */
  async createToken(recipeUserId: string): Promise<CreateEmailVerificationTokenResult> {
    const found = await this.findUnverified(recipeUserId);
    if (found.status !== 'OK') {
      return found;
    }
    const { email } = found.loginMethod;
    return { status: 'OK', token: await this.tokens.create({ purpose: 'email-verification', recipeUserId, email }) };
  }

  /**
   * Sends a message with a link to the address of a login method. It is sent after this has returned.
   * @param websiteDomain where the link leads. Default: the appInfo's.
   */
  async sendVerificationEmail(
    recipeUserId: string,
    websiteDomain: string = this.config.appInfo.getWebsiteDomain(undefined).value,
  ): Promise<SendVerificationEmailResult> {
    const found = await this.findUnverified(recipeUserId);
    if (found.status !== 'OK') {
      return found;
    }
    await this.outbox.enqueue({ kind: 'verifyEmail', recipeUserId, email: found.loginMethod.email, websiteDomain });
    return { status: 'OK' };
  }

  /**
   * Uses a token: of {@link createToken}, of a message, or of `EmailPasswordService.requestEmailChange`, which then also
   * changes the address. A token works once, before it expires, and while the login method has the address that it was made for.
   */
  async verifyWithToken(token: string): Promise<VerifyEmailResult> {
    const tokenHash = hashOneTimeToken(token);
    const record = await this.tokens.find(token);
    const owner = record === undefined || tokenHash === undefined ? undefined : await this.use(tokenHash, record);
    return owner === undefined
      ? { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' }
      : { status: 'OK', userId: owner.userId, recipeUserId: owner.recipeUserId, email: owner.email };
  }

  /**
   * Whether the address of a login method is verified.
   * @param email asks for this address; one that the login method has not (any more) is not verified. Default: the one that
   * it has.
   */
  async isVerified(recipeUserId: string, email?: string): Promise<boolean> {
    const loginMethod = await this.findLoginMethod(recipeUserId);
    return loginMethod?.verified === true && (email === undefined || normaliseEmail(email) === loginMethod.email);
  }

  /**
   * Takes the proof back. Sessions notice it when their claim is fetched next. Links that were sent before still work:
   * {@link revokeTokens} ends them.
   * @returns whether there is such a login method.
   */
  async unverify(recipeUserId: string): Promise<boolean> {
    const loginMethod = await this.findLoginMethod(recipeUserId);
    return loginMethod !== undefined && this.storage.users.setEmailVerified(recipeUserId, loginMethod.email, false);
  }

  /** Makes all tokens worthless that were made to verify the address of a login method. */
  async revokeTokens(recipeUserId: string): Promise<void> {
    await this.storage.oneTimeTokens.removeAll(recipeUserId, 'email-verification');
  }

  private async use(tokenHash: OneTimeTokenHash, record: OneTimeTokenRecord): Promise<OneTimeTokenOwner | undefined> {
    const now = this.config.clock.now();
    if (record.purpose === 'email-verification') {
      return this.storage.oneTimeTokens.useToVerifyEmail(tokenHash, now);
    }
    return record.purpose === 'email-change' ? this.changeEmail(tokenHash, record, now) : undefined;
  }

  private async changeEmail(
    tokenHash: OneTimeTokenHash,
    { recipeUserId, email: newEmail, credentialFingerprint }: OneTimeTokenRecord,
    now: number,
  ): Promise<OneTimeTokenOwner | undefined> {
    const [credential, loginMethod] = await Promise.all([
      this.storage.users.findCredential(recipeUserId),
      this.findLoginMethod(recipeUserId),
    ]);
    if (
      credential === undefined ||
      loginMethod === undefined ||
      fingerprintCredential(credential.passwordHash) !== credentialFingerprint
    ) {
      return undefined;
    }
    const owner = await this.storage.oneTimeTokens.useToChangeEmail({
      tokenHash,
      expected: { email: loginMethod.email, passwordHash: credential.passwordHash },
      now,
      notice: this.outbox.createMessage({
        kind: 'emailChanged',
        email: loginMethod.email,
        newEmail,
        websiteDomain: this.config.appInfo.getWebsiteDomain(undefined).value,
      }),
    });
    this.outbox.wake();
    return owner === 'email-taken' ? undefined : owner;
  }

  private async findUnverified(
    recipeUserId: string,
  ): Promise<{ readonly status: 'OK'; readonly loginMethod: LoginMethod } | NothingToVerifyResult> {
    const loginMethod = await this.findLoginMethod(recipeUserId);
    if (loginMethod === undefined) {
      return { status: 'UNKNOWN_USER_ID_ERROR' };
    }
    return loginMethod.verified ? { status: 'EMAIL_ALREADY_VERIFIED_ERROR' } : { status: 'OK', loginMethod };
  }

  private async findLoginMethod(recipeUserId: string): Promise<LoginMethod | undefined> {
    const user = await this.storage.users.find(recipeUserId);
    return user?.loginMethods.find((loginMethod) => loginMethod.recipeUserId === recipeUserId);
  }
}
