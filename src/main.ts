import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { ConfigurationError } from 'nestward';
import { AppModule } from './app.module.js';
import { Environment } from './config/environment.js';
import { webDirectory } from './website/send-home-page.js';

async function boot(): Promise<void> {
  // Logs wait until the app stands, so that a wrong configuration prints its one sentence and nothing else.
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    bufferLogs: true,
    autoFlushLogs: false,
    abortOnError: false,
  });
  // For everything but the auth pages, which have a policy of their own.
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'"],
          connectSrc: ["'self'"],
          formAction: ["'self'"],
          baseUri: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      // The demo speaks plain HTTP on localhost; a proxy that ends TLS in front of it is the place for this header.
      strictTransportSecurity: false,
    }),
  );
  app.useStaticAssets(webDirectory, { prefix: '/assets/', index: false });
  app.enableShutdownHooks();

  const { port, origin } = app.get(Environment);
  await app.listen(port);
  app.flushLogs();
  new Logger('Demo').log(`Open ${origin}`);
}

/** Says why the app did not start, in one sentence if it is something that a person can put right. */
function explain(error: unknown): string {
  if (error instanceof ConfigurationError) {
    return error.message;
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' && 'port' in error) {
    return `Port ${String(error.port)} is in use: stop what listens there, or set PORT to another one.`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

boot().catch((error: unknown) => {
  console.error(explain(error));
  process.exit(1);
});
