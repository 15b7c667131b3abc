import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { getCookieNames, getCookieValues, setCookie } from '../http/cookies.js';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';
import { hashRedirectState, type RedirectState } from './redirect-state.js';

/** How many redirects of one browser may be under way at once, as in several tabs. */
const MAX_PENDING = 5;

/** How much of the state's hash names the cookie; the cookie's content is bound to the whole state. */
const NAME_LENGTH = 16;

/**
 * The cookies that bind redirects to a browser: one for each that is under way. With https they are named `__Host-`, so that
 * no other host of the domain can plant one (RFC 6265bis §4.1.3.2).
 */
@Injectable()
export class RedirectStateCookies {
  constructor(@Inject(AUTH_CONFIG) private readonly config: AuthConfig) {}

  /** Gives a browser its part of a redirect, and takes the oldest ones from it if there are too many. */
  set(request: HttpRequest, response: HttpResponse, state: RedirectState, value: string, expiresAt: number): void {
    // Browsers send the oldest first where paths are equal (RFC 6265 §5.4).
    const pending = getCookieNames(request).filter((name) => name.startsWith(this.prefix));
    for (const name of pending.slice(0, Math.max(0, pending.length - MAX_PENDING + 1))) {
      this.write(response, name, '', 0);
    }
    this.write(response, this.nameOf(state), value, expiresAt);
  }

  /** A browser's part of a redirect. @returns undefined if it has none, or two that claim to be it. */
  find(request: HttpRequest, state: RedirectState): string | undefined {
    const [value, ...others] = getCookieValues(request, this.nameOf(state));
    return others.length === 0 ? value : undefined;
  }

  clear(response: HttpResponse, state: RedirectState): void {
    this.write(response, this.nameOf(state), '', 0);
  }

  private write(response: HttpResponse, name: string, value: string, expiresAt: number): void {
    setCookie(response, name, value, {
      path: '/',
      domain: undefined,
      secure: this.config.session.cookieSecure,
      // The way back from the provider is a navigation from another site.
      sameSite: 'lax',
      expiresAt,
    });
  }

  private nameOf(state: RedirectState): string {
    return `${this.prefix}${hashRedirectState(state).slice(0, NAME_LENGTH)}`;
  }

  private get prefix(): string {
    return `${this.config.session.cookieSecure ? '__Host-' : ''}nestward-redirect.`;
  }
}
