import { Body, Controller, Get, HttpCode, Inject, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { BadInputException } from '../http/auth.exception.js';
import { getFdiVersion } from '../http/fdi-version.js';
import {
  EMAIL_FIELD_ID,
  getStringValue,
  PASSWORD_FIELD_ID,
  validateFormFields,
  type FieldErrorResult,
} from '../http/form-fields.js';
import { getAddress } from '../http/get-address.js';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';
import { readJsonObject } from '../http/json-body.js';
import { TenantGuard, tenantPaths } from '../http/tenant.guard.js';
import { RateLimitService } from '../rate-limits/rate-limit.service.js';
import { Public } from '../session/public.decorator.js';
import { SessionService } from '../session/session.service.js';
import { toUserResponse, type UserResponse } from '../users/user-response.js';
import { askSignInHook, askSignUpHook } from './email-password.hooks.js';
import type { GeneralErrorResult, SignInNotAllowedResult, SignUpNotAllowedResult } from './email-password.options.js';
import { EmailPasswordService } from './email-password.service.js';

interface SignedInResponse {
  readonly status: 'OK';
  readonly user: UserResponse;
}

type SignUpResponse = SignedInResponse | FieldErrorResult | SignUpNotAllowedResult | GeneralErrorResult;

type SignInResponse =
  | SignedInResponse
  | FieldErrorResult
  | { readonly status: 'WRONG_CREDENTIALS_ERROR' }
  | SignInNotAllowedResult
  | GeneralErrorResult;

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
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(EmailPasswordService) private readonly emailPasswordService: EmailPasswordService,
    @Inject(SessionService) private readonly sessionService: SessionService,
    @Inject(RateLimitService) private readonly rateLimitService: RateLimitService,
  ) {}

  /** Creates a user and then its session. If the session fails the user stays, and can sign in. */
  @Post(tenantPaths('signup'))
  @HttpCode(200)
  async signUp(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
    @Body() body: unknown,
  ): Promise<SignUpResponse> {
    const { signUpFormFields, beforeSignUp, afterSignUp } = this.config.emailPassword;
    const form = await validateFormFields(readJsonObject(request, body), signUpFormFields);
    if (form.status === 'FIELD_ERROR') {
      return form;
    }
    const email = getStringValue(form.formFields, EMAIL_FIELD_ID);
    const password = getStringValue(form.formFields, PASSWORD_FIELD_ID);
    const formFields = form.formFields.filter(({ id }) => id !== PASSWORD_FIELD_ID);
    const address = getAddress(request);
    await this.rateLimitService.limitSignUp(address);
    const refusal = await askSignUpHook(beforeSignUp, { email, formFields, request });
    if (refusal !== undefined) {
      return refusal;
    }
    const result = await this.emailPasswordService.signUp(email, password);
    if (result.status !== 'OK') {
      await this.emailPasswordService.notifyOfSignUpAttempt(email, this.config.appInfo.getWebsiteDomain(request).value);
      return {
        status: 'FIELD_ERROR',
        formFields: [{ id: EMAIL_FIELD_ID, error: 'This email already exists. Please sign in instead.' }],
      };
    }
    await this.rateLimitService.reportSignUp({ email, address });
    const { user, recipeUserId } = result;
    const session = await this.sessionService.createNewSession(request, response, user.id, undefined, undefined, {
      recipeUserId,
    });
    await afterSignUp?.({ user, formFields, session });
    return { status: 'OK', user: toUserResponse(user, recipeUserId, getFdiVersion(request)) };
  }

  /** Checks a password and creates a session. */
  @Post(tenantPaths('signin'))
  @HttpCode(200)
  async signIn(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
    @Body() body: unknown,
  ): Promise<SignInResponse> {
    const { signInFormFields, beforeSignIn } = this.config.emailPassword;
    const form = await validateFormFields(readJsonObject(request, body), signInFormFields);
    if (form.status === 'FIELD_ERROR') {
      return form;
    }
    const email = getStringValue(form.formFields, EMAIL_FIELD_ID);
    const attempt = await this.rateLimitService.limitSignIn({ email, address: getAddress(request) });
    const refusal = await askSignInHook(beforeSignIn, { email, request });
    if (refusal !== undefined) {
      return refusal;
    }
    const result = await this.emailPasswordService.signIn(email, getStringValue(form.formFields, PASSWORD_FIELD_ID));
    if (result.status !== 'OK') {
      return result;
    }
    await attempt.reportSuccess();
    const { user, recipeUserId } = result;
    await this.sessionService.createNewSession(request, response, user.id, undefined, undefined, { recipeUserId });
    return { status: 'OK', user: toUserResponse(user, recipeUserId, getFdiVersion(request)) };
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
