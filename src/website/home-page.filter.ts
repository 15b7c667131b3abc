import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { TryRefreshTokenException, UnauthorisedException } from 'nestward';
import { sendPage } from './send-page.js';

/**
 * Turns an API's 401 into what a page does: without a session it sends to the sign-in page. An expired access token gets
 * the page nevertheless, because the page's script can refresh the session and this request cannot.
 */
@Catch(UnauthorisedException, TryRefreshTokenException)
export class HomePageFilter implements ExceptionFilter<UnauthorisedException | TryRefreshTokenException> {
  catch(exception: UnauthorisedException | TryRefreshTokenException, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (exception instanceof TryRefreshTokenException) {
      sendPage(response, 'home');
    } else {
      response.setHeader('Cache-Control', 'no-store');
      response.redirect('/auth');
    }
  }
}
