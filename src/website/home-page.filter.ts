import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { InvalidClaimException, TryRefreshTokenException, UnauthorisedException } from 'nestward';
import { sendHomePage } from './send-home-page.js';

type SessionProblem = InvalidClaimException | TryRefreshTokenException | UnauthorisedException;

/**
 * Turns an API's refusals into what a page does: without a session it sends to the sign-in page, and with an address that
 * must be verified first to the page about that. An expired access token gets the page nevertheless, because the page's
 * script can refresh the session and this request cannot.
 */
@Catch(InvalidClaimException, TryRefreshTokenException, UnauthorisedException)
export class HomePageFilter implements ExceptionFilter<SessionProblem> {
  catch(exception: SessionProblem, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (exception instanceof TryRefreshTokenException) {
      sendHomePage(response);
    } else {
      response.setHeader('Cache-Control', 'no-store');
      response.redirect(exception instanceof InvalidClaimException ? '/auth/verify-email' : '/auth');
    }
  }
}
