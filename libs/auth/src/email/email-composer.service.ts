import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { fingerprintCredential, type OneTimeToken } from '../one-time-token/one-time-token.js';
import { OneTimeTokenService } from '../one-time-token/one-time-token.service.js';
import { PUBLIC_TENANT_ID } from '../http/tenant.guard.js';
import type { OneTimeTokenPurpose } from '../storage/one-time-token.storage.js';
import { AUTH_STORAGE, type Storage } from '../storage/storage.js';
import type { EmailMessage } from './email-message.js';
import type { EmailBody } from './email-templates.js';
import type { OutboxContent } from './outbox-content.js';

type ContentOf<Kind extends OutboxContent['kind']> = Extract<OutboxContent, { kind: Kind }>;

/**
 * Writes messages when they are about to be sent. That is also when their tokens are made, so that none lies in the outbox
 * in clear, and when it shows whether there is anything to send: an address without an account gets no link, and nobody but
 * the outbox takes notice of it.
 */
@Injectable()
export class EmailComposer {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_STORAGE) private readonly storage: Storage,
    @Inject(OneTimeTokenService) private readonly tokens: OneTimeTokenService,
  ) {}

  /** @returns undefined if there is nothing to send any more. */
  async compose(id: string, content: OutboxContent): Promise<EmailMessage | undefined> {
    switch (content.kind) {
      case 'verifyEmail':
        return this.composeVerification(id, content);
      case 'resetPassword':
        return this.composePasswordReset(id, content);
      case 'changeEmail':
        return this.composeEmailChange(id, content);
      case 'passwordChanged':
      case 'emailChanged':
      case 'signUpAttempt':
        return this.composeNotice(id, content);
    }
  }

  private async composeVerification(id: string, content: ContentOf<'verifyEmail'>): Promise<EmailMessage | undefined> {
    const { recipeUserId, email } = content;
    const user = await this.storage.users.find(recipeUserId);
    const loginMethod = user?.loginMethods.find((candidate) => candidate.recipeUserId === recipeUserId);
    if (loginMethod?.email !== email || loginMethod.verified) {
      return undefined;
    }
    const token = await this.tokens.create({ purpose: 'email-verification', recipeUserId, email });
    return this.composeLink(id, content, this.getLink(content, 'verify-email', token), 'email-verification');
  }

  private async composePasswordReset(
    id: string,
    content: ContentOf<'resetPassword'>,
  ): Promise<EmailMessage | undefined> {
    const { email } = content;
    const credential = await this.storage.users.findCredentialByEmail(email);
    if (credential === undefined) {
      return undefined;
    }
    const { recipeUserId } = credential;
    const token = await this.tokens.create({ purpose: 'password-reset', recipeUserId, email });
    return this.composeLink(id, content, this.getLink(content, 'reset-password', token), 'password-reset');
  }

  private async composeEmailChange(id: string, content: ContentOf<'changeEmail'>): Promise<EmailMessage | undefined> {
    const { recipeUserId, email, credentialFingerprint, keepSessionHandle } = content;
    const credential = await this.storage.users.findCredential(recipeUserId);
    if (credential === undefined || fingerprintCredential(credential.passwordHash) !== credentialFingerprint) {
      return undefined;
    }
    const token = await this.tokens.create({
      purpose: 'email-change',
      recipeUserId,
      email,
      credentialFingerprint,
      keepSessionHandle,
    });
    return this.composeLink(id, content, this.getLink(content, 'verify-email', token), 'email-change');
  }

  private async composeLink(
    id: string,
    { kind, email }: ContentOf<'verifyEmail' | 'resetPassword' | 'changeEmail'>,
    link: string,
    purpose: OneTimeTokenPurpose,
  ): Promise<EmailMessage> {
    const body = await this.config.email.templates[kind]({
      appName: this.config.appInfo.appName,
      email,
      link,
      expiresInSeconds: this.tokens.getLifetimeMs(purpose) / 1000,
    });
    return toMessage(id, kind, email, link, body);
  }

  private async composeNotice(
    id: string,
    content: ContentOf<'passwordChanged' | 'emailChanged' | 'signUpAttempt'>,
  ): Promise<EmailMessage> {
    const { templates } = this.config.email;
    const { email, kind } = content;
    const link = this.getPage(content, kind === 'passwordChanged' ? 'reset-password' : undefined);
    const input = { appName: this.config.appInfo.appName, email, link };
    const body =
      content.kind === 'emailChanged'
        ? await templates.emailChanged({ ...input, newEmail: content.newEmail })
        : await templates[content.kind](input);
    return toMessage(id, kind, email, link, body);
  }

  private getPage({ websiteDomain }: OutboxContent, page?: string): string {
    const base = `${websiteDomain}${this.config.appInfo.websiteBasePath}`;
    return page === undefined ? base : `${base}/${page}`;
  }

  /** The link of contract §5 and §8. */
  private getLink(content: OutboxContent, page: string, token: OneTimeToken): string {
    return `${this.getPage(content, page)}?${new URLSearchParams({ token, tenantId: PUBLIC_TENANT_ID }).toString()}`;
  }
}

function toMessage(
  id: string,
  kind: OutboxContent['kind'],
  to: string,
  link: string,
  { subject, text, html }: EmailBody,
): EmailMessage {
  return { id, kind, to, subject, text, html, link };
}
