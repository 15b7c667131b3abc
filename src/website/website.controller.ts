import { Controller, Get, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Response } from 'express';
import { SessionGuard } from 'nestward';
import { HomePageFilter } from './home-page.filter.js';
import { sendPage } from './send-page.js';

/** The pages of the website. */
@Controller()
export class WebsiteController {
  @Get()
  @UseGuards(SessionGuard)
  @UseFilters(HomePageFilter)
  home(@Res() response: Response): void {
    sendPage(response, 'home');
  }

  @Get('auth')
  auth(@Res() response: Response): void {
    sendPage(response, 'auth');
  }

  /** Where people come back to from a provider. */
  @Get('auth/callback/:provider')
  callback(@Res() response: Response): void {
    sendPage(response, 'callback');
  }
}
