import 'reflect-metadata';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AuthModule, postgres, Session, SessionGuard, smtp, sqlite, type StorageFactory } from 'nestward';
import type { AppProcessOptions } from './app-process.js';

// The app of `AppProcess`: a program of its own.

const options = JSON.parse(process.env['APP_PROCESS_OPTIONS'] ?? '{}') as AppProcessOptions;

@Controller()
class MeController {
  @Get('me')
  @UseGuards(SessionGuard)
  getMe(@Session('userId') userId: string): { userId: string; pid: number } {
    return { userId, pid: process.pid };
  }
}

@Module({
  imports: [
    AuthModule.forRoot(
      { appName: 'Test', apiDomain: 'http://localhost:3001', websiteDomain: 'http://localhost:3000' },
      {
        storage: createStorage(),
        session: options.session ?? {},
        clock: { now: () => Date.now() + (options.clockOffset ?? 0) },
        ...(options.mailPort === undefined
          ? {}
          : { email: smtp({ host: '127.0.0.1', port: options.mailPort, from: 'no-reply@acme.com' }) }),
        emailOutbox: { pollInterval: 0.5 },
        emailPassword: { passwordHashing: { memoryCost: 64, timeCost: 1 } },
        // Whatever NODE_ENV says: all clients of a test have one address.
        rateLimits: false,
      },
    ),
  ],
  controllers: [MeController],
})
class AppProcessModule {}

function createStorage(): StorageFactory {
  return options.storage.startsWith('sqlite:')
    ? sqlite({ filename: options.storage.slice('sqlite:'.length) })
    : postgres({ connectionString: options.storage, ...options.postgres });
}

const app = await NestFactory.create<NestExpressApplication>(AppProcessModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
// Longer than any test: a proxy that reuses a connection in the moment in which it is closed gets no answer.
app.getHttpServer().keepAliveTimeout = 600_000;
process.stdout.write(`READY ${(await app.getUrl()).replace('[::1]', '127.0.0.1')}\n`);
