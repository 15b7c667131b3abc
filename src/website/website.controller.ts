import { Controller, Get, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Response } from 'express';
import { SessionGuard } from 'nestward';
import { HomePageFilter } from './home-page.filter.js';
import { sendHomePage } from './send-home-page.js';

/** The website's one page of its own; the auth pages are the library's. */
@Controller()
export class WebsiteController {
  @Get()
  @UseGuards(SessionGuard)
  @UseFilters(HomePageFilter)
  home(@Res() response: Response): void {
    sendHomePage(response);
  }
}
