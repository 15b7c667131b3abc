import { Body, Controller, HttpCode, Inject, NotFoundException, Post, Req, UseGuards } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import type { FieldErrorResult } from '../http/form-fields.js';
import type { HttpRequest } from '../http/http-request.js';
import { readJsonObject } from '../http/json-body.js';
import { readToken } from '../http/read-token.js';
import { TenantGuard, tenantPaths } from '../http/tenant.guard.js';
import { Public } from '../session/public.decorator.js';
import { PasswordResetForms } from './password-reset-forms.js';

/** The endpoints for a forgotten password (contract §5), each also below a tenant (contract §9). */
@Public()
@UseGuards(TenantGuard)
@Controller()
export class PasswordResetController {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(PasswordResetForms) private readonly forms: PasswordResetForms,
  ) {}

  /** Sends a message with a link. The answer is the same whether or not the email has an account. */
  @Post(tenantPaths('user/password/reset/token'))
  @HttpCode(200)
  async sendEmail(
    @Req() request: HttpRequest,
    @Body() body: unknown,
  ): Promise<{ readonly status: 'OK' } | FieldErrorResult> {
    this.assertEnabled();
    return this.forms.requestEmail(request, readJsonObject(request, body));
  }

  /** Sets a new password with the token of a message. It signs nobody in. */
  @Post(tenantPaths('user/password/reset'))
  @HttpCode(200)
  async reset(
    @Req() request: HttpRequest,
    @Body() body: unknown,
  ): Promise<{ readonly status: 'OK' | 'RESET_PASSWORD_INVALID_TOKEN_ERROR' } | FieldErrorResult> {
    this.assertEnabled();
    const json = readJsonObject(request, body);
    return this.forms.reset(request, readToken(json), json);
  }

  /** Routes are mounted before the options are known. */
  private assertEnabled(): void {
    if (!this.config.emailPassword.passwordReset.isEnabled) {
      throw new NotFoundException();
    }
  }
}
