import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { BadInputException } from '../http/auth.exception.js';
import { EmailVerificationClaim } from '../email-verification/email-verification.claim.js';
import type { SessionContainer } from '../session/session-container.js';
import { TryRefreshTokenException, UnauthorisedException } from '../session/session.exceptions.js';
import { SessionService } from '../session/session.service.js';
import { readReturnPath } from '../third-party/return-path.js';
import { AUTH_PAGES_CONFIG, type AuthPagesConfig } from './auth-pages.options.js';
import { PageRenderer, type PageExchange } from './page-renderer.service.js';

/** What a page knows about who asks for it. */
export type VisitorSession =
  | { readonly status: 'SIGNED_IN'; readonly session: SessionContainer }
  | { readonly status: 'SIGNED_OUT' }
  /** There may be a session, but only a refresh can tell, and only a script can refresh. */
  | { readonly status: 'EXPIRED' };

/** Sessions as pages need them, and where people go with one. */
@Injectable()
export class PageSessionService {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_PAGES_CONFIG) private readonly pages: AuthPagesConfig,
    @Inject(SessionService) private readonly sessionService: SessionService,
    @Inject(PageRenderer) private readonly renderer: PageRenderer,
  ) {}

  /**
   * Finds the session of a visitor. The database is asked: a page that believed in a session which the app does not take
   * would send people back and forth. Forms have a proof of their own, so no anti-CSRF token is asked for.
   */
  async find({ request, response }: PageExchange): Promise<VisitorSession> {
    try {
      const session = await this.sessionService.getSession(request, response, {
        sessionRequired: false,
        checkDatabase: true,
        antiCsrfCheck: false,
        overrideGlobalClaimValidators: () => [],
      });
      return session === undefined ? { status: 'SIGNED_OUT' } : { status: 'SIGNED_IN', session };
    } catch (error) {
      if (error instanceof TryRefreshTokenException) {
        return { status: 'EXPIRED' };
      }
      if (error instanceof UnauthorisedException) {
        return { status: 'SIGNED_OUT' };
      }
      throw error;
    }
  }

  /** The page that a person wants to see after signing in, as far as it is one of the website. */
  readReturnPath({ request }: PageExchange, wish: unknown): string {
    if (wish === undefined || wish === '') {
      return this.pages.signedInPath;
    }
    try {
      return readReturnPath(wish, this.config.appInfo.getWebsiteDomain(request).value);
    } catch (error) {
      if (error instanceof BadInputException) {
        return this.pages.signedInPath;
      }
      throw error;
    }
  }

  /** Where a person goes who is signed in now: first to the page about their address, if the app needs to know it. */
  getNextPath(session: SessionContainer, returnPath: string): string {
    return this.mustVerifyEmail(session)
      ? this.withReturnPath(this.renderer.paths.verifyEmail, returnPath)
      : returnPath;
  }

  /** Whether guarded routes keep the person out until their address is verified. */
  mustVerifyEmail(session: SessionContainer): boolean {
    return this.config.emailVerification.mode === 'REQUIRED' && session.getClaimValue(EmailVerificationClaim) !== true;
  }

  /** An address of a page that remembers where the person wants to go, if that is not where everybody goes. */
  withReturnPath(path: string, returnPath: string, query: Readonly<Record<string, string>> = {}): string {
    const url = new URL(path, 'http://localhost');
    for (const [name, value] of Object.entries(query)) {
      url.searchParams.set(name, value);
    }
    if (returnPath !== this.pages.signedInPath) {
      url.searchParams.set('redirectToPath', returnPath);
    }
    return `${url.pathname}${url.search}`;
  }
}
