import { Module } from '@nestjs/common';
import { EnvironmentModule } from '../config/environment.module.js';
import { Mail } from './mail.js';
import { MailboxController } from './mailbox.controller.js';

@Module({
  imports: [EnvironmentModule],
  controllers: [MailboxController],
  providers: [Mail],
  exports: [Mail],
})
export class MailModule {}
