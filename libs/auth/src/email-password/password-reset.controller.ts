import { Body, Controller, HttpCode, Inject, NotFoundException, Post, Req, UseGuards } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import {
  EMAIL_FIELD_ID,
  getStringValue,
  PASSWORD_FIELD_ID,
  validateFormFields,
  type FieldErrorResult,
} from '../http/form-fields.js';
import { getAddress } from '../http/get-address.js';
import type { HttpRequest } from '../http/http-request.js';
import { readJsonObject } from '../http/json-body.js';
import { readToken } from '../http/read-token.js';
import { TenantGuard, tenantPaths } from '../http/tenant.guard.js';
import { RateLimitService } from '../rate-limits/rate-limit.service.js';
import { Public } from '../session/public.decorator.js';
import { PasswordResetService } from './password-reset.service.js';

/** The endpoints for a forgotten password (contract §5), each also below a tenant (contract §9). */
@Public()
@UseGuards(TenantGuard)
@Controller()
export class PasswordResetController {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(PasswordResetService) private readonly passwordResetService: PasswordResetService,
    @Inject(RateLimitService) private readonly rateLimitService: RateLimitService,
  ) {}

  /** Sends a message with a link. The answer is the same whether or not the email has an account. */
  @Post(tenantPaths('user/password/reset/token'))
  @HttpCode(200)
  async sendEmail(
    @Req() request: HttpRequest,
    @Body() body: unknown,
  ): Promise<{ readonly status: 'OK' } | FieldErrorResult> {
    const { emailFormFields } = this.getConfig();
    const form = await validateFormFields(readJsonObject(request, body), emailFormFields);
    if (form.status === 'FIELD_ERROR') {
      return form;
    }
    const email = getStringValue(form.formFields, EMAIL_FIELD_ID);
    if (await this.rateLimitService.limitPasswordResetMail({ email, address: getAddress(request) })) {
      await this.passwordResetService.requestPasswordReset(email, this.config.appInfo.getWebsiteDomain(request).value);
    }
    return { status: 'OK' };
  }

  /** Sets a new password with the token of a message. It signs nobody in. */
  @Post(tenantPaths('user/password/reset'))
  @HttpCode(200)
  async reset(
    @Req() request: HttpRequest,
    @Body() body: unknown,
  ): Promise<{ readonly status: 'OK' | 'RESET_PASSWORD_INVALID_TOKEN_ERROR' } | FieldErrorResult> {
    const { newPasswordFormFields } = this.getConfig();
    const json = readJsonObject(request, body);
    const token = readToken(json);
    const form = await validateFormFields(json, newPasswordFormFields);
    if (form.status === 'FIELD_ERROR') {
      return form;
    }
    const result = await this.passwordResetService.resetPassword(
      token,
      getStringValue(form.formFields, PASSWORD_FIELD_ID),
    );
    if (result.status === 'OK') {
      await this.rateLimitService.reportPasswordReset({ email: result.email, address: getAddress(request) });
    }
    return result.status === 'PASSWORD_POLICY_VIOLATED_ERROR'
      ? { status: 'FIELD_ERROR', formFields: [{ id: PASSWORD_FIELD_ID, error: result.failureReason }] }
      : { status: result.status };
  }

  /** Routes are mounted before the options are known. */
  private getConfig(): AuthConfig['emailPassword'] {
    const { emailPassword } = this.config;
    if (!emailPassword.passwordReset.isEnabled) {
      throw new NotFoundException();
    }
    return emailPassword;
  }
}
