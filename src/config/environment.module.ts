import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { Environment } from './environment.js';

/** Reads the environment and `.env`. */
@Module({
  imports: [ConfigModule.forRoot()],
  providers: [Environment],
  exports: [Environment],
})
export class EnvironmentModule {}
