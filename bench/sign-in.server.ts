import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthModule, sqlite } from 'nestward';
import { BENCH_APP_INFO } from './app-info.js';
import { serve } from './harness/serve.js';

// The server of the sign-in benchmark: an app as it is without any option, but for the place of its file (first argument).
// So rate limits are on: they cost what they cost an app, and sign-ins that succeed never reach one.

@Module({ imports: [AuthModule.forRoot(BENCH_APP_INFO, { storage: sqlite({ filename: process.argv[2] }) })] })
class SignInModule {}

await serve(await NestFactory.create(SignInModule, { logger: ['error', 'warn'] }));
