import { Body, Controller, Get, Inject, Post, Query, Req, Res, UseFilters } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../../config/auth-config.js';
import {
  EmailPasswordSignIn,
  type SignInOutcome,
  type SignUpOutcome,
} from '../../email-password/email-password-sign-in.js';
import { SessionEmailVerification } from '../../email-verification/session-email-verification.js';
import { EMAIL_FIELD_ID, PASSWORD_FIELD_ID, type FormFieldRule } from '../../http/form-fields.js';
import type { HttpRequest } from '../../http/http-request.js';
import type { HttpResponse } from '../../http/http-response.js';
import { TooManyRequestsException } from '../../rate-limits/too-many-requests.exception.js';
import { FrontendSdkCookie } from '../../session/frontend-sdk-cookie.js';
import { Public } from '../../session/public.decorator.js';
import type { SessionContainer } from '../../session/session-container.js';
import { MAX_RETURN_PATH_LENGTH } from '../../third-party/return-path.js';
import { AUTH_PAGES_CONFIG, getFieldLabel, type AuthPagesConfig } from '../auth-pages.options.js';
import { getPasswordHint } from '../password-hint.js';
import { PageExceptionFilter } from '../page-exception.filter.js';
import { toFormFields, type PostedForm } from '../page-form.js';
import { PageFormService, type FormFailure } from '../page-form.service.js';
import { PageRenderer, type PageExchange, type SendPageOptions } from '../page-renderer.service.js';
import { PageSessionService } from '../page-session.service.js';
import type { ExtraField, ProviderLink } from '../page-templates.js';
import { getProviderErrorText } from '../provider-error-text.js';
import { fill } from '../texts/page-texts.js';

type Query = Readonly<Record<string, unknown>>;

/** What a person sees of the sign-in or the sign-up page. */
interface SignInPageState {
  readonly returnPath: string;
  readonly values?: Readonly<Record<string, string>>;
  readonly failure?: FormFailure | undefined;
  readonly notice?: string | undefined;
}

/** Sign-in and sign-up. */
@Public()
@UseFilters(PageExceptionFilter)
@Controller()
export class SignInPageController {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_PAGES_CONFIG) private readonly pages: AuthPagesConfig,
    @Inject(EmailPasswordSignIn) private readonly emailPasswordSignIn: EmailPasswordSignIn,
    @Inject(SessionEmailVerification) private readonly verification: SessionEmailVerification,
    @Inject(FrontendSdkCookie) private readonly sdkCookie: FrontendSdkCookie,
    @Inject(PageRenderer) private readonly renderer: PageRenderer,
    @Inject(PageFormService) private readonly forms: PageFormService,
    @Inject(PageSessionService) private readonly sessions: PageSessionService,
  ) {}

  /** The sign-in form, or with `?show=signup` the sign-up form. Whoever is signed in already goes on. */
  @Get()
  async show(@Req() request: HttpRequest, @Res() response: HttpResponse, @Query() query: Query): Promise<void> {
    const exchange = { request, response };
    const returnPath = this.sessions.readReturnPath(exchange, query['redirectToPath']);
    const visitor = await this.sessions.find(exchange);
    if (visitor.status === 'SIGNED_IN') {
      this.renderer.redirect(exchange, this.sessions.getNextPath(visitor.session, returnPath));
      return;
    }
    const { texts } = this.renderer.getLanguage(request);
    const problem = getProviderErrorText(texts, query['error']);
    const state = {
      returnPath,
      failure: problem === undefined ? undefined : { status: 200, message: problem },
      notice: query['notice'] === 'password_changed' ? texts.signIn.passwordChanged : undefined,
    };
    const options = { refreshSession: visitor.status === 'EXPIRED' };
    if (query['show'] === 'signup') {
      this.sendSignUp(exchange, state, options);
    } else {
      this.sendSignIn(exchange, state, options);
    }
  }

  /** Where a refused form is shown: loading that page again by its address leads to an empty form. */
  @Get('sign-in')
  showSignIn(@Req() request: HttpRequest, @Res() response: HttpResponse): void {
    this.renderer.redirect({ request, response }, this.renderer.paths.signIn);
  }

  /** @see showSignIn */
  @Get('sign-up')
  showSignUp(@Req() request: HttpRequest, @Res() response: HttpResponse): void {
    this.renderer.redirect({ request, response }, this.renderer.paths.signUp);
  }

  /** Takes the sign-in form. */
  @Post('sign-in')
  async signIn(@Req() request: HttpRequest, @Res() response: HttpResponse, @Body() body: unknown): Promise<void> {
    const exchange = { request, response };
    const received = this.forms.receive(exchange, body);
    const returnPath = this.sessions.readReturnPath(exchange, received.form.get('redirectToPath'));
    const { form } = received;
    const ids = getIdsInOrder(this.config.emailPassword.signInFormFields);
    if (received.status === 'REFUSED') {
      this.sendSignIn(exchange, { returnPath, failure: received.failure, values: pickValues(form, ids) });
      return;
    }
    const { texts } = this.renderer.getLanguage(request);
    const failure = await this.attempt(
      exchange,
      ids,
      (id) => (id === EMAIL_FIELD_ID ? texts.common.emailMissing : texts.common.passwordMissing),
      () => this.emailPasswordSignIn.signIn(request, response, toFormFields(form, ids), 'cookie'),
      (session) => {
        this.renderer.redirect(exchange, this.sessions.getNextPath(session, returnPath));
      },
    );
    if (failure !== undefined) {
      this.sendSignIn(exchange, { returnPath, failure, values: pickValues(form, ids) });
    }
  }

  /** Takes the sign-up form. */
  @Post('sign-up')
  async signUp(@Req() request: HttpRequest, @Res() response: HttpResponse, @Body() body: unknown): Promise<void> {
    const exchange = { request, response };
    const received = this.forms.receive(exchange, body);
    const returnPath = this.sessions.readReturnPath(exchange, received.form.get('redirectToPath'));
    const { form } = received;
    const ids = getIdsInOrder(this.config.emailPassword.signUpFormFields);
    if (received.status === 'REFUSED') {
      this.sendSignUp(exchange, { returnPath, failure: received.failure, values: pickValues(form, ids) });
      return;
    }
    const failure = await this.attempt(
      exchange,
      ids,
      (id) => this.getMissingText(request, id),
      () => this.emailPasswordSignIn.signUp(request, response, toFormFields(form, ids), 'cookie'),
      async (session) => {
        this.renderer.redirect(exchange, await this.getPathAfterSignUp(request, session, returnPath));
      },
    );
    if (failure !== undefined) {
      this.sendSignUp(exchange, { returnPath, failure, values: pickValues(form, ids) });
    }
  }

  /** @returns what is wrong with the form, or undefined if the person has been sent on. */
  private async attempt(
    exchange: PageExchange,
    ids: readonly string[],
    missing: (id: string) => string,
    action: () => Promise<SignInOutcome | SignUpOutcome>,
    goOn: (session: SessionContainer) => void | Promise<void>,
  ): Promise<FormFailure | undefined> {
    const { request, response } = exchange;
    let outcome: SignInOutcome | SignUpOutcome;
    try {
      outcome = await action();
    } catch (error) {
      return this.forms.explainException(exchange, error);
    }
    switch (outcome.status) {
      case 'OK':
        this.sdkCookie.clear(request, response);
        await goOn(outcome.session);
        return undefined;
      case 'FIELD_ERROR':
        return this.forms.explainFields(exchange, outcome.formFields, ids, missing);
      case 'WRONG_CREDENTIALS_ERROR':
        return { status: 422, message: this.renderer.getLanguage(request).texts.signIn.wrongCredentials };
      case 'SIGN_IN_NOT_ALLOWED':
      case 'SIGN_UP_NOT_ALLOWED':
        return this.forms.explainRefusal(exchange, outcome.reason);
      case 'GENERAL_ERROR':
        return this.forms.explainRefusal(exchange, outcome.message);
    }
  }

  /** Where addresses must be verified, the message is on its way before the person is told about it. */
  private async getPathAfterSignUp(
    request: HttpRequest,
    session: SessionContainer,
    returnPath: string,
  ): Promise<string> {
    if (!this.sessions.mustVerifyEmail(session)) {
      return returnPath;
    }
    const { verifyEmail } = this.renderer.paths;
    try {
      await this.verification.sendEmail(request, session);
    } catch (error) {
      if (error instanceof TooManyRequestsException) {
        return this.sessions.withReturnPath(verifyEmail, returnPath);
      }
      throw error;
    }
    return this.sessions.withReturnPath(verifyEmail, returnPath, { sent: '1' });
  }

  private sendSignIn(exchange: PageExchange, state: SignInPageState, options: SendPageOptions = {}): void {
    const { returnPath, failure, values = {} } = state;
    const { paths } = this.renderer;
    this.renderer.send(
      exchange,
      'signIn',
      {
        form: this.forms.create(exchange, `${this.config.appInfo.websiteBasePath}/sign-in`, {
          hidden: { redirectToPath: this.toHiddenPath(returnPath) },
          values,
          failure,
        }),
        providers: this.getProviders(exchange.request, returnPath),
        forgotPasswordHref: this.config.emailPassword.passwordReset.isEnabled ? paths.resetPassword : undefined,
        signUpHref: this.sessions.withReturnPath(paths.signUp, returnPath),
        notice: state.notice,
      },
      { status: failure?.status ?? 200, ...options },
    );
  }

  private sendSignUp(exchange: PageExchange, state: SignInPageState, options: SendPageOptions = {}): void {
    const { returnPath, failure, values = {} } = state;
    this.renderer.send(
      exchange,
      'signUp',
      {
        form: this.forms.create(exchange, `${this.config.appInfo.websiteBasePath}/sign-up`, {
          hidden: { redirectToPath: this.toHiddenPath(returnPath) },
          values,
          failure,
        }),
        passwordHint: getPasswordHint(this.config.emailPassword, this.renderer.getLanguage(exchange.request)),
        extraFields: this.getExtraFields(exchange.request),
        providers: this.getProviders(exchange.request, returnPath),
        signInHref: this.sessions.withReturnPath(this.renderer.paths.signIn, returnPath),
      },
      { status: failure?.status ?? 200, ...options },
    );
  }

  private toHiddenPath(returnPath: string): string | undefined {
    return returnPath === this.pages.signedInPath ? undefined : returnPath;
  }

  private getExtraFields(request: HttpRequest): ExtraField[] {
    const language = this.renderer.getLanguage(request);
    return this.config.emailPassword.signUpFormFields
      .filter(({ id }) => id !== EMAIL_FIELD_ID && id !== PASSWORD_FIELD_ID)
      .map(({ id, optional }) => {
        const appearance = this.pages.signUpFields.get(id);
        return {
          id,
          label: getFieldLabel(this.pages, language, id),
          type: appearance?.type ?? 'text',
          autocomplete: appearance?.autocomplete,
          optional,
        };
      });
  }

  private getMissingText(request: HttpRequest, id: string): string {
    const language = this.renderer.getLanguage(request);
    const { common, signUp } = language.texts;
    switch (id) {
      case EMAIL_FIELD_ID:
        return common.emailMissing;
      case PASSWORD_FIELD_ID:
        return signUp.choosePassword;
      default:
        return fill(common.fieldMissing, { field: getFieldLabel(this.pages, language, id) });
    }
  }

  /** Links into the redirect flow of the API, which needs no script. */
  private getProviders(request: HttpRequest, returnPath: string): ProviderLink[] {
    const { appInfo, thirdParty, emailVerification } = this.config;
    const isOneOrigin = appInfo.apiDomain.value === appInfo.getWebsiteDomain(request).value;
    // Back by the sign-in page, which knows who must verify an address first.
    const { signIn } = this.renderer.paths;
    const bySignIn = this.sessions.withReturnPath(signIn, returnPath);
    const redirectToPath =
      emailVerification.mode !== 'REQUIRED'
        ? returnPath
        : bySignIn.length <= MAX_RETURN_PATH_LENGTH
          ? bySignIn
          : signIn;
    return thirdParty.providers.map(({ id, name }) => {
      const path = `${appInfo.publicApiBasePath}/signin/${encodeURIComponent(id)}?${String(new URLSearchParams({ redirectToPath }))}`;
      return { id, name, href: isOneOrigin ? path : appInfo.apiDomain.value + path };
    });
  }
}

/** The fields as they stand on the page: email, password, and the app's own. */
function getIdsInOrder(rules: readonly FormFieldRule[]): string[] {
  return [...new Set([EMAIL_FIELD_ID, PASSWORD_FIELD_ID, ...rules.map(({ id }) => id)])];
}

/** What a form is filled in with again: never a password. */
function pickValues(form: PostedForm, ids: readonly string[]): Record<string, string> {
  return Object.fromEntries(ids.filter((id) => id !== PASSWORD_FIELD_ID).map((id) => [id, form.get(id) ?? '']));
}
