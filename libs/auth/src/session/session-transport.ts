import { Inject, Injectable, Logger } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { getCookieValues, setCookie } from '../http/cookies.js';
import { getHeader, type HttpRequest } from '../http/http-request.js';
import { appendToHeader, getHeaderValues, setHeader, type HttpResponse } from '../http/http-response.js';
import type { SessionTokens } from './session-core.js';
import {
  DuplicateSessionCookiesClearedException,
  DuplicateSessionCookiesException,
  TryRefreshTokenException,
} from './session.exceptions.js';
import type { TokenTransferMethod } from './session.options.js';

/** A request with its response, and the way in which the session's tokens travel between them. */
export interface SessionAttachment {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly transferMethod: TokenTransferMethod;
}

/** A token that came with a request. */
export interface ReceivedToken<Token> {
  readonly token: Token;
  readonly transferMethod: TokenTransferMethod;
}

const COOKIE_NAMES = { access: 'sAccessToken', refresh: 'sRefreshToken' } as const;
const HEADER_NAMES = { access: 'st-access-token', refresh: 'st-refresh-token' } as const;
const FRONT_TOKEN_HEADER = 'front-token';
const ANTI_CSRF_HEADER = 'anti-csrf';
const LEGACY_COOKIE_NAME = 'sIdRefreshToken';

/** The access token's cookie outlives the token: its presence tells a client that a refresh is worth trying (contract §2). */
const ACCESS_COOKIE_LIFETIME_MS = 365 * 24 * 3_600_000;

/** Browsers drop a cookie whose name and value are longer than this, in bytes (RFC 6265bis §5.6). */
const MAX_COOKIE_BYTES = 4096;

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

type TokenKind = keyof typeof COOKIE_NAMES;

/** Carries a session's tokens over HTTP: in cookies or in headers, by the names and rules of contract §2. */
@Injectable()
export class SessionTransport {
  private readonly logger = new Logger(SessionTransport.name);

  constructor(@Inject(AUTH_CONFIG) private readonly config: AuthConfig) {}

  /**
   * Finds the access token of a request: a bearer token that is one of ours before the cookie, as far as the app allows
   * both.
   *
   * @param parse answers undefined for a token that is not one of ours, which is then ignored.
   * @throws TryRefreshTokenException if two cookies claim to be it, or a legacy cookie is there.
   */
  findAccessToken<Token>(
    request: HttpRequest,
    parse: (token: string) => Token | undefined,
  ): ReceivedToken<Token> | undefined {
    if (getCookieValues(request, LEGACY_COOKIE_NAME).length > 0) {
      throw new TryRefreshTokenException('The request has a cookie of a legacy session');
    }
    const fromHeader = this.accepts(request, 'header') ? this.parseBearer(request, parse) : undefined;
    if (fromHeader !== undefined) {
      return { token: fromHeader, transferMethod: 'header' };
    }
    const cookies = this.accepts(request, 'cookie') ? getCookieValues(request, COOKIE_NAMES.access) : [];
    if (cookies.length > 1) {
      throw new TryRefreshTokenException('The request has more than one access token cookie');
    }
    const fromCookie = cookies[0] === undefined ? undefined : parse(cookies[0]);
    return fromCookie === undefined ? undefined : { token: fromCookie, transferMethod: 'cookie' };
  }

  /**
   * Finds the refresh token of a request, by the same order.
   * @param isRefreshToken whether a bearer token has the form of a refresh token; another one is ignored.
   */
  findRefreshToken(
    request: HttpRequest,
    isRefreshToken: (token: string) => boolean,
  ): ReceivedToken<string> | undefined {
    const fromHeader = this.accepts(request, 'header')
      ? this.parseBearer(request, (token) => (isRefreshToken(token) ? token : undefined))
      : undefined;
    if (fromHeader !== undefined) {
      return { token: fromHeader, transferMethod: 'header' };
    }
    const [fromCookie = ''] = this.accepts(request, 'cookie') ? getCookieValues(request, COOKIE_NAMES.refresh) : [];
    return fromCookie === '' ? undefined : { token: fromCookie, transferMethod: 'cookie' };
  }

  /**
   * Takes care of what an older configuration left in the client: clears a legacy cookie, and the stale one of two cookies
   * with the same name.
   *
   * @throws DuplicateSessionCookiesClearedException once the stale cookie is cleared.
   * @throws DuplicateSessionCookiesException if nothing says which one is stale.
   */
  clearLeftovers(request: HttpRequest, response: HttpResponse): void {
    if (getCookieValues(request, LEGACY_COOKIE_NAME).length > 0) {
      this.setCookie(request, response, LEGACY_COOKIE_NAME, '', 'access', 0, this.config.session.cookieDomain);
    }
    const duplicates = (['access', 'refresh'] as const).filter(
      (kind) => this.accepts(request, 'cookie') && getCookieValues(request, COOKIE_NAMES[kind]).length > 1,
    );
    if (duplicates.length === 0) {
      return;
    }
    const { olderCookieDomain } = this.config.session;
    if (olderCookieDomain === undefined) {
      throw new DuplicateSessionCookiesException();
    }
    for (const kind of duplicates) {
      this.setCookie(request, response, COOKIE_NAMES[kind], '', kind, 0, olderCookieDomain || undefined);
    }
    throw new DuplicateSessionCookiesClearedException(
      'The request had two session cookies of the same name, and the one of olderCookieDomain was cleared',
    );
  }

  /**
   * How the tokens of a new session travel: as the app says, or as the client wishes (contract §2, §4).
   * @param wished takes the place of both.
   */
  getMethodForNewSession(request: HttpRequest, wished?: TokenTransferMethod): TokenTransferMethod {
    const method = wished ?? this.config.session.getTokenTransferMethod({ request, forCreateNewSession: true });
    const transferMethod =
      method === 'any'
        ? getHeader(request, 'st-auth-mode')?.toLowerCase() === 'cookie'
          ? 'cookie'
          : 'header'
        : method;
    if (transferMethod === 'cookie') {
      this.config.session.assertCookiesWork(request);
    }
    return transferMethod;
  }

  /** Whether a request must prove that the website made it: it changes something, and its token came in a cookie. */
  needsAntiCsrfCheck(request: HttpRequest, transferMethod: TokenTransferMethod, wished: boolean | undefined): boolean {
    return transferMethod === 'cookie' && (wished ?? !SAFE_METHODS.has(request.method?.toUpperCase() ?? ''));
  }

  /** Whether a request has the header whose mere presence proves that a script of an allowed origin made it. */
  hasCustomHeader(request: HttpRequest): boolean {
    return getHeader(request, 'rid') !== undefined;
  }

  getAntiCsrfToken(request: HttpRequest): string | undefined {
    return getHeader(request, ANTI_CSRF_HEADER);
  }

  /** Tells the client about new tokens. */
  attach({ request, response, transferMethod }: SessionAttachment, tokens: SessionTokens): void {
    const { accessToken, claims, refresh } = tokens;
    const now = this.config.clock.now();
    this.setToken(request, response, transferMethod, 'access', accessToken, now + ACCESS_COOKIE_LIFETIME_MS);
    if (refresh !== undefined) {
      this.setToken(request, response, transferMethod, 'refresh', refresh.token, refresh.expiresAt);
    }
    if (transferMethod === 'cookie' && this.config.session.exposeAccessTokenToFrontendInCookieBasedAuth) {
      this.setExposedHeader(response, HEADER_NAMES.access, accessToken);
    }
    if (transferMethod === 'cookie' && refresh !== undefined && claims.antiCsrfToken !== undefined) {
      this.setExposedHeader(response, ANTI_CSRF_HEADER, claims.antiCsrfToken);
    }
    this.setExposedHeader(response, FRONT_TOKEN_HEADER, createFrontToken(tokens));
    if (getHeaderValues(response, 'cache-control').length === 0) {
      // A shared cache must not hand one person's tokens to the next (RFC 9111 §5.2.2.5).
      setHeader(response, 'cache-control', 'no-store');
    }
  }

  /** Takes the tokens from the client, whichever way they travel (contract §2). */
  clear(request: HttpRequest, response: HttpResponse): void {
    this.clearTokens(request, response, 'cookie');
    this.clearTokens(request, response, 'header');
    response.removeHeader(ANTI_CSRF_HEADER);
    this.setExposedHeader(response, FRONT_TOKEN_HEADER, 'remove');
  }

  /** Takes tokens from the client that came with the request by the other way than a new session's (contract §4). */
  clearOtherWay({ request, response, transferMethod }: SessionAttachment): void {
    const other = transferMethod === 'cookie' ? 'header' : 'cookie';
    const isPresent =
      other === 'header'
        ? this.getBearer(request) !== undefined
        : Object.values(COOKIE_NAMES).some((name) => getCookieValues(request, name).length > 0);
    if (isPresent) {
      this.clearTokens(request, response, other);
    }
  }

  private clearTokens(request: HttpRequest, response: HttpResponse, method: TokenTransferMethod): void {
    this.setToken(request, response, method, 'access', '', 0);
    this.setToken(request, response, method, 'refresh', '', 0);
  }

  private accepts(request: HttpRequest, method: TokenTransferMethod): boolean {
    const allowed = this.config.session.getTokenTransferMethod({ request, forCreateNewSession: false });
    return allowed === 'any' || allowed === method;
  }

  private parseBearer<Token>(request: HttpRequest, parse: (token: string) => Token | undefined): Token | undefined {
    const token = this.getBearer(request);
    return token === undefined ? undefined : parse(token);
  }

  private getBearer(request: HttpRequest): string | undefined {
    const header = getHeader(request, 'authorization');
    return header?.slice(0, 7).toLowerCase() === 'bearer ' ? header.slice(7).trim() : undefined;
  }

  private setToken(
    request: HttpRequest,
    response: HttpResponse,
    method: TokenTransferMethod,
    kind: TokenKind,
    value: string,
    expiresAt: number,
  ): void {
    if (method === 'header') {
      this.setExposedHeader(response, HEADER_NAMES[kind], value);
      return;
    }
    if (COOKIE_NAMES[kind].length + value.length > MAX_COOKIE_BYTES) {
      this.logger.warn(
        `Browsers drop the cookie ${COOKIE_NAMES[kind]}, because it has ${String(value.length)} bytes: keep the access token payload small, or keep data in the session's data instead.`,
      );
    }
    const { cookieDomain } = this.config.session;
    this.setCookie(request, response, COOKIE_NAMES[kind], value, kind, expiresAt, cookieDomain);
  }

  private setCookie(
    request: HttpRequest,
    response: HttpResponse,
    name: string,
    value: string,
    kind: TokenKind,
    expiresAt: number,
    domain: string | undefined,
  ): void {
    const { accessTokenPath, refreshTokenPath, cookieSecure } = this.config.session;
    setCookie(response, name, value, {
      path: (kind === 'access' ? accessTokenPath : refreshTokenPath) || '/',
      domain,
      secure: cookieSecure,
      sameSite: this.config.session.getCookieSameSite(request),
      expiresAt,
    });
  }

  private setExposedHeader(response: HttpResponse, name: string, value: string): void {
    setHeader(response, name, value);
    appendToHeader(response, 'access-control-expose-headers', [name]);
  }
}

/** What the browser SDK reads of a session (contract §2). */
export function createFrontToken({ claims }: Pick<SessionTokens, 'claims'>): string {
  return Buffer.from(JSON.stringify({ uid: claims.sub, ate: claims.exp * 1000, up: claims })).toString('base64');
}
