import { Body, Controller, Get, Inject, Post, Query, Req, Res, UseFilters } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../../config/auth-config.js';
import { EmailPasswordService } from '../../email-password/email-password.service.js';
import type { HttpRequest } from '../../http/http-request.js';
import type { HttpResponse } from '../../http/http-response.js';
import { FrontendSdkCookie } from '../../session/frontend-sdk-cookie.js';
import { Public } from '../../session/public.decorator.js';
import type { SessionContainer } from '../../session/session-container.js';
import { SessionService } from '../../session/session.service.js';
import { SessionTransport } from '../../session/session-transport.js';
import { normaliseEmail } from '../../users/normalise-email.js';
import { UserService } from '../../users/user.service.js';
import type { EmailPasswordLoginMethod, LoginMethod, User } from '../../users/user.js';
import { translateMessage } from '../auth-pages.options.js';
import { getPasswordHint } from '../password-hint.js';
import { PageExceptionFilter } from '../page-exception.filter.js';
import type { PostedForm } from '../page-form.js';
import { PageFormService, type FormFailure } from '../page-form.service.js';
import { PageRenderer, type PageExchange } from '../page-renderer.service.js';
import { PageSessionService } from '../page-session.service.js';
import type { AccountNotice } from '../page-templates.js';

/** How old a session may be that deletes an account without a password, in milliseconds. */
const FRESH_SESSION_MS = 600_000;

const NOTICES: ReadonlySet<unknown> = new Set<AccountNotice>(['password', 'email', 'session', 'sessions', 'expired']);

/** A signed-in person, and the form that the person has sent. */
interface Visit {
  readonly exchange: PageExchange;
  readonly session: SessionContainer;
  readonly user: User;
  /** The way to sign in with a password, if the person has it. */
  readonly passwordLogin: EmailPasswordLoginMethod | undefined;
}

/** What a person can see and change of the own account. Without a session the sign-in page comes first. */
@Public()
@UseFilters(PageExceptionFilter)
@Controller()
export class AccountPageController {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(SessionService) private readonly sessionService: SessionService,
    @Inject(EmailPasswordService) private readonly emailPasswordService: EmailPasswordService,
    @Inject(UserService) private readonly userService: UserService,
    @Inject(SessionTransport) private readonly transport: SessionTransport,
    @Inject(FrontendSdkCookie) private readonly sdkCookie: FrontendSdkCookie,
    @Inject(PageRenderer) private readonly renderer: PageRenderer,
    @Inject(PageFormService) private readonly forms: PageFormService,
    @Inject(PageSessionService) private readonly sessions: PageSessionService,
  ) {}

  /** Ways to sign in, and where the person is signed in. `?done=` says what has just been done. */
  @Get('account')
  async show(
    @Req() request: HttpRequest,
    @Res() response: HttpResponse,
    @Query() query: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const visit = await this.admit({ request, response }, this.renderer.paths.account);
    if (visit !== undefined) {
      await this.sendOverview(visit, { notice: isNotice(query['done']) ? query['done'] : undefined });
    }
  }

  /** Ends one session of the person. */
  @Post('account/sign-out')
  async signOutOne(@Req() request: HttpRequest, @Res() response: HttpResponse, @Body() body: unknown): Promise<void> {
    await this.take(
      { request, response },
      body,
      (visit, failure) => this.sendOverview(visit, { failure }),
      async (visit, form) => {
        const handle = form.get('sessionHandle') ?? '';
        const own = await this.sessionService.listSessions(visit.user.id);
        if (own.some(({ sessionHandle }) => sessionHandle === handle)) {
          await this.sessionService.revokeSession(handle);
        }
        this.goToAccount(visit.exchange, 'session');
      },
    );
  }

  /** Ends all sessions of the person but this one. */
  @Post('account/sign-out-others')
  async signOutOthers(
    @Req() request: HttpRequest,
    @Res() response: HttpResponse,
    @Body() body: unknown,
  ): Promise<void> {
    await this.take(
      { request, response },
      body,
      (visit, failure) => this.sendOverview(visit, { failure }),
      async ({ exchange, user, session }) => {
        await this.sessionService.revokeOtherSessions(user.id, session.getHandle());
        this.goToAccount(exchange, 'sessions');
      },
    );
  }

  @Get('account/password')
  async showPassword(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    const visit = await this.admit({ request, response }, this.renderer.paths.changePassword);
    if (visit !== undefined) {
      this.sendPasswordForm(visit);
    }
  }

  /** Changes the password, and ends the other sessions. */
  @Post('account/password')
  async changePassword(
    @Req() request: HttpRequest,
    @Res() response: HttpResponse,
    @Body() body: unknown,
  ): Promise<void> {
    await this.take(
      { request, response },
      body,
      (visit, failure) => this.sendPasswordForm(visit, failure),
      async (visit, form) => {
        const failure = await this.tryToChangePassword(visit, form);
        if (failure === undefined) {
          this.goToAccount(visit.exchange, 'password');
        } else {
          this.sendPasswordForm(visit, failure);
        }
      },
    );
  }

  @Get('account/email')
  async showEmail(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    const visit = await this.admit({ request, response }, this.renderer.paths.changeEmail);
    if (visit !== undefined) {
      this.sendEmailForm(visit);
    }
  }

  /** Sends a link to the new address. */
  @Post('account/email')
  async changeEmail(@Req() request: HttpRequest, @Res() response: HttpResponse, @Body() body: unknown): Promise<void> {
    await this.take(
      { request, response },
      body,
      (visit, failure, form) => this.sendEmailForm(visit, failure, form.get('email')),
      async (visit, form) => {
        const failure = await this.tryToChangeEmail(visit, form);
        if (failure === undefined) {
          this.goToAccount(visit.exchange, 'email');
        } else {
          this.sendEmailForm(visit, failure, form.get('email'));
        }
      },
    );
  }

  @Get('account/delete')
  async showDeletion(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    const visit = await this.admit({ request, response }, this.renderer.paths.deleteAccount);
    if (visit !== undefined) {
      await this.sendDeletionForm(visit);
    }
  }

  /** Removes the account for good, and signs out. */
  @Post('account/delete')
  async delete(@Req() request: HttpRequest, @Res() response: HttpResponse, @Body() body: unknown): Promise<void> {
    await this.take(
      { request, response },
      body,
      (visit, failure) => this.sendDeletionForm(visit, failure),
      async (visit, form) => {
        const failure = await this.proveIdentity(visit, form);
        if (failure !== undefined) {
          await this.sendDeletionForm(visit, failure);
          return;
        }
        await this.userService.deleteUser(visit.user.id);
        this.transport.clear(request, response);
        this.sdkCookie.clear(request, response);
        this.renderer.redirect(visit.exchange, this.renderer.paths.signedOut);
      },
    );
  }

  /**
   * Finds who asks. Whoever is not signed in, or not any more, goes to the sign-in page, which renews an old session.
   * @param comeBackTo the page of the account that the person sees then.
   */
  private async admit(exchange: PageExchange, comeBackTo: string): Promise<Visit | undefined> {
    const visitor = await this.sessions.find(exchange);
    const session = visitor.status === 'SIGNED_IN' ? visitor.session : undefined;
    const user = session === undefined ? undefined : await this.userService.getUser(session.getUserId());
    if (session === undefined || user === undefined) {
      // The sign-in page sends everybody with a session back here, also one whose user is gone.
      await session?.revokeSession();
      this.renderer.redirect(exchange, this.sessions.withReturnPath(this.renderer.paths.signIn, comeBackTo));
      return undefined;
    }
    return { exchange, session, user, passwordLogin: findPasswordLogin(user, session.getRecipeUserId()) };
  }

  /** Takes a form of a signed-in person: what is wrong with it as a whole goes to `refuse`, the rest to `act`. */
  private async take(
    exchange: PageExchange,
    body: unknown,
    refuse: (visit: Visit, failure: FormFailure, form: PostedForm) => Promise<void> | void,
    act: (visit: Visit, form: PostedForm) => Promise<void>,
  ): Promise<void> {
    const received = this.forms.receive(exchange, body);
    const visit = await this.admit(exchange, this.getAccountPath('expired'));
    if (visit === undefined) {
      return;
    }
    if (received.status === 'REFUSED') {
      await refuse(visit, received.failure, received.form);
      return;
    }
    try {
      await act(visit, received.form);
    } catch (error) {
      await refuse(visit, this.forms.explainException(exchange, error), received.form);
    }
  }

  private async tryToChangePassword(
    { exchange, session, passwordLogin }: Visit,
    form: PostedForm,
  ): Promise<FormFailure | undefined> {
    const language = this.renderer.getLanguage(exchange.request);
    const { account, common, signUp } = language.texts;
    const missing = findMissing(form, { currentPassword: common.passwordMissing, newPassword: signUp.choosePassword });
    if (missing !== undefined || passwordLogin === undefined) {
      return missing ?? { status: 422, message: account.noPassword };
    }
    const result = await this.emailPasswordService.changePassword({
      recipeUserId: passwordLogin.recipeUserId,
      currentPassword: form.get('currentPassword') ?? '',
      newPassword: form.get('newPassword') ?? '',
      keepSessionHandle: session.getHandle(),
    });
    switch (result.status) {
      case 'OK':
        return undefined;
      case 'PASSWORD_POLICY_VIOLATED_ERROR':
        return failField('newPassword', translateMessage(language, result.failureReason));
      case 'WRONG_CREDENTIALS_ERROR':
      case 'UNKNOWN_USER_ID_ERROR':
        return failField('currentPassword', account.wrongPassword);
    }
  }

  private async tryToChangeEmail(
    { exchange, session, passwordLogin }: Visit,
    form: PostedForm,
  ): Promise<FormFailure | undefined> {
    const language = this.renderer.getLanguage(exchange.request);
    const { account, common } = language.texts;
    const missing = findMissing(form, { email: common.emailMissing, currentPassword: common.passwordMissing });
    if (missing !== undefined || passwordLogin === undefined) {
      return missing ?? { status: 422, message: account.noPassword };
    }
    if (normaliseEmail(form.get('email') ?? '') === passwordLogin.email) {
      return failField('email', account.sameEmail);
    }
    const result = await this.emailPasswordService.requestEmailChange({
      recipeUserId: passwordLogin.recipeUserId,
      currentPassword: form.get('currentPassword') ?? '',
      newEmail: form.get('email') ?? '',
      keepSessionHandle: session.getHandle(),
      websiteDomain: this.config.appInfo.getWebsiteDomain(exchange.request).value,
    });
    switch (result.status) {
      case 'OK':
        return undefined;
      case 'EMAIL_INVALID_ERROR':
        return failField('email', translateMessage(language, result.failureReason));
      case 'EMAIL_ALREADY_EXISTS_ERROR':
        return failField('email', account.emailTaken);
      case 'WRONG_CREDENTIALS_ERROR':
      case 'UNKNOWN_USER_ID_ERROR':
        return failField('currentPassword', account.wrongPassword);
    }
  }

  /** A stolen session alone must not delete an account: it takes the password, or a sign-in of just now. */
  private async proveIdentity(
    { exchange, session, passwordLogin }: Visit,
    form: PostedForm,
  ): Promise<FormFailure | undefined> {
    const { account, common } = this.renderer.getLanguage(exchange.request).texts;
    if (passwordLogin === undefined) {
      return (await this.isFresh(session)) ? undefined : { status: 403, message: account.signInAgain };
    }
    const missing = findMissing(form, { currentPassword: common.passwordMissing });
    if (missing !== undefined) {
      return missing;
    }
    const { recipeUserId } = passwordLogin;
    const currentPassword = form.get('currentPassword') ?? '';
    const { status } = await this.emailPasswordService.reauthenticate(recipeUserId, currentPassword);
    return status === 'OK' ? undefined : failField('currentPassword', account.wrongPassword);
  }

  private async isFresh(session: SessionContainer): Promise<boolean> {
    return this.config.clock.now() - (await session.getTimeCreated()) < FRESH_SESSION_MS;
  }

  private async sendOverview(
    { exchange, session, user, passwordLogin }: Visit,
    { notice, failure }: { readonly notice?: AccountNotice | undefined; readonly failure?: FormFailure },
  ): Promise<void> {
    const { account, signOut } = this.renderer.paths;
    const sessions = await this.sessionService.listSessions(user.id);
    this.renderer.send(
      exchange,
      'account',
      {
        // What was wrong with any form of the page is said with this one.
        form: this.forms.create(exchange, `${account}/sign-out-others`, { failure }),
        notice,
        loginMethods: user.loginMethods.map((loginMethod) => ({
          provider: this.getProviderName(loginMethod),
          email: loginMethod.email,
          isVerified: this.config.emailVerification.mode === 'OFF' ? undefined : loginMethod.verified,
        })),
        hasPassword: passwordLogin !== undefined,
        sessions: sessions.map(({ sessionHandle, device, ipAddress, lastSeen }) => ({
          browser: device.browser,
          os: device.os,
          ipAddress,
          lastSeen,
          isThisOne: sessionHandle === session.getHandle(),
          signOutForm: this.forms.create(exchange, `${account}/sign-out`, { hidden: { sessionHandle } }),
        })),
        signOutForm: this.forms.create(exchange, signOut),
      },
      { status: failure?.status ?? 200 },
    );
  }

  private sendPasswordForm({ exchange, passwordLogin }: Visit, failure?: FormFailure): void {
    const { changePassword } = this.renderer.paths;
    if (passwordLogin === undefined) {
      this.goToAccount(exchange);
      return;
    }
    const form = this.forms.create(exchange, changePassword, { failure });
    const passwordHint = getPasswordHint(this.config.emailPassword, this.renderer.getLanguage(exchange.request));
    const view = { form, passwordHint, email: passwordLogin.email };
    this.renderer.send(exchange, 'changePassword', view, { status: failure?.status ?? 200 });
  }

  private sendEmailForm({ exchange, passwordLogin }: Visit, failure?: FormFailure, email = ''): void {
    const { changeEmail } = this.renderer.paths;
    if (passwordLogin === undefined) {
      this.goToAccount(exchange);
      return;
    }
    const form = this.forms.create(exchange, changeEmail, { failure, values: { email } });
    this.renderer.send(
      exchange,
      'changeEmail',
      { form, currentEmail: passwordLogin.email },
      { status: failure?.status ?? 200 },
    );
  }

  private async sendDeletionForm({ exchange, session, passwordLogin }: Visit, failure?: FormFailure): Promise<void> {
    const form = this.forms.create(exchange, this.renderer.paths.deleteAccount, { failure });
    const isAllowed = passwordLogin !== undefined || (await this.isFresh(session));
    this.renderer.send(
      exchange,
      'deleteAccount',
      {
        form,
        email: passwordLogin?.email,
        signOutForm: isAllowed ? undefined : this.forms.create(exchange, this.renderer.paths.signOut),
      },
      { status: failure?.status ?? 200 },
    );
  }

  private goToAccount(exchange: PageExchange, done?: AccountNotice): void {
    this.renderer.redirect(exchange, this.getAccountPath(done));
  }

  private getAccountPath(done: AccountNotice | undefined): string {
    const { account } = this.renderer.paths;
    return done === undefined ? account : `${account}?done=${done}`;
  }

  /** @returns undefined for a password. */
  private getProviderName(loginMethod: LoginMethod): string | undefined {
    if (loginMethod.recipeId !== 'thirdparty') {
      return undefined;
    }
    const { id } = loginMethod.thirdParty;
    return this.config.thirdParty.providers.find((provider) => provider.id === id)?.name ?? id;
  }
}

function failField(id: string, message: string): FormFailure {
  return { status: 422, fieldErrors: [{ id, message }] };
}

/** @param messages what to say of fields that are empty, by their ids. */
function findMissing(form: PostedForm, messages: Readonly<Record<string, string>>): FormFailure | undefined {
  const fieldErrors = Object.entries(messages).flatMap(([id, message]) =>
    (form.get(id) ?? '') === '' ? [{ id, message }] : [],
  );
  return fieldErrors.length === 0 ? undefined : { status: 422, fieldErrors };
}

function isNotice(value: unknown): value is AccountNotice {
  return NOTICES.has(value);
}

/** The way to sign in with a password: the one that this session was made with, if it is one. */
function findPasswordLogin({ loginMethods }: User, recipeUserId: string): EmailPasswordLoginMethod | undefined {
  const found = loginMethods.filter((loginMethod) => loginMethod.recipeId === 'emailpassword');
  return found.find((loginMethod) => loginMethod.recipeUserId === recipeUserId) ?? found[0];
}
