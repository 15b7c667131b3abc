import { Body, Controller, Get, HttpCode, Inject, Post, Query, Redirect, Req, Res, UseGuards } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { isJsonObject, type JsonObject } from '../config/json.js';
import type { GeneralErrorResult } from '../email-password/email-password.options.js';
import { BadInputException } from '../http/auth.exception.js';
import { getFdiVersion, hasLoginMethods } from '../http/fdi-version.js';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';
import { readJsonObject } from '../http/json-body.js';
import { TenantGuard, tenantPaths } from '../http/tenant.guard.js';
import { Public } from '../session/public.decorator.js';
import { toUserResponse, type UserResponse } from '../users/user-response.js';
import type { ProviderConnection } from './provider-connection.js';
import type { ThirdPartyProfile } from './provider.js';
import { assertRedirectUri, getWebsiteCallbackUri } from './redirect-uri.js';
import { ThirdPartyProviderError } from './third-party-provider.error.js';
import { ThirdPartySignIn } from './third-party-sign-in.js';
import type { SignInUpNotAllowedResult } from './third-party.options.js';
import { ThirdPartyService } from './third-party.service.js';

type AuthorisationUrlResponse =
  | {
      readonly status: 'OK';
      readonly urlWithQueryParams: string;
      readonly pkceCodeVerifier?: string;
      /** The same URL under the name that clients of 2021 read. */
      readonly url?: string;
    }
  | GeneralErrorResult;

type SignInUpResponse =
  | {
      readonly status: 'OK';
      readonly createdNewRecipeUser?: boolean;
      readonly createdNewUser?: boolean;
      readonly user: UserResponse;
    }
  | { readonly status: 'NO_EMAIL_GIVEN_BY_PROVIDER' }
  | SignInUpNotAllowedResult
  | GeneralErrorResult;

interface LoginMethodsResponse {
  readonly status: 'OK';
  readonly emailPassword: { readonly enabled: boolean };
  readonly thirdParty: {
    readonly enabled: boolean;
    readonly providers: readonly { readonly id: string; readonly name: string }[];
  };
  readonly passwordless: { readonly enabled: boolean };
  readonly webauthn: { readonly enabled: boolean };
  readonly firstFactors: readonly string[];
}

/** What a client sends to be signed in with. */
type Credential =
  | {
      readonly kind: 'code';
      readonly code: string;
      readonly redirectUri: string;
      readonly pkceCodeVerifier: string | undefined;
    }
  | { readonly kind: 'tokens'; readonly accessToken: string | undefined; readonly idToken: string | undefined }
  | { readonly kind: 'error'; readonly error: string };

/** The endpoints of the frontend SDKs' flow (contract §6, §7, §9), each also below a tenant. */
@Public()
@UseGuards(TenantGuard)
@Controller()
export class ThirdPartyController {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(ThirdPartyService) private readonly thirdPartyService: ThirdPartyService,
    @Inject(ThirdPartySignIn) private readonly signIn: ThirdPartySignIn,
  ) {}

  /** Where the frontend sends a person to. It adds a `state` of its own. */
  @Get(tenantPaths('authorisationurl'))
  async getAuthorisationUrl(
    @Req() request: HttpRequest,
    @Query() query: Readonly<Record<string, unknown>>,
  ): Promise<AuthorisationUrlResponse> {
    const thirdPartyId = requireText(query['thirdPartyId'], "The query parameter 'thirdPartyId'");
    const connection = this.thirdPartyService.requireProvider(
      thirdPartyId,
      optionalText(query['clientType'], "The query parameter 'clientType'"),
    );
    const given = optionalText(
      query['redirectURIOnProviderDashboard'],
      "The query parameter 'redirectURIOnProviderDashboard'",
    );
    const redirectUri = given ?? getWebsiteCallbackUri(this.config.appInfo, request, connection.id);
    assertRedirectUri(redirectUri, this.config.appInfo, request, connection);
    try {
      const { url, pkceCodeVerifier } = await connection.getAuthorisationRequest({
        redirectUri,
        // Clients of 2021 send no redirect URI here, and no verifier later (contract §7).
        withPkce: given !== undefined,
        state: undefined,
      });
      return {
        status: 'OK',
        urlWithQueryParams: url,
        ...(pkceCodeVerifier === undefined ? {} : { pkceCodeVerifier }),
        ...(given === undefined ? { url } : {}),
      };
    } catch (error) {
      return this.signIn.explain(error, connection);
    }
  }

  /** Signs a person in or up with what they came back from the provider with. */
  @Post(tenantPaths('signinup'))
  @HttpCode(200)
  async signInUp(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
    @Body() body: unknown,
  ): Promise<SignInUpResponse> {
    const input = readJsonObject(request, body);
    const thirdPartyId = requireText(input['thirdPartyId'], "The body's 'thirdPartyId'");
    const connection = this.thirdPartyService.requireProvider(
      thirdPartyId,
      optionalText(input['clientType'], "The body's 'clientType'"),
    );
    const credential = readCredential(input);
    if (credential.kind === 'code') {
      assertRedirectUri(credential.redirectUri, this.config.appInfo, request, connection);
    }
    let profile: ThirdPartyProfile;
    try {
      profile = await identify(connection, credential);
    } catch (error) {
      return this.signIn.explain(error, connection);
    }
    const outcome = await this.signIn.complete(request, response, connection, profile);
    if (outcome.status !== 'OK') {
      return outcome;
    }
    const { user, recipeUserId, createdNewRecipeUser } = outcome;
    const version = getFdiVersion(request);
    return {
      status: 'OK',
      ...(hasLoginMethods(version) ? { createdNewRecipeUser } : { createdNewUser: createdNewRecipeUser }),
      user: toUserResponse(user, recipeUserId, version),
    };
  }

  /** What people can sign in with. */
  @Get(tenantPaths('loginmethods'))
  getLoginMethods(): LoginMethodsResponse {
    const providers = this.config.thirdParty.providers.map(({ id, name }) => ({ id, name }));
    const isEnabled = providers.length > 0;
    return {
      status: 'OK',
      emailPassword: { enabled: true },
      thirdParty: { enabled: isEnabled, providers },
      passwordless: { enabled: false },
      webauthn: { enabled: false },
      firstFactors: ['emailpassword', ...(isEnabled ? ['thirdparty'] : [])],
    };
  }

  /** Takes the form that Apple posts, and sends the browser on to the website's callback page with the same fields. */
  @Post(tenantPaths('callback/apple'))
  @Redirect()
  redirectApple(@Req() request: HttpRequest, @Body() body: unknown): { url: string; statusCode: number } {
    const fields = isJsonObject(body) ? Object.entries(body) : [];
    const url = new URL(getWebsiteCallbackUri(this.config.appInfo, request, 'apple'));
    for (const [name, value] of fields) {
      if (typeof value === 'string') {
        url.searchParams.append(name, value);
      }
    }
    // 303, so that the browser asks for the page with GET (RFC 9110 §15.4.4).
    return { url: url.href, statusCode: 303 };
  }
}

async function identify(connection: ProviderConnection, credential: Credential): Promise<ThirdPartyProfile> {
  switch (credential.kind) {
    case 'code':
      return connection.identifyByCode(credential);
    case 'tokens':
      return connection.identifyByTokens(credential);
    case 'error':
      throw new ThirdPartyProviderError(
        credential.error === 'access_denied' ? 'cancelled' : 'refused',
        `${connection.id} sent the person back with an error (${credential.error.replace(/[^\w.-]/g, '').slice(0, 100)})`,
      );
  }
}

function readCredential(body: JsonObject): Credential {
  const { redirectURIInfo: info, oAuthTokens: tokens, code, redirectURI } = body;
  if (info !== undefined) {
    return readRedirectInfo(info);
  }
  if (tokens !== undefined) {
    return readTokens(tokens);
  }
  if (code !== undefined || redirectURI !== undefined) {
    return {
      kind: 'code',
      code: requireText(code, "The body's 'code'"),
      redirectUri: requireText(redirectURI, "The body's 'redirectURI'"),
      pkceCodeVerifier: undefined,
    };
  }
  throw new BadInputException("The body needs 'redirectURIInfo' or 'oAuthTokens'");
}

function readRedirectInfo(info: unknown): Credential {
  if (!isJsonObject(info)) {
    throw new BadInputException("The body's 'redirectURIInfo' must be an object");
  }
  const { redirectURIOnProviderDashboard, redirectURIQueryParams: query, pkceCodeVerifier } = info;
  const redirectUri = requireText(redirectURIOnProviderDashboard, "'redirectURIInfo.redirectURIOnProviderDashboard'");
  if (!isJsonObject(query)) {
    throw new BadInputException("'redirectURIInfo.redirectURIQueryParams' must be an object");
  }
  if (typeof query['error'] === 'string' && query['error'] !== '') {
    return { kind: 'error', error: query['error'] };
  }
  return {
    kind: 'code',
    redirectUri,
    code: requireText(query['code'], "'redirectURIInfo.redirectURIQueryParams.code'"),
    pkceCodeVerifier: optionalText(pkceCodeVerifier, "'redirectURIInfo.pkceCodeVerifier'"),
  };
}

function readTokens(tokens: unknown): Credential {
  if (!isJsonObject(tokens)) {
    throw new BadInputException("The body's 'oAuthTokens' must be an object");
  }
  const accessToken = optionalText(tokens['access_token'], "'oAuthTokens.access_token'");
  const idToken = optionalText(tokens['id_token'], "'oAuthTokens.id_token'");
  if (accessToken === undefined && idToken === undefined) {
    throw new BadInputException("'oAuthTokens' needs an 'access_token' or an 'id_token'");
  }
  return { kind: 'tokens', accessToken, idToken };
}

function requireText(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') {
    throw new BadInputException(`${what} must be given, as one string`);
  }
  return value;
}

/** Nothing, `null` and the empty string are the same. */
function optionalText(value: unknown, what: string): string | undefined {
  if (value === undefined || value === null || value === '') {
    return undefined;
  }
  return requireText(value, what);
}
