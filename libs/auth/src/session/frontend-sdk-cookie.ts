import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { setCookie } from '../http/cookies.js';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';

/** The cookie in which the browser SDK keeps when it last heard of an access token. */
const NAME = 'st-last-access-token-update';

/** Tells the browser SDK about sessions that begin or end by a navigation, whose answer no script reads. */
@Injectable()
export class FrontendSdkCookie {
  constructor(@Inject(AUTH_CONFIG) private readonly config: AuthConfig) {}

  /**
   * Makes the SDK ask for its session: without this cookie of its own it does not know whether there is one, and with it, it
   * believes what it heard last. It reaches the cookie where website and API are one host, or share `cookieDomain`.
   */
  clear(request: HttpRequest, response: HttpResponse): void {
    const { cookieDomain, cookieSecure, getCookieSameSite } = this.config.session;
    for (const domain of new Set([undefined, cookieDomain])) {
      setCookie(response, NAME, '', {
        path: '/',
        domain,
        secure: cookieSecure,
        sameSite: getCookieSameSite(request),
        expiresAt: 0,
      });
    }
  }
}
