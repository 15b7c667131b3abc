import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import type { JsonObject } from '../config/json.js';
import {
  EMAIL_FIELD_ID,
  getStringValue,
  PASSWORD_FIELD_ID,
  validateFormFields,
  type FieldErrorResult,
} from '../http/form-fields.js';
import { getAddress } from '../http/get-address.js';
import type { HttpRequest } from '../http/http-request.js';
import { RateLimitService } from '../rate-limits/rate-limit.service.js';
import { PasswordResetService } from './password-reset.service.js';

/** What the API and the pages do with the two forms for a forgotten password: checks, limits, and what was asked for. */
@Injectable()
export class PasswordResetForms {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(PasswordResetService) private readonly passwordResetService: PasswordResetService,
    @Inject(RateLimitService) private readonly rateLimitService: RateLimitService,
  ) {}

  /**
   * Sends a message with a link. The outcome is the same whether or not the email has an account.
   *
   * @param form has the `formFields` (contract §5).
   * @throws BadInputException if the fields cannot be understood.
   * @throws TooManyRequestsException if the address has asked too often.
   */
  async requestEmail(request: HttpRequest, form: JsonObject): Promise<{ readonly status: 'OK' } | FieldErrorResult> {
    const validated = await validateFormFields(form, this.config.emailPassword.emailFormFields);
    if (validated.status === 'FIELD_ERROR') {
      return validated;
    }
    const email = getStringValue(validated.formFields, EMAIL_FIELD_ID);
    if (await this.rateLimitService.limitPasswordResetMail({ email, address: getAddress(request) })) {
      await this.passwordResetService.requestPasswordReset(email, this.config.appInfo.getWebsiteDomain(request).value);
    }
    return { status: 'OK' };
  }

  /**
   * Sets a new password with the token of a message. It signs nobody in.
   *
   * @param form has the `formFields` (contract §5).
   * @throws BadInputException if the fields cannot be understood.
   */
  async reset(
    request: HttpRequest,
    token: string,
    form: JsonObject,
  ): Promise<{ readonly status: 'OK' | 'RESET_PASSWORD_INVALID_TOKEN_ERROR' } | FieldErrorResult> {
    const validated = await validateFormFields(form, this.config.emailPassword.newPasswordFormFields);
    if (validated.status === 'FIELD_ERROR') {
      return validated;
    }
    const password = getStringValue(validated.formFields, PASSWORD_FIELD_ID);
    const result = await this.passwordResetService.resetPassword(token, password);
    if (result.status === 'OK') {
      await this.rateLimitService.reportPasswordReset({ email: result.email, address: getAddress(request) });
    }
    return result.status === 'PASSWORD_POLICY_VIOLATED_ERROR'
      ? { status: 'FIELD_ERROR', formFields: [{ id: PASSWORD_FIELD_ID, error: result.failureReason }] }
      : { status: result.status };
  }
}
