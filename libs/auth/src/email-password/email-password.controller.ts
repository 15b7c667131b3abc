import { Body, Controller, Get, HttpCode, Inject, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { BadInputException } from '../http/auth.exception.js';
import { getFdiVersion } from '../http/fdi-version.js';
import { getAddress } from '../http/get-address.js';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';
import { readJsonObject } from '../http/json-body.js';
import { TenantGuard, tenantPaths } from '../http/tenant.guard.js';
import { RateLimitService } from '../rate-limits/rate-limit.service.js';
import { Public } from '../session/public.decorator.js';
import { toUserResponse, type UserResponse } from '../users/user-response.js';
import {
  EmailPasswordSignIn,
  type SignedInOutcome,
  type SignInOutcome,
  type SignUpOutcome,
} from './email-password-sign-in.js';
import { EmailPasswordService } from './email-password.service.js';

interface SignedInResponse {
  readonly status: 'OK';
  readonly user: UserResponse;
}

type SignUpResponse = SignedInResponse | Exclude<SignUpOutcome, SignedInOutcome>;

type SignInResponse = SignedInResponse | Exclude<SignInOutcome, SignedInOutcome>;

interface EmailExistsResponse {
  readonly status: 'OK';
  readonly exists: boolean;
}

/** The endpoints of sign-up and sign-in with email and password (contract §5), each also below a tenant (contract §9). */
@Public()
@UseGuards(TenantGuard)
@Controller()
export class EmailPasswordController {
  constructor(
    @Inject(EmailPasswordService) private readonly emailPasswordService: EmailPasswordService,
    @Inject(EmailPasswordSignIn) private readonly emailPasswordSignIn: EmailPasswordSignIn,
    @Inject(RateLimitService) private readonly rateLimitService: RateLimitService,
  ) {}

  /** Creates a user and signs it in. */
  @Post(tenantPaths('signup'))
  @HttpCode(200)
  async signUp(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
    @Body() body: unknown,
  ): Promise<SignUpResponse> {
    const outcome = await this.emailPasswordSignIn.signUp(request, response, readJsonObject(request, body));
    return outcome.status === 'OK' ? toResponse(request, outcome) : outcome;
  }

  /** Signs a person in. */
  @Post(tenantPaths('signin'))
  @HttpCode(200)
  async signIn(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
    @Body() body: unknown,
  ): Promise<SignInResponse> {
    const outcome = await this.emailPasswordSignIn.signIn(request, response, readJsonObject(request, body));
    return outcome.status === 'OK' ? toResponse(request, outcome) : outcome;
  }

  /** Tells a sign-up form whether an email is taken. The second path is that of older clients. */
  @Get(tenantPaths('emailpassword/email/exists', 'signup/email/exists'))
  async emailExists(@Req() request: HttpRequest, @Query('email') email: unknown): Promise<EmailExistsResponse> {
    if (typeof email !== 'string') {
      throw new BadInputException("The query parameter 'email' must be given once");
    }
    await this.rateLimitService.limitEmailExists(getAddress(request));
    return { status: 'OK', exists: await this.emailPasswordService.emailExists(email) };
  }
}

function toResponse(request: HttpRequest, { user, recipeUserId }: SignedInOutcome): SignedInResponse {
  return { status: 'OK', user: toUserResponse(user, recipeUserId, getFdiVersion(request)) };
}
