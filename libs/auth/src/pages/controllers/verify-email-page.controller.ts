import { Body, Controller, Get, Inject, NotFoundException, Post, Query, Req, Res, UseFilters } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../../config/auth-config.js';
import { SessionEmailVerification } from '../../email-verification/session-email-verification.js';
import type { HttpRequest } from '../../http/http-request.js';
import type { HttpResponse } from '../../http/http-response.js';
import { Public } from '../../session/public.decorator.js';
import type { SessionContainer } from '../../session/session-container.js';
import { UserService } from '../../users/user.service.js';
import { PageExceptionFilter } from '../page-exception.filter.js';
import { PageFormService, type FormFailure } from '../page-form.service.js';
import { PageRenderer, type PageExchange } from '../page-renderer.service.js';
import { PageSessionService } from '../page-session.service.js';

/**
 * Verification of an address. The link in a message leads to a page with a button: programs that look at mail follow links,
 * and must neither use a link up nor confirm an address that is not theirs to confirm.
 */
@Public()
@UseFilters(PageExceptionFilter)
@Controller()
export class VerifyEmailPageController {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(SessionEmailVerification) private readonly verification: SessionEmailVerification,
    @Inject(UserService) private readonly userService: UserService,
    @Inject(PageRenderer) private readonly renderer: PageRenderer,
    @Inject(PageFormService) private readonly forms: PageFormService,
    @Inject(PageSessionService) private readonly sessions: PageSessionService,
  ) {}

  /** The page that links in messages lead to; without a token it tells a signed-in person to look into their mail. */
  @Get('verify-email')
  async show(
    @Req() request: HttpRequest,
    @Res() response: HttpResponse,
    @Query() query: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const exchange = { request, response };
    const { token, sent, status } = query;
    const returnPath = this.sessions.readReturnPath(exchange, query['redirectToPath']);
    if (typeof token === 'string' && token !== '') {
      const session = await this.findSession(exchange);
      this.renderer.send(exchange, 'verifyEmail', {
        form: this.forms.create(exchange, this.renderer.paths.verifyEmail, { hidden: { token } }),
        // Nobody confirms by looking at a link what somebody else has asked for.
        autoSubmit: session !== undefined && (await this.verification.isTokenOf(session, token)),
      });
    } else if (status === 'verified') {
      this.renderer.send(exchange, 'emailVerified', { continueHref: returnPath });
    } else {
      await this.showWaiting(exchange, returnPath, sent !== undefined);
    }
  }

  /** Uses the token of a message. The browser that follows the link need not be the one that is signed in. */
  @Post('verify-email')
  async verify(@Req() request: HttpRequest, @Res() response: HttpResponse, @Body() body: unknown): Promise<void> {
    const exchange = { request, response };
    const received = this.forms.receive(exchange, body);
    const token = received.form.get('token') ?? '';
    const { texts } = this.renderer.getLanguage(request);
    if (received.status === 'REFUSED') {
      this.sendConfirmation(exchange, token, received.failure);
      return;
    }
    const session = await this.findSession(exchange);
    // Without the feature sessions have no claim that could follow; a change of an address is confirmed here too.
    const claimant = this.config.emailVerification.mode === 'OFF' ? undefined : session;
    const result = await this.verification.verify(token, claimant);
    if (result.status === 'OK') {
      this.renderer.redirect(exchange, `${this.renderer.paths.verifyEmail}?status=verified`);
      return;
    }
    const failure = { status: 422, message: texts.verifyEmail.invalidToken };
    if (claimant !== undefined && !(await this.verification.isVerified(claimant))) {
      await this.sendWaiting(exchange, claimant, { failure });
    } else {
      const view = { heading: texts.verifyEmail.heading, message: failure.message };
      this.renderer.send(exchange, 'error', view, { status: failure.status });
    }
  }

  /** Sends the message once more. */
  @Post('verify-email/send')
  async sendEmail(@Req() request: HttpRequest, @Res() response: HttpResponse, @Body() body: unknown): Promise<void> {
    this.assertEnabled();
    const exchange = { request, response };
    const received = this.forms.receive(exchange, body);
    const returnPath = this.sessions.readReturnPath(exchange, received.form.get('redirectToPath'));
    const session = await this.findSession(exchange);
    const { verifyEmail } = this.renderer.paths;
    if (session === undefined) {
      this.renderer.redirect(exchange, this.sessions.withReturnPath(verifyEmail, returnPath));
      return;
    }
    if (received.status === 'REFUSED') {
      await this.sendWaiting(exchange, session, { returnPath, failure: received.failure });
      return;
    }
    try {
      const { status } = await this.verification.sendEmail(request, session);
      const isSent = status === 'OK';
      this.renderer.redirect(
        exchange,
        isSent ? this.sessions.withReturnPath(verifyEmail, returnPath, { sent: '1' }) : returnPath,
      );
    } catch (error) {
      const failure = this.forms.explainException(exchange, error);
      await this.sendWaiting(exchange, session, { returnPath, failure });
    }
  }

  private async showWaiting(exchange: PageExchange, returnPath: string, wasSent: boolean): Promise<void> {
    this.assertEnabled();
    const session = await this.findSession(exchange);
    const { signIn, verifyEmail } = this.renderer.paths;
    if (session === undefined) {
      // The sign-in page renews a session that has expired, and comes back.
      const here = this.sessions.withReturnPath(verifyEmail, returnPath);
      this.renderer.redirect(exchange, this.sessions.withReturnPath(signIn, here));
    } else if (await this.verification.isVerified(session)) {
      this.renderer.redirect(exchange, returnPath);
    } else {
      await this.sendWaiting(exchange, session, { returnPath, wasSent });
    }
  }

  private async sendWaiting(
    exchange: PageExchange,
    session: SessionContainer,
    options: { readonly returnPath?: string; readonly wasSent?: boolean; readonly failure?: FormFailure },
  ): Promise<void> {
    const { returnPath, wasSent = false, failure } = options;
    const user = await this.userService.getUser(session.getUserId());
    const loginMethod = user?.loginMethods.find(({ recipeUserId }) => recipeUserId === session.getRecipeUserId());
    const { verifyEmail, signOut } = this.renderer.paths;
    this.renderer.send(
      exchange,
      'verifyEmailSent',
      {
        form: this.forms.create(exchange, `${verifyEmail}/send`, { hidden: { redirectToPath: returnPath }, failure }),
        signOutForm: this.forms.create(exchange, signOut),
        email: loginMethod?.email ?? '',
        wasSent,
      },
      { status: failure?.status ?? 200 },
    );
  }

  private sendConfirmation(exchange: PageExchange, token: string, failure: FormFailure): void {
    const form = this.forms.create(exchange, this.renderer.paths.verifyEmail, { hidden: { token }, failure });
    this.renderer.send(exchange, 'verifyEmail', { form, autoSubmit: false }, { status: failure.status });
  }

  private async findSession(exchange: PageExchange): Promise<SessionContainer | undefined> {
    const visitor = await this.sessions.find(exchange);
    return visitor.status === 'SIGNED_IN' ? visitor.session : undefined;
  }

  /** Routes are mounted before the options are known. */
  private assertEnabled(): void {
    if (this.config.emailVerification.mode === 'OFF') {
      throw new NotFoundException();
    }
  }
}
