import { Controller, Get, Inject, Req, Res, UseFilters } from '@nestjs/common';
import type { HttpRequest } from '../../http/http-request.js';
import type { HttpResponse } from '../../http/http-response.js';
import { Public } from '../../session/public.decorator.js';
import { PageExceptionFilter } from '../page-exception.filter.js';
import { PageRenderer } from '../page-renderer.service.js';

/**
 * Where people come back to from a provider in the flow of the frontend SDKs (contract §6). Below the API's own base path this
 * address is the redirect flow's too, whose controller then answers with the same page.
 */
@Public()
@UseFilters(PageExceptionFilter)
@Controller()
export class CallbackPageController {
  constructor(@Inject(PageRenderer) private readonly renderer: PageRenderer) {}

  @Get('callback/:provider')
  show(@Req() request: HttpRequest, @Res() response: HttpResponse): void {
    this.renderer.send({ request, response }, 'callback', {});
  }
}
