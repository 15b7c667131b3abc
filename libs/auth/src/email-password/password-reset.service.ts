import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { OutboxService } from '../email/outbox.service.js';
import { hashOneTimeToken } from '../one-time-token/one-time-token.js';
import { OneTimeTokenService } from '../one-time-token/one-time-token.service.js';
import { AUTH_STORAGE, type Storage } from '../storage/storage.js';
import { normaliseEmail } from '../users/normalise-email.js';
import type { PasswordPolicyViolation } from './email-password.service.js';
import { PasswordHasher } from './password-hasher.js';

/** What {@link PasswordResetService.createToken} answers. */
export type CreatePasswordResetTokenResult =
  { readonly status: 'OK'; readonly token: string } | { readonly status: 'UNKNOWN_USER_ID_ERROR' };

/** What {@link PasswordResetService.resetPassword} answers. */
export type ResetPasswordResult =
  | {
      readonly status: 'OK';
      readonly userId: string;
      /** The login method that has the new password. */
      readonly recipeUserId: string;
      /** The address that the token was sent to, which is verified by that. */
      readonly email: string;
    }
  | { readonly status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR' }
  | PasswordPolicyViolation;

/** Lets people choose a new password who have forgotten theirs (contract §5). */
@Injectable()
export class PasswordResetService {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_STORAGE) private readonly storage: Storage,
    @Inject(OneTimeTokenService) private readonly tokens: OneTimeTokenService,
    @Inject(OutboxService) private readonly outbox: OutboxService,
    @Inject(PasswordHasher) private readonly passwordHasher: PasswordHasher,
  ) {}

  /**
   * Sends a message with a link, if the email is that of a login method with a password. It is looked up when the message is
   * sent, after this has returned: neither the answer nor its time depend on whether there is an account.
   *
   * @param websiteDomain where the link leads. Default: the appInfo's.
   */
  async requestPasswordReset(
    email: string,
    websiteDomain: string = this.config.appInfo.getWebsiteDomain(undefined).value,
  ): Promise<void> {
    const normalisedEmail = normaliseEmail(email);
    if (normalisedEmail !== undefined) {
      await this.outbox.enqueue({ kind: 'resetPassword', email: normalisedEmail, websiteDomain });
    }
  }

  /**
   * Makes a token that sets the password of a login method, for an app that sends it itself. Whoever has it can sign in as
   * the person: keep it out of logs and answers.
   */
  async createToken(recipeUserId: string): Promise<CreatePasswordResetTokenResult> {
    const user = await this.storage.users.find(recipeUserId);
    const loginMethod = user?.loginMethods.find(
      (candidate) => candidate.recipeUserId === recipeUserId && candidate.recipeId === 'emailpassword',
    );
    if (loginMethod === undefined) {
      return { status: 'UNKNOWN_USER_ID_ERROR' };
    }
    const { email } = loginMethod;
    return { status: 'OK', token: await this.tokens.create({ purpose: 'password-reset', recipeUserId, email }) };
  }

  /**
   * Sets a password with a token, which works once, before it expires, and while the login method has the address that it
   * was made for. It verifies the address, makes the user's other tokens worthless, and ends the user's sessions unless
   * `emailPassword.passwordReset.revokeSessions` is off. A password that is refused does not use the token up.
   */
  async resetPassword(token: string, newPassword: string): Promise<ResetPasswordResult> {
    const failureReason = await this.config.emailPassword.validatePassword(newPassword);
    if (failureReason !== undefined) {
      return { status: 'PASSWORD_POLICY_VIOLATED_ERROR', failureReason };
    }
    const tokenHash = hashOneTimeToken(token);
    // Before the password is hashed, which costs too much to do for everybody who makes a token up.
    const record = await this.tokens.find(token);
    if (tokenHash === undefined || record?.purpose !== 'password-reset') {
      return { status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR' };
    }
    const owner = await this.storage.oneTimeTokens.useToResetPassword({
      tokenHash,
      passwordHash: await this.passwordHasher.hash(newPassword),
      now: this.config.clock.now(),
      revokeSessions: this.config.emailPassword.passwordReset.revokeSessions,
      notice: this.outbox.createMessage({
        kind: 'passwordChanged',
        email: record.email,
        websiteDomain: this.config.appInfo.getWebsiteDomain(undefined).value,
      }),
    });
    this.outbox.wake();
    return owner === undefined
      ? { status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR' }
      : { status: 'OK', userId: owner.userId, recipeUserId: owner.recipeUserId, email: owner.email };
  }
}
