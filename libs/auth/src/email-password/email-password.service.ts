import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { OutboxService } from '../email/outbox.service.js';
import { BadInputException } from '../http/auth.exception.js';
import { fingerprintCredential } from '../one-time-token/one-time-token.js';
import { RateLimitService } from '../rate-limits/rate-limit.service.js';
import { AUTH_STORAGE, type Storage } from '../storage/storage.js';
import type { EmailPasswordCredential, EmailPasswordUpdate } from '../storage/user.storage.js';
import { MAX_EMAIL_LENGTH, normaliseEmail, type NormalisedEmail } from '../users/normalise-email.js';
import type { User } from '../users/user.js';
import { PasswordHasher } from './password-hasher.js';
import { MAX_PASSWORD_LENGTH } from './validators.js';

/** A user, and the login method that was made or used. */
export interface AuthenticatedUserResult {
  readonly status: 'OK';
  readonly user: User;
  /** The id of the email and password login method. */
  readonly recipeUserId: string;
}

/** What {@link EmailPasswordService.signUp} answers. */
export type SignUpResult = AuthenticatedUserResult | { readonly status: 'EMAIL_ALREADY_EXISTS_ERROR' };

/** What {@link EmailPasswordService.signIn} answers. An unknown email and a wrong password are the same. */
export type SignInResult = AuthenticatedUserResult | { readonly status: 'WRONG_CREDENTIALS_ERROR' };

/** What to change of an email and password login method. */
export interface UpdateEmailOrPasswordInput {
  readonly recipeUserId: string;
  /** The new email. It is not verified, whatever the old one was. Default: as it is. */
  readonly email?: string | undefined;
  /** The new password. Default: as it is. */
  readonly password?: string | undefined;
  /** Whether the password must pass the validator of the sign-up form. Default: `true`. */
  readonly applyPasswordPolicy?: boolean | undefined;
}

/** A new password that the validator of the sign-up form refuses. */
export interface PasswordPolicyViolation {
  readonly status: 'PASSWORD_POLICY_VIOLATED_ERROR';
  /** The validator's message. */
  readonly failureReason: string;
}

/** What {@link EmailPasswordService.updateEmailOrPassword} answers. */
export type UpdateEmailOrPasswordResult =
  { readonly status: 'OK' | 'UNKNOWN_USER_ID_ERROR' | 'EMAIL_ALREADY_EXISTS_ERROR' } | PasswordPolicyViolation;

/** What {@link EmailPasswordService.reauthenticate} answers. */
export interface ReauthenticateResult {
  readonly status: 'OK' | 'WRONG_CREDENTIALS_ERROR' | 'UNKNOWN_USER_ID_ERROR';
}

interface SignedInChange {
  readonly recipeUserId: string;
  /** The password that the person has so far: a stolen session alone must not take the account over. */
  readonly currentPassword: string;
  /** The person's own session, which stays when all others end. Default: none stays. */
  readonly keepSessionHandle?: string | undefined;
}

/** A change of the password by a signed-in person. */
export interface ChangePasswordInput extends SignedInChange {
  readonly newPassword: string;
}

/** What {@link EmailPasswordService.changePassword} answers. */
export type ChangePasswordResult =
  { readonly status: 'OK' | 'WRONG_CREDENTIALS_ERROR' | 'UNKNOWN_USER_ID_ERROR' } | PasswordPolicyViolation;

/** A change of the email by a signed-in person. */
export interface RequestEmailChangeInput extends SignedInChange {
  readonly newEmail: string;
  /** Where the link leads. Default: the appInfo's. */
  readonly websiteDomain?: string | undefined;
}

/** What {@link EmailPasswordService.requestEmailChange} answers. */
export type RequestEmailChangeResult =
  | {
      readonly status: 'OK' | 'WRONG_CREDENTIALS_ERROR' | 'UNKNOWN_USER_ID_ERROR' | 'EMAIL_ALREADY_EXISTS_ERROR';
    }
  | {
      readonly status: 'EMAIL_INVALID_ERROR';
      /** The validator's message. */
      readonly failureReason: string;
    };

/**
 * Sign-up and sign-in with email and password, for code. It creates no session, runs no hook and, but for
 * {@link updateEmailOrPassword}, asks no validator. Emails are compared trimmed and in lower case.
 */
@Injectable()
export class EmailPasswordService {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_STORAGE) private readonly storage: Storage,
    @Inject(PasswordHasher) private readonly passwordHasher: PasswordHasher,
    @Inject(OutboxService) private readonly outbox: OutboxService,
    @Inject(RateLimitService) private readonly rateLimitService: RateLimitService,
  ) {}

  /**
   * Creates a user. When two sign-ups of one email race, one of them creates the user and the other one gets
   * `EMAIL_ALREADY_EXISTS_ERROR`.
   * @throws BadInputException if the email or the password is empty, too long, or no text that can be kept.
   */
  async signUp(email: string, password: string): Promise<SignUpResult> {
    const normalisedEmail = requireEmail(email);
    const userId = randomUUID();
    const outcome = await this.storage.users.createEmailPasswordUser({
      userId,
      email: normalisedEmail,
      passwordHash: await this.hash(password),
      timeJoined: this.config.clock.now(),
    });
    if (outcome === 'email-taken') {
      return { status: 'EMAIL_ALREADY_EXISTS_ERROR' };
    }
    const user = await this.storage.users.find(userId);
    if (user === undefined) {
      throw new Error(`The user ${userId} was removed while it signed up`);
    }
    return { status: 'OK', user, recipeUserId: userId };
  }

  /**
   * Finds the user that an email and a password belong to, and renews the password's hash if it was made with older
   * parameters.
   */
  async signIn(email: string, password: string): Promise<SignInResult> {
    const credential = await this.findVerifiedCredential(email, password);
    if (credential !== undefined && this.passwordHasher.needsRehash(credential.passwordHash)) {
      // Conditional, so that a password that is being changed right now is not changed back.
      await this.storage.users.replacePasswordHash(
        credential.recipeUserId,
        credential.passwordHash,
        await this.passwordHasher.hash(password),
      );
    }
    return this.toSignInResult(credential);
  }

  /** Like {@link signIn}, but changes nothing: for asking a signed-in person for the password once more. */
  async verifyCredentials(email: string, password: string): Promise<SignInResult> {
    return this.toSignInResult(await this.findVerifiedCredential(email, password));
  }

  /**
   * Changes the email, the password, or both together. The user's sessions stay: `SessionService.revokeAllSessionsForUser`
   * ends them.
   * @throws BadInputException if the email or the password is empty, too long, or no text that can be kept.
   */
  async updateEmailOrPassword(input: UpdateEmailOrPasswordInput): Promise<UpdateEmailOrPasswordResult> {
    const { recipeUserId, email, password, applyPasswordPolicy = true } = input;
    const normalisedEmail = email === undefined ? undefined : requireEmail(email);
    if ((await this.storage.users.findCredential(recipeUserId)) === undefined) {
      return { status: 'UNKNOWN_USER_ID_ERROR' };
    }
    if (password !== undefined && applyPasswordPolicy) {
      const failureReason = await this.config.emailPassword.validatePassword(password);
      if (failureReason !== undefined) {
        return { status: 'PASSWORD_POLICY_VIOLATED_ERROR', failureReason };
      }
    }
    const update: EmailPasswordUpdate = {
      ...(normalisedEmail === undefined ? {} : { email: normalisedEmail }),
      ...(password === undefined ? {} : { passwordHash: await this.hash(password) }),
    };
    return Object.keys(update).length === 0 ? { status: 'OK' } : this.update(recipeUserId, update);
  }

  /**
   * Asks a signed-in person for the password once more, before something that a stolen session alone must not do.
   * @throws TooManyRequestsException after too many wrong passwords.
   */
  async reauthenticate(recipeUserId: string, currentPassword: string): Promise<ReauthenticateResult> {
    const credential = await this.authenticate(recipeUserId, currentPassword);
    return { status: typeof credential === 'string' ? credential : 'OK' };
  }

  /**
   * Changes the password of a signed-in person who knows the present one, ends the user's other sessions, makes links that
   * were sent before worthless, and tells the person by mail. Of two changes at the same instant, one takes effect and the
   * other one gets `WRONG_CREDENTIALS_ERROR`.
   * @throws TooManyRequestsException after too many wrong passwords.
   */
  async changePassword(input: ChangePasswordInput): Promise<ChangePasswordResult> {
    const { recipeUserId, currentPassword, newPassword, keepSessionHandle = null } = input;
    const credential = await this.authenticate(recipeUserId, currentPassword);
    if (typeof credential === 'string') {
      return { status: credential };
    }
    const failureReason = await this.config.emailPassword.validatePassword(newPassword);
    if (failureReason !== undefined) {
      return { status: 'PASSWORD_POLICY_VIOLATED_ERROR', failureReason };
    }
    const email = await this.findEmail(recipeUserId);
    const isChanged = await this.storage.users.changePassword({
      recipeUserId,
      expected: credential.passwordHash,
      passwordHash: await this.hash(newPassword),
      keepSessionHandle,
      notice:
        email === undefined
          ? undefined
          : this.outbox.createMessage({ kind: 'passwordChanged', email, websiteDomain: this.getWebsiteDomain() }),
    });
    this.outbox.wake();
    return { status: isChanged ? 'OK' : 'WRONG_CREDENTIALS_ERROR' };
  }

  /**
   * Sends a link to the address that a signed-in person wants to have, who knows the password. The address changes when the
   * link is followed, to the page that verifies addresses: then it is verified, the user's other sessions end, and the old
   * address is told. A password that changes before makes the link worthless.
   * @throws TooManyRequestsException after too many wrong passwords, or too many such mails.
   */
  async requestEmailChange(input: RequestEmailChangeInput): Promise<RequestEmailChangeResult> {
    const { recipeUserId, currentPassword, newEmail, keepSessionHandle = null } = input;
    const credential = await this.authenticate(recipeUserId, currentPassword);
    if (typeof credential === 'string') {
      return { status: credential };
    }
    const failureReason = await this.config.emailPassword.validateEmail(newEmail.trim());
    if (failureReason !== undefined) {
      return { status: 'EMAIL_INVALID_ERROR', failureReason };
    }
    const email = requireEmail(newEmail);
    if ((await this.storage.users.findCredentialByEmail(email)) !== undefined) {
      return { status: 'EMAIL_ALREADY_EXISTS_ERROR' };
    }
    if (await this.rateLimitService.limitEmailChangeMail(recipeUserId, email)) {
      await this.outbox.enqueue({
        kind: 'changeEmail',
        recipeUserId,
        email,
        websiteDomain: input.websiteDomain ?? this.getWebsiteDomain(),
        credentialFingerprint: fingerprintCredential(credential.passwordHash),
        keepSessionHandle,
      });
    }
    return { status: 'OK' };
  }

  /**
   * Tells the owner of an account by mail that somebody tried to sign up with its email, once in a day.
   * @param websiteDomain where the link leads. Default: the appInfo's.
   */
  async notifyOfSignUpAttempt(email: string, websiteDomain: string = this.getWebsiteDomain()): Promise<void> {
    const normalisedEmail = requireEmail(email);
    if (await this.rateLimitService.limitSignUpAttemptMail(normalisedEmail)) {
      await this.outbox.enqueue({ kind: 'signUpAttempt', email: normalisedEmail, websiteDomain });
    }
  }

  /** Whether a user can sign in with this email and a password. */
  async emailExists(email: string): Promise<boolean> {
    return (await this.findCredential(email)) !== undefined;
  }

  /** Asks a signed-in person for the password once more. @returns why not, if it is not the right one. */
  private async authenticate(
    recipeUserId: string,
    password: string,
  ): Promise<EmailPasswordCredential | 'WRONG_CREDENTIALS_ERROR' | 'UNKNOWN_USER_ID_ERROR'> {
    const credential = await this.storage.users.findCredential(recipeUserId);
    if (credential === undefined) {
      return 'UNKNOWN_USER_ID_ERROR';
    }
    const attempt = await this.rateLimitService.limitReauthentication(recipeUserId);
    if (!(await this.passwordHasher.verify(credential.passwordHash, password))) {
      return 'WRONG_CREDENTIALS_ERROR';
    }
    await attempt.reportSuccess();
    return credential;
  }

  private async findEmail(recipeUserId: string): Promise<string | undefined> {
    const user = await this.storage.users.find(recipeUserId);
    return user?.loginMethods.find((loginMethod) => loginMethod.recipeUserId === recipeUserId)?.email;
  }

  private getWebsiteDomain(): string {
    return this.config.appInfo.getWebsiteDomain(undefined).value;
  }

  private async update(recipeUserId: string, update: EmailPasswordUpdate): Promise<UpdateEmailOrPasswordResult> {
    switch (await this.storage.users.updateEmailPassword(recipeUserId, update)) {
      case 'updated':
        return { status: 'OK' };
      case 'unknown-user':
        return { status: 'UNKNOWN_USER_ID_ERROR' };
      case 'email-taken':
        return { status: 'EMAIL_ALREADY_EXISTS_ERROR' };
    }
  }

  private async findVerifiedCredential(email: string, password: string): Promise<EmailPasswordCredential | undefined> {
    const credential = await this.findCredential(email);
    if (credential === undefined) {
      await this.passwordHasher.verifyNothing(password);
      return undefined;
    }
    return (await this.passwordHasher.verify(credential.passwordHash, password)) ? credential : undefined;
  }

  private async findCredential(email: string): Promise<EmailPasswordCredential | undefined> {
    const normalisedEmail = normaliseEmail(email);
    return normalisedEmail === undefined ? undefined : this.storage.users.findCredentialByEmail(normalisedEmail);
  }

  private async toSignInResult(credential: EmailPasswordCredential | undefined): Promise<SignInResult> {
    const user = credential === undefined ? undefined : await this.storage.users.find(credential.userId);
    return credential === undefined || user === undefined
      ? { status: 'WRONG_CREDENTIALS_ERROR' }
      : { status: 'OK', user, recipeUserId: credential.recipeUserId };
  }

  private async hash(password: string): Promise<string> {
    if (password === '' || password.length > MAX_PASSWORD_LENGTH) {
      throw new BadInputException(`A password has from 1 to ${String(MAX_PASSWORD_LENGTH)} characters`);
    }
    return this.passwordHasher.hash(password);
  }
}

function requireEmail(email: string): NormalisedEmail {
  const normalisedEmail = normaliseEmail(email);
  if (normalisedEmail === undefined) {
    throw new BadInputException(
      `An email has from 1 to ${String(MAX_EMAIL_LENGTH)} characters, and no control characters`,
    );
  }
  return normalisedEmail;
}
