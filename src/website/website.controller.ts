import { Controller, Get, Header, UseFilters, UseGuards } from '@nestjs/common';
import { SessionGuard } from 'nestward';
import { HomePageFilter } from './home-page.filter.js';
import { WebsitePages } from './website-pages.js';

@Controller()
export class WebsiteController {
  constructor(private readonly pages: WebsitePages) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  @UseGuards(SessionGuard)
  @UseFilters(HomePageFilter)
  home(): string {
    return this.pages.home;
  }

  @Get('auth')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  auth(): string {
    return this.pages.auth;
  }
}
