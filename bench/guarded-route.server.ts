import 'reflect-metadata';
import { Controller, Get, Module, UseGuards, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthModule, Session, SessionGuard } from 'nestward';
import { createSessionHeaders, inMemoryStorage } from 'nestward/testing';
import { BENCH_APP_INFO } from './app-info.js';
import { serve } from './harness/serve.js';

// The servers of the guarded-route benchmark: an app with the module, and with the argument `plain` the same without it.

/** How many people are signed in. */
const SESSIONS = 1000;

interface Me {
  readonly userId: string;
}

@Controller()
class UnguardedController {
  @Get('unguarded')
  getMe(): Me {
    return { userId: 'user-0000' };
  }
}

@Controller()
class GuardedController {
  @Get('guarded')
  @UseGuards(SessionGuard)
  getMe(@Session('userId') userId: string): Me {
    return { userId };
  }
}

@Module({ controllers: [UnguardedController] })
class PlainModule {}

@Module({
  imports: [AuthModule.forRoot(BENCH_APP_INFO, { storage: inMemoryStorage() })],
  controllers: [UnguardedController, GuardedController],
})
class AuthenticatedModule {}

const isPlain = process.argv[2] === 'plain';
const module: Type = isPlain ? PlainModule : AuthenticatedModule;
const app = await NestFactory.create(module, { logger: ['error', 'warn'] });
const tokens: string[] = [];
for (let index = 0; !isPlain && index < SESSIONS; index++) {
  const { authorization } = await createSessionHeaders(app, `user-${String(index).padStart(4, '0')}`);
  tokens.push(authorization.slice('Bearer '.length));
}
await serve(app, tokens);
