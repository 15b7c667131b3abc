import { Body, Controller, Get, Inject, NotFoundException, Post, Query, Req, Res, UseFilters } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../../config/auth-config.js';
import { PasswordResetForms } from '../../email-password/password-reset-forms.js';
import { EMAIL_FIELD_ID, PASSWORD_FIELD_ID } from '../../http/form-fields.js';
import type { HttpRequest } from '../../http/http-request.js';
import type { HttpResponse } from '../../http/http-response.js';
import { Public } from '../../session/public.decorator.js';
import { getPasswordHint } from '../password-hint.js';
import { PageExceptionFilter } from '../page-exception.filter.js';
import { toFormFields, type PostedForm } from '../page-form.js';
import { PageFormService, type FormFailure } from '../page-form.service.js';
import { PageRenderer, type PageExchange } from '../page-renderer.service.js';

/** A forgotten password: without a token the page asks for the email, with one for the new password. */
@Public()
@UseFilters(PageExceptionFilter)
@Controller()
export class ResetPasswordPageController {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(PasswordResetForms) private readonly resets: PasswordResetForms,
    @Inject(PageRenderer) private readonly renderer: PageRenderer,
    @Inject(PageFormService) private readonly forms: PageFormService,
  ) {}

  /** The page that links in messages lead to. */
  @Get('reset-password')
  show(
    @Req() request: HttpRequest,
    @Res() response: HttpResponse,
    @Query() query: Readonly<Record<string, unknown>>,
  ): void {
    this.assertEnabled();
    const exchange = { request, response };
    const { token, sent } = query;
    if (typeof token === 'string' && token !== '') {
      this.sendNewPasswordForm(exchange, token);
    } else if (sent !== undefined) {
      this.renderer.send(exchange, 'forgotPasswordSent', {});
    } else {
      this.sendEmailForm(exchange);
    }
  }

  /** Takes either form: the one with a token sets the password. */
  @Post('reset-password')
  async take(@Req() request: HttpRequest, @Res() response: HttpResponse, @Body() body: unknown): Promise<void> {
    this.assertEnabled();
    const exchange = { request, response };
    const received = this.forms.receive(exchange, body);
    const token = received.form.get('token');
    if (received.status === 'REFUSED' && token === undefined) {
      this.sendEmailForm(exchange, received.failure, { email: received.form.get(EMAIL_FIELD_ID) ?? '' });
    } else if (received.status === 'REFUSED' && token !== undefined) {
      this.sendNewPasswordForm(exchange, token, received.failure);
    } else if (token === undefined) {
      await this.requestEmail(exchange, received.form);
    } else {
      await this.reset(exchange, token, received.form);
    }
  }

  private async requestEmail(exchange: PageExchange, form: PostedForm): Promise<void> {
    const ids = [EMAIL_FIELD_ID];
    const values = { email: form.get(EMAIL_FIELD_ID) ?? '' };
    try {
      const outcome = await this.resets.requestEmail(exchange.request, toFormFields(form, ids));
      if (outcome.status === 'OK') {
        this.renderer.redirect(exchange, `${this.renderer.paths.resetPassword}?sent=1`);
        return;
      }
      const { texts } = this.renderer.getLanguage(exchange.request);
      const failure = this.forms.explainFields(exchange, outcome.formFields, ids, () => texts.common.emailMissing);
      this.sendEmailForm(exchange, failure, values);
    } catch (error) {
      this.sendEmailForm(exchange, this.forms.explainException(exchange, error), values);
    }
  }

  private async reset(exchange: PageExchange, token: string, form: PostedForm): Promise<void> {
    const { texts } = this.renderer.getLanguage(exchange.request);
    const ids = [PASSWORD_FIELD_ID];
    const outcome = await this.resets.reset(exchange.request, token, toFormFields(form, ids));
    switch (outcome.status) {
      case 'OK':
        this.renderer.redirect(exchange, `${this.renderer.paths.signIn}?notice=password_changed`);
        return;
      case 'RESET_PASSWORD_INVALID_TOKEN_ERROR':
        this.sendEmailForm(exchange, { status: 422, message: texts.forgotPassword.invalidToken });
        return;
      case 'FIELD_ERROR':
        this.sendNewPasswordForm(
          exchange,
          token,
          this.forms.explainFields(exchange, outcome.formFields, ids, () => texts.signUp.choosePassword),
        );
    }
  }

  private sendEmailForm(
    exchange: PageExchange,
    failure?: FormFailure,
    values: Readonly<Record<string, string>> = {},
  ): void {
    const form = this.forms.create(exchange, this.renderer.paths.resetPassword, { failure, values });
    this.renderer.send(exchange, 'forgotPassword', { form }, { status: failure?.status ?? 200 });
  }

  private sendNewPasswordForm(exchange: PageExchange, token: string, failure?: FormFailure): void {
    const form = this.forms.create(exchange, this.renderer.paths.resetPassword, { hidden: { token }, failure });
    const passwordHint = getPasswordHint(this.config.emailPassword, this.renderer.getLanguage(exchange.request));
    this.renderer.send(exchange, 'resetPassword', { form, passwordHint }, { status: failure?.status ?? 200 });
  }

  /** Routes are mounted before the options are known. */
  private assertEnabled(): void {
    if (!this.config.emailPassword.passwordReset.isEnabled) {
      throw new NotFoundException();
    }
  }
}
