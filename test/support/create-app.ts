import type { DynamicModule, ModuleMetadata, Type } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { Module, type INestApplication, type NestApplicationOptions } from '@nestjs/common';
import type { AddressInfo } from 'node:net';
import { AuthModule, type AppInfo, type AuthOptions, type StorageFactory } from 'nestward';
import { TestClock } from 'nestward/testing';
import { createTestStorage } from './test-storage.js';

/** How an app under test differs from the plainest one. */
export interface TestAppOptions {
  readonly appInfo?: Partial<AppInfo>;
  readonly auth?: AuthOptions & { isGlobal?: boolean };
  /** Makes the module in another way than by `forRoot`; `appInfo` and `auth` say nothing then. */
  readonly authModule?: (defaults: { readonly storage: StorageFactory; readonly clock: TestClock }) => DynamicModule;
  readonly controllers?: readonly Type[];
  readonly providers?: ModuleMetadata['providers'];
  readonly imports?: ModuleMetadata['imports'];
  /** Makes the HTTP adapter. Default: Express. */
  readonly adapter?: () => AbstractHttpAdapter;
  /** Options of `NestFactory.create`. Default: logs errors only. */
  readonly nest?: NestApplicationOptions;
  /** Runs between the creation and the start of the app, as the rest of a `main.ts` would. */
  readonly configure?: (app: INestApplication) => void;
}

/** A running app under test. */
export interface TestApp {
  readonly app: INestApplication;
  /** Where it listens, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  readonly clock: TestClock;
  close(): Promise<void>;
}

export const TEST_APP_INFO = {
  appName: 'Test',
  apiDomain: 'http://localhost:3001',
  websiteDomain: 'http://localhost:3000',
} satisfies AppInfo;

/** Starts an app with the module on a free port, with a database and a clock of its own. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const clock = new TestClock();
  const defaults = { storage: createTestStorage(), clock };
  @Module({
    imports: [
      options.authModule?.(defaults) ??
        AuthModule.forRoot({ ...TEST_APP_INFO, ...options.appInfo } as AppInfo, { ...defaults, ...options.auth }),
      ...(options.imports ?? []),
    ],
    controllers: [...(options.controllers ?? [])],
    providers: [...(options.providers ?? [])],
  })
  class TestModule {}

  const nestOptions: NestApplicationOptions = { logger: ['error', 'fatal'], abortOnError: false, ...options.nest };
  const app = await (options.adapter === undefined
    ? NestFactory.create(TestModule, nestOptions)
    : NestFactory.create(TestModule, options.adapter(), nestOptions));
  options.configure?.(app);
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer() as { address(): AddressInfo };
  return { app, url: `http://127.0.0.1:${String(server.address().port)}`, clock, close: () => app.close() };
}
