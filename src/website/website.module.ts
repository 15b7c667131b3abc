import { Module } from '@nestjs/common';
import { WebsiteController } from './website.controller.js';
import { WebsitePages } from './website-pages.js';

/** The pages. What they load lies below `/assets` and is served by Express. */
@Module({
  controllers: [WebsiteController],
  providers: [WebsitePages],
})
export class WebsiteModule {}
