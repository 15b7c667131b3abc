import { Controller, Get, Inject, Next, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { BadInputException } from '../http/auth.exception.js';
import type { HttpRequest } from '../http/http-request.js';
import { setHeader, type HttpResponse } from '../http/http-response.js';
import { TenantGuard, tenantPaths } from '../http/tenant.guard.js';
import { FrontendSdkCookie } from '../session/frontend-sdk-cookie.js';
import { Public } from '../session/public.decorator.js';
import { RedirectStateCookies } from './redirect-state-cookies.js';
import { getApiCallbackUri, getWebsiteCallbackUri } from './redirect-uri.js';
import { readReturnPath } from './return-path.js';
import { ThirdPartyProviderError } from './third-party-provider.error.js';
import { getRedirectCallbackResult, ThirdPartyRedirectGuard } from './third-party-redirect.guard.js';
import { ThirdPartyRedirectService, type StartedRedirect } from './third-party-redirect.service.js';
import type { RedirectCallbackResult } from './third-party-redirect.strategy.js';
import { ThirdPartySignIn, type ThirdPartySignInOutcome } from './third-party-sign-in.js';
import { ThirdPartyService } from './third-party.service.js';
import { WebsiteCallbackPage } from './website-callback-page.js';

/**
 * Why a person comes to the sign-in page without a session, in the query parameter `error`. It is a code and no text, because
 * anybody can make a link to that page.
 */
type RedirectError =
  | 'access_denied'
  | 'invalid_state'
  | 'no_email_given_by_provider'
  | 'provider_error'
  | 'provider_unavailable'
  | 'sign_in_up_not_allowed';

/** Sign-in by plain redirects, for websites that have no script: to the provider, back, and to the page asked for. */
@Public()
@UseGuards(TenantGuard)
@Controller()
export class ThirdPartyRedirectController {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(ThirdPartyService) private readonly thirdPartyService: ThirdPartyService,
    @Inject(ThirdPartyRedirectService) private readonly redirects: ThirdPartyRedirectService,
    @Inject(RedirectStateCookies) private readonly cookies: RedirectStateCookies,
    @Inject(ThirdPartySignIn) private readonly signIn: ThirdPartySignIn,
    @Inject(FrontendSdkCookie) private readonly sdkCookie: FrontendSdkCookie,
    @Inject(WebsiteCallbackPage) private readonly websiteCallbackPage: WebsiteCallbackPage,
  ) {}

  /** Sends a person to the provider. `redirectToPath` is the page of the website that they see afterwards. */
  @Get(tenantPaths('signin/:provider'))
  async start(
    @Req() request: HttpRequest,
    @Res() response: HttpResponse,
    @Param('provider') thirdPartyId: string,
    @Query() query: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { clientType } = query;
    const connection = this.thirdPartyService.requireProvider(
      thirdPartyId,
      typeof clientType === 'string' && clientType !== '' ? clientType : undefined,
    );
    const returnPath = readReturnPath(query['redirectToPath'], this.config.appInfo.getWebsiteDomain(request).value);
    if (this.config.session.getTokenTransferMethod({ request, forCreateNewSession: true }) === 'header') {
      throw new BadInputException('Redirects need sessions in cookies, and getTokenTransferMethod says headers');
    }
    let started: StartedRedirect;
    try {
      started = await this.redirects.start(connection, returnPath);
    } catch (error) {
      this.signIn.explain(error, connection);
      this.redirectToSignIn(request, response, toRedirectError(error));
      return;
    }
    this.cookies.set(request, response, started.state, started.sealed, started.expiresAt);
    this.redirect(response, started.url);
  }

  /** Takes a person back from the provider. */
  @Get(tenantPaths('callback/:provider'))
  @UseGuards(ThirdPartyRedirectGuard)
  async finish(
    @Req() request: HttpRequest,
    @Res() response: HttpResponse,
    @Next() next: unknown,
    @Param('provider') thirdPartyId: string,
  ): Promise<void> {
    const result = getRedirectCallbackResult(request);
    if (result.kind === 'foreign' && this.websiteCallbackPage.send !== undefined) {
      await this.websiteCallbackPage.send(request, response);
      return;
    }
    if (result.kind === 'foreign' && this.isWebsiteCallback(request, thirdPartyId)) {
      passOn(response, next);
      return;
    }
    if (result.kind !== 'foreign') {
      this.cookies.clear(response, result.state);
    }
    const outcome = await this.settle(request, response, result);
    if ('error' in outcome) {
      this.redirectToSignIn(request, response, outcome.error);
    } else {
      this.redirect(response, this.config.appInfo.getWebsiteDomain(request).value + outcome.returnPath);
    }
  }

  private async settle(
    request: HttpRequest,
    response: HttpResponse,
    result: RedirectCallbackResult,
  ): Promise<{ readonly error: RedirectError } | { readonly returnPath: string }> {
    switch (result.kind) {
      case 'foreign':
      case 'used':
        return { error: 'invalid_state' };
      case 'failed':
        this.signIn.explain(result.error, result.connection);
        return { error: toRedirectError(result.error) };
      case 'identified': {
        const { connection, profile, returnPath } = result;
        const { status } = await this.signIn.complete(request, response, connection, profile, 'cookie');
        if (status !== 'OK') {
          return { error: toOutcomeError(status) };
        }
        this.sdkCookie.clear(request, response);
        return { returnPath };
      }
    }
  }

  /**
   * Whether the website's callback page has the same address, as it has where website and API are one origin with one base
   * path. Then an answer that no redirect of this browser asked for is the website's.
   */
  private isWebsiteCallback(request: HttpRequest, thirdPartyId: string): boolean {
    const { appInfo } = this.config;
    return getWebsiteCallbackUri(appInfo, request, thirdPartyId) === getApiCallbackUri(appInfo, thirdPartyId);
  }

  private redirectToSignIn(request: HttpRequest, response: HttpResponse, error: RedirectError): void {
    const { appInfo } = this.config;
    const url = new URL(`${appInfo.getWebsiteDomain(request).value}${appInfo.websiteBasePath || '/'}`);
    url.searchParams.set('error', error);
    this.redirect(response, url.href);
  }

  private redirect(response: HttpResponse, url: string): void {
    setHeader(response, 'cache-control', 'no-store');
    // The address of this page has a code in it.
    setHeader(response, 'referrer-policy', 'no-referrer');
    this.adapterHost.httpAdapter.redirect(response, 302, url);
  }
}

/** Leaves a request to whichever route of the app comes next, or to the one that Fastify falls back to. */
function passOn(response: HttpResponse, next: unknown): void {
  if ('callNotFound' in response && typeof response.callNotFound === 'function') {
    Reflect.apply(response.callNotFound, response, []);
  } else if (typeof next === 'function') {
    Reflect.apply(next, undefined, []);
  }
}

function toRedirectError(error: unknown): RedirectError {
  if (error instanceof ThirdPartyProviderError && error.failure === 'cancelled') {
    return 'access_denied';
  }
  return error instanceof ThirdPartyProviderError && error.failure === 'unavailable'
    ? 'provider_unavailable'
    : 'provider_error';
}

function toOutcomeError(status: Exclude<ThirdPartySignInOutcome['status'], 'OK'>): RedirectError {
  switch (status) {
    case 'NO_EMAIL_GIVEN_BY_PROVIDER':
      return 'no_email_given_by_provider';
    case 'SIGN_IN_UP_NOT_ALLOWED':
    case 'GENERAL_ERROR':
      return 'sign_in_up_not_allowed';
  }
}
