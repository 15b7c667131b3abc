import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { getCookieValues, setCookie } from '../http/cookies.js';
import { getHeader, type HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';
import type { PostedForm } from './page-form.js';

/** The hidden field that has the token. */
export const FORM_TOKEN_FIELD = 'formToken';

/** How long the cookie lives from the last page with a form, in milliseconds. */
const COOKIE_LIFETIME_MS = 30 * 24 * 3_600_000;
const SECRET = /^[\w-]{43}$/;
const TOKEN = /^([\w-]{22})\.([\w-]{43})$/;

/**
 * Tells forms of the pages from forms that another site posts, which could sign a person into an account that is not theirs
 * ("login CSRF"). A browser keeps a secret in a cookie; each form has a token that only the secret can make. A page of another
 * site can read neither. Besides, browsers say where a form comes from (Fetch Metadata, and `Origin`).
 *
 * With https the cookie is named `__Host-`, so that no other host of the domain can plant one (RFC 6265bis §4.1.3.2).
 */
@Injectable()
export class FormTokenService {
  constructor(@Inject(AUTH_CONFIG) private readonly config: AuthConfig) {}

  /** A token for a form of this answer. Each is another one, so that compression tells nothing about it. */
  create(request: HttpRequest, response: HttpResponse): string {
    const secret = this.findSecret(request) ?? pending.get(response) ?? randomBytes(32).toString('base64url');
    pending.set(response, secret);
    const { isHttps } = this.config.appInfo.getWebsiteDomain(request);
    setCookie(response, getCookieName(isHttps), secret, {
      path: '/',
      domain: undefined,
      secure: isHttps,
      // A link on another site leads to a page whose form works.
      sameSite: 'lax',
      expiresAt: this.config.clock.now() + COOKIE_LIFETIME_MS,
    });
    const salt = randomBytes(16).toString('base64url');
    return `${salt}.${sign(secret, salt)}`;
  }

  /** Whether a form that was posted is one of the pages', in this browser. */
  isGenuine(request: HttpRequest, form: PostedForm): boolean {
    if (!this.isFromWebsite(request)) {
      return false;
    }
    const secret = this.findSecret(request);
    const [, salt = '', signature = ''] = TOKEN.exec(form.get(FORM_TOKEN_FIELD) ?? '') ?? [];
    return secret !== undefined && salt !== '' && isEqual(sign(secret, salt), signature);
  }

  /**
   * What the browser says about where a form comes from. `Origin` is `null` where the page has the policy `no-referrer`, and
   * older browsers say nothing: the token decides then.
   */
  private isFromWebsite(request: HttpRequest): boolean {
    const site = getHeader(request, 'sec-fetch-site');
    if (site !== undefined) {
      return site === 'same-origin' || site === 'none';
    }
    const origin = getHeader(request, 'origin');
    return origin === undefined || origin === 'null' || origin === this.config.appInfo.getWebsiteDomain(request).value;
  }

  /** Whether the browser says that a form comes from the website: what is in it may be shown again then. */
  isSurelyFromWebsite(request: HttpRequest): boolean {
    const site = getHeader(request, 'sec-fetch-site');
    return site === undefined
      ? getHeader(request, 'origin') === this.config.appInfo.getWebsiteDomain(request).value
      : site === 'same-origin';
  }

  /** @returns undefined if there is none, or there are two that claim to be it. */
  private findSecret(request: HttpRequest): string | undefined {
    const name = getCookieName(this.config.appInfo.getWebsiteDomain(request).isHttps);
    const [secret, ...others] = getCookieValues(request, name);
    return secret !== undefined && others.length === 0 && SECRET.test(secret) ? secret : undefined;
  }
}

/** The secrets of answers under way: a page may have two forms. */
const pending = new WeakMap<HttpResponse, string>();

function getCookieName(isHttps: boolean): string {
  return `${isHttps ? '__Host-' : ''}nestward-form`;
}

function sign(secret: string, salt: string): string {
  return createHmac('sha256', secret).update(salt).digest('base64url');
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
