import { Body, Controller, Get, HttpCode, Inject, NotFoundException, Post, Query, Req, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { isJsonObject } from '../config/json.js';
import { BadInputException } from '../http/auth.exception.js';
import type { HttpRequest } from '../http/http-request.js';
import { setHeader, type HttpResponse } from '../http/http-response.js';
import { Public } from '../session/public.decorator.js';
import { renderDevelopmentPage } from './development-page.js';
import { DEVELOPMENT_PAGE_PATH, DevelopmentProvider } from './providers/development-provider.js';
import { getApiCallbackUri, getWebsiteCallbackUri } from './redirect-uri.js';

/** What an authorisation request asks (RFC 6749 §4.1.1, RFC 7636 §4.3). */
interface AuthorisationRequest {
  readonly provider: DevelopmentProvider;
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly codeChallenge: string | undefined;
}

type Parameters = Readonly<Record<string, unknown>>;

/** The page of the pretended provider. It is not there unless `developmentProvider()` is configured. */
@Public()
@Controller()
export class DevelopmentProviderController {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** Asks a person who they want to be. */
  @Get(DEVELOPMENT_PAGE_PATH)
  show(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
    @Query() query: Parameters,
  ): string {
    const { provider, redirectUri } = this.read(request, query);
    const fields = Object.entries(query).filter((field): field is [string, string] => typeof field[1] === 'string');
    const page = renderDevelopmentPage(provider.name, this.config.appInfo.appName, fields);
    setHeader(response, 'content-type', 'text/html; charset=utf-8');
    setHeader(response, 'cache-control', 'no-store');
    setHeader(
      response,
      'content-security-policy',
      // Chromium checks where a form's answer redirects to as well.
      `default-src 'none'; style-src '${page.styleHash}'; form-action 'self' ${new URL(redirectUri).origin}; base-uri 'none'; frame-ancestors 'none'`,
    );
    return page.html;
  }

  /** Sends a person back, with a code or a no. */
  @Post(DEVELOPMENT_PAGE_PATH)
  @HttpCode(303)
  decide(@Req() request: HttpRequest, @Res() response: HttpResponse, @Body() body: unknown): void {
    const form: Parameters = isJsonObject(body) ? body : {};
    const { provider, redirectUri, state, codeChallenge } = this.read(request, form);
    const url = new URL(redirectUri);
    if (form['decision'] === 'allow') {
      const email = readText(form, 'email')?.trim() ?? '';
      const person = { email: email === '' ? undefined : email, emailVerified: form['email_verified'] === 'yes' };
      url.searchParams.set('code', provider.issueCode({ person, redirectUri, codeChallenge }));
    } else {
      url.searchParams.set('error', 'access_denied');
      url.searchParams.set('error_description', 'The person said no');
    }
    if (state !== undefined) {
      url.searchParams.set('state', state);
    }
    setHeader(response, 'cache-control', 'no-store');
    this.adapterHost.httpAdapter.redirect(response, 303, url.href);
  }

  /** @throws BadInputException if the page was not asked for by the app: it must not send people anywhere else. */
  private read(request: HttpRequest, parameters: Parameters): AuthorisationRequest {
    const { providers } = this.config.thirdParty;
    const isConfigured = providers.some((provider) => provider instanceof DevelopmentProvider);
    if (!isConfigured) {
      throw new NotFoundException();
    }
    const provider = providers.find(({ id }) => id === parameters['client_id']);
    if (!(provider instanceof DevelopmentProvider)) {
      throw new BadInputException("The parameter 'client_id' is not that of the pretended provider");
    }
    const redirectUri = readText(parameters, 'redirect_uri');
    const { appInfo } = this.config;
    const allowed = [getWebsiteCallbackUri(appInfo, request, provider.id), getApiCallbackUri(appInfo, provider.id)];
    if (redirectUri === undefined || !allowed.includes(redirectUri)) {
      throw new BadInputException("The parameter 'redirect_uri' is not a callback of this app");
    }
    if (parameters['response_type'] !== 'code') {
      throw new BadInputException("The parameter 'response_type' must be 'code'");
    }
    return {
      provider,
      redirectUri,
      state: readText(parameters, 'state'),
      codeChallenge: readText(parameters, 'code_challenge'),
    };
  }
}

function readText(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
