import { Module } from '@nestjs/common';
import { WebsiteController } from './website.controller.js';

@Module({ controllers: [WebsiteController] })
export class WebsiteModule {}
