import { Body, Controller, Get, Inject, Post, Query, Req, Res, UseFilters } from '@nestjs/common';
import type { HttpRequest } from '../../http/http-request.js';
import type { HttpResponse } from '../../http/http-response.js';
import { FrontendSdkCookie } from '../../session/frontend-sdk-cookie.js';
import { Public } from '../../session/public.decorator.js';
import { SessionService } from '../../session/session.service.js';
import { PageExceptionFilter } from '../page-exception.filter.js';
import { PageFormService, type FormFailure } from '../page-form.service.js';
import { PageRenderer, type PageExchange } from '../page-renderer.service.js';
import { PageSessionService } from '../page-session.service.js';
import { getProviderErrorText } from '../provider-error-text.js';

/** Sign-out, and the page that says that something went wrong. */
@Public()
@UseFilters(PageExceptionFilter)
@Controller()
export class SignOutPageController {
  constructor(
    @Inject(SessionService) private readonly sessionService: SessionService,
    @Inject(FrontendSdkCookie) private readonly sdkCookie: FrontendSdkCookie,
    @Inject(PageRenderer) private readonly renderer: PageRenderer,
    @Inject(PageFormService) private readonly forms: PageFormService,
    @Inject(PageSessionService) private readonly sessions: PageSessionService,
  ) {}

  /** A page for a link: it signs nobody out before its button is pressed, or any site could. */
  @Get('sign-out')
  async confirm(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    const exchange = { request, response };
    const { status } = await this.sessions.find(exchange);
    if (status === 'SIGNED_OUT') {
      this.renderer.redirect(exchange, this.renderer.paths.signedOut);
    } else {
      // A session that the script has renewed is certain to be known by its access token.
      this.sendConfirmation(exchange, { refreshSession: status === 'EXPIRED' });
    }
  }

  /** Ends the session, and takes its tokens from the browser. */
  @Post('sign-out')
  async signOut(@Req() request: HttpRequest, @Res() response: HttpResponse, @Body() body: unknown): Promise<void> {
    const exchange = { request, response };
    const received = this.forms.receive(exchange, body);
    if (received.status === 'REFUSED') {
      this.sendConfirmation(exchange, { failure: received.failure });
      return;
    }
    await this.sessionService.revokeSessionOfRequest(request, response);
    this.sdkCookie.clear(request, response);
    this.renderer.redirect(exchange, this.renderer.paths.signedOut);
  }

  /** Says that there is no session any more. */
  @Get('signed-out')
  showSignedOut(@Req() request: HttpRequest, @Res() response: HttpResponse): void {
    this.renderer.send({ request, response }, 'signedOut', {});
  }

  /** Says that something went wrong, for an app that sends people here. `?error=` is a code of the redirect flow. */
  @Get('error')
  showError(
    @Req() request: HttpRequest,
    @Res() response: HttpResponse,
    @Query() query: Readonly<Record<string, unknown>>,
  ): void {
    const { texts } = this.renderer.getLanguage(request);
    const message = getProviderErrorText(texts, query['error']) ?? texts.error.general;
    this.renderer.send({ request, response }, 'error', { heading: texts.error.heading, message });
  }

  private sendConfirmation(
    exchange: PageExchange,
    { failure, refreshSession }: { readonly failure?: FormFailure; readonly refreshSession?: boolean },
  ): void {
    const form = this.forms.create(exchange, this.renderer.paths.signOut, { failure });
    this.renderer.send(exchange, 'signOut', { form }, { status: failure?.status ?? 200, refreshSession });
  }
}
