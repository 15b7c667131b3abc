import { Body, Controller, Get, HttpCode, Inject, NotFoundException, Post, Req, Res, UseGuards } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';
import { readJsonObject } from '../http/json-body.js';
import { readToken } from '../http/read-token.js';
import { TenantGuard, tenantPaths } from '../http/tenant.guard.js';
import { Public } from '../session/public.decorator.js';
import type { SessionContainer } from '../session/session-container.js';
import { SessionService } from '../session/session.service.js';
import { SessionEmailVerification } from './session-email-verification.js';

/**
 * The endpoints of email verification (contract §8), each also below a tenant (contract §9). Their sessions need no verified
 * address, and those whose claim is out of date get it anew.
 */
@Public()
@UseGuards(TenantGuard)
@Controller()
export class EmailVerificationController {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(SessionEmailVerification) private readonly verification: SessionEmailVerification,
    @Inject(SessionService) private readonly sessionService: SessionService,
  ) {}

  /** Sends a message with a link to the address that the session was made with. */
  @Post(tenantPaths('user/email/verify/token'))
  @HttpCode(200)
  async sendEmail(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<{ status: 'OK' | 'EMAIL_ALREADY_VERIFIED_ERROR' }> {
    return this.verification.sendEmail(request, await this.getSession(request, response));
  }

  /** Uses the token of a message. The browser that follows the link need not be the one that is signed in. */
  @Post(tenantPaths('user/email/verify'))
  @HttpCode(200)
  async verify(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
    @Body() body: unknown,
  ): Promise<{ status: 'OK' | 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' }> {
    this.assertEnabled();
    const token = readToken(readJsonObject(request, body));
    // Before the token is used up: a session that must be refreshed first makes the client come again.
    const session = await this.sessionService.getSession(request, response, {
      sessionRequired: false,
      overrideGlobalClaimValidators: () => [],
    });
    const { status } = await this.verification.verify(token, session);
    return { status };
  }

  /** Tells whether the address is verified that the session was made with. */
  @Get(tenantPaths('user/email/verify'))
  async isVerified(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<{ status: 'OK'; isVerified: boolean }> {
    return { status: 'OK', isVerified: await this.verification.isVerified(await this.getSession(request, response)) };
  }

  private async getSession(request: HttpRequest, response: HttpResponse): Promise<SessionContainer> {
    this.assertEnabled();
    return this.sessionService.getSession(request, response, { overrideGlobalClaimValidators: () => [] });
  }

  /** Routes are mounted before the options are known. */
  private assertEnabled(): void {
    if (this.config.emailVerification.mode === 'OFF') {
      throw new NotFoundException();
    }
  }
}
