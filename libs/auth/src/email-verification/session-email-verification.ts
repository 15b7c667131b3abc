import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import type { HttpRequest } from '../http/http-request.js';
import { OneTimeTokenService } from '../one-time-token/one-time-token.service.js';
import { RateLimitService } from '../rate-limits/rate-limit.service.js';
import type { SessionContainer } from '../session/session-container.js';
import { UnauthorisedException } from '../session/session.exceptions.js';
import { EmailVerificationClaim } from './email-verification.claim.js';
import { EmailVerificationService, type VerifyEmailResult } from './email-verification.service.js';

/**
 * What the API and the pages do for a person who verifies an address: limits, what was asked for, and the claim of the
 * session, which follows what is found out.
 */
@Injectable()
export class SessionEmailVerification {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(EmailVerificationService) private readonly emailVerificationService: EmailVerificationService,
    @Inject(OneTimeTokenService) private readonly oneTimeTokenService: OneTimeTokenService,
    @Inject(RateLimitService) private readonly rateLimitService: RateLimitService,
  ) {}

  /**
   * Sends a message with a link to the address that the session was made with.
   * @throws TooManyRequestsException if there have been too many.
   * @throws UnauthorisedException if the user does not exist any more.
   */
  async sendEmail(
    request: HttpRequest,
    session: SessionContainer,
  ): Promise<{ readonly status: 'OK' | 'EMAIL_ALREADY_VERIFIED_ERROR' }> {
    const recipeUserId = session.getRecipeUserId();
    if (!(await this.emailVerificationService.isVerified(recipeUserId))) {
      await this.rateLimitService.limitVerificationMail(recipeUserId);
    }
    const { status } = await this.emailVerificationService.sendVerificationEmail(
      recipeUserId,
      this.config.appInfo.getWebsiteDomain(request).value,
    );
    if (status === 'UNKNOWN_USER_ID_ERROR') {
      throw new UnauthorisedException('The user of the session does not exist any more');
    }
    await updateClaim(session, status === 'EMAIL_ALREADY_VERIFIED_ERROR');
    return { status };
  }

  /**
   * Uses the token of a message.
   * @param session of the browser that followed the link, which need not be the one that is signed in.
   */
  async verify(token: string, session: SessionContainer | undefined): Promise<VerifyEmailResult> {
    const result = await this.emailVerificationService.verifyWithToken(token);
    if (result.status === 'OK' && session?.getRecipeUserId() === result.recipeUserId) {
      await updateClaim(session, true);
    }
    return result;
  }

  /** Whether the token of a message is good, and was made for the login method of the session. Does not use it. */
  async isTokenOf(session: SessionContainer, token: string): Promise<boolean> {
    const record = await this.oneTimeTokenService.find(token);
    return record?.recipeUserId === session.getRecipeUserId();
  }

  /** Tells whether the address is verified that the session was made with. */
  async isVerified(session: SessionContainer): Promise<boolean> {
    const isVerified = await this.emailVerificationService.isVerified(session.getRecipeUserId());
    await updateClaim(session, isVerified);
    return isVerified;
  }
}

/**
 * Changes the claim only where it differs, since that signs a new access token. A session that ended meanwhile, as by the
 * change of an address, has no claim to change: what was asked is done nevertheless.
 */
async function updateClaim(session: SessionContainer, isVerified: boolean): Promise<void> {
  if (session.getClaimValue(EmailVerificationClaim) === isVerified) {
    return;
  }
  try {
    await session.setClaimValue(EmailVerificationClaim, isVerified);
  } catch (error) {
    if (!(error instanceof UnauthorisedException)) {
      throw error;
    }
  }
}
