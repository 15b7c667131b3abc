import { Module } from '@nestjs/common';
import { SignOutEverywhereController } from './sign-out-everywhere.controller.js';

@Module({ controllers: [SignOutEverywhereController] })
export class SignOutEverywhereModule {}
