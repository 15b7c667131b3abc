import { Module } from '@nestjs/common';
import { SessionInfoController } from './session-info.controller.js';

@Module({ controllers: [SessionInfoController] })
export class SessionInfoModule {}
