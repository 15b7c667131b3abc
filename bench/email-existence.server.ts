import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthModule, sqlite } from 'nestward';
import { BENCH_APP_INFO } from './app-info.js';
import { serve } from './harness/serve.js';

// The server of the benchmark of what answers tell by their time. Its file is the first argument. Without rate limits, which
// would end the measuring, and with a mail server that takes everything.

@Module({
  imports: [
    AuthModule.forRoot(BENCH_APP_INFO, {
      storage: sqlite({ filename: process.argv[2] }),
      rateLimits: false,
      email: { send: () => Promise.resolve() },
    }),
  ],
})
class EmailExistenceModule {}

await serve(await NestFactory.create(EmailExistenceModule, { logger: ['error', 'warn'] }));
