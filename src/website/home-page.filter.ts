import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { TryRefreshTokenException, UnauthorisedException } from 'nestward';
import { WebsitePages } from './website-pages.js';

/**
 * Turns an API's 401 into what a page does: without a session it sends to the sign-in page. An expired access token gets
 * the page nevertheless, because the page's script can refresh the session and this request cannot.
 */
@Catch(UnauthorisedException, TryRefreshTokenException)
export class HomePageFilter implements ExceptionFilter<UnauthorisedException | TryRefreshTokenException> {
  constructor(private readonly pages: WebsitePages) {}

  catch(exception: UnauthorisedException | TryRefreshTokenException, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    response.setHeader('Cache-Control', 'no-store');
    if (exception instanceof TryRefreshTokenException) {
      response.type('html').send(this.pages.home);
    } else {
      response.redirect('/auth');
    }
  }
}
