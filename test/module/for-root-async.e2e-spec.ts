import { Controller, Get, Injectable, Module, UseGuards, type DynamicModule } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import {
  AuthModule,
  EmailPasswordService,
  Session,
  SessionGuard,
  SessionService,
  UserService,
  type AuthModuleOptions,
  type AuthOptionsFactory,
} from 'nestward';
import { createSessionHeaders, inMemoryStorage } from 'nestward/testing';
import { TEST_APP_INFO } from '../support/create-app.js';

const createOptions = (overrides: Partial<AuthModuleOptions> = {}): AuthModuleOptions => ({
  appInfo: TEST_APP_INFO,
  storage: inMemoryStorage(),
  ...overrides,
});

@Injectable()
class OptionsFactory implements AuthOptionsFactory {
  createAuthOptions(): AuthModuleOptions {
    return createOptions();
  }
}

@Module({ providers: [OptionsFactory], exports: [OptionsFactory] })
class FactoryModule {}

@Controller('me')
@UseGuards(SessionGuard)
class MeController {
  @Get()
  get(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }
}

/** Another module of the app, that knows nothing of the auth module. */
@Module({ controllers: [MeController] })
class FeatureModule {}

async function start(auth: DynamicModule, imports: readonly object[] = [FeatureModule]) {
  @Module({ imports: [auth, ...(imports as DynamicModule[])] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl() };
}

async function expectToWork(auth: DynamicModule, basePath = '/auth'): Promise<void> {
  const { app, url } = await start(auth);
  try {
    expect((await fetch(`${url}${basePath}/jwt/jwks.json`)).status).toBe(200);
    expect((await fetch(`${url}/me`)).status).toBe(401);
    const response = await fetch(`${url}/me`, { headers: await createSessionHeaders(app, 'ada') });
    expect(await response.json()).toEqual({ userId: 'ada' });
  } finally {
    await app.close();
  }
}

describe('AuthModule.forRootAsync', () => {
  it('takes a factory, with what it injects from the modules that it imports', async () => {
    await expectToWork(
      AuthModule.forRootAsync({
        imports: [ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => ({ APP_NAME: 'Acme' })] })],
        inject: [ConfigService],
        useFactory: (config: ConfigService) =>
          createOptions({ appInfo: { ...TEST_APP_INFO, appName: config.getOrThrow<string>('APP_NAME') } }),
      }),
    );
  });

  it('takes an asynchronous factory', async () => {
    await expectToWork(AuthModule.forRootAsync({ useFactory: () => Promise.resolve(createOptions()) }));
  });

  it('takes a class', async () => {
    await expectToWork(AuthModule.forRootAsync({ useClass: OptionsFactory }));
  });

  it('takes what another module has', async () => {
    await expectToWork(AuthModule.forRootAsync({ imports: [FactoryModule], useExisting: OptionsFactory }));
  });

  it('takes apiBasePath beside the factory', async () => {
    await expectToWork(
      AuthModule.forRootAsync({ apiBasePath: '/v1/auth', useFactory: () => createOptions() }),
      '/v1/auth',
    );
  });

  it('refuses a factory that answers another apiBasePath, and says where to write it', async () => {
    const appInfo = { ...TEST_APP_INFO, apiBasePath: '/other' };
    await expect(start(AuthModule.forRootAsync({ useFactory: () => createOptions({ appInfo }) }))).rejects.toThrow(
      "appInfo.apiBasePath is '/other', but the routes were mounted at '/auth' before the factory ran: write AuthModule.forRootAsync({ apiBasePath: '/other', … }).",
    );
  });

  it('refuses what a factory answers as forRoot does', async () => {
    const appInfo = { ...TEST_APP_INFO, apiDomain: 'ftp://x' };
    await expect(start(AuthModule.forRootAsync({ useFactory: () => createOptions({ appInfo }) }))).rejects.toThrow(
      /^appInfo\.apiDomain is "ftp:\/\/x"/,
    );
  });

  it('refuses to have no factory', () => {
    expect(() => AuthModule.forRootAsync({} as Parameters<typeof AuthModule.forRootAsync>[0])).toThrow(
      /write useFactory, useClass or useExisting/,
    );
  });
});

describe('isGlobal: false', () => {
  it('keeps the services to the modules that import the auth module', async () => {
    const auth = AuthModule.forRoot(TEST_APP_INFO, { storage: inMemoryStorage(), isGlobal: false });
    await expect(start(auth)).rejects.toThrow(/SessionService/);

    const again = AuthModule.forRoot(TEST_APP_INFO, { storage: inMemoryStorage(), isGlobal: false });
    @Module({ imports: [again], controllers: [MeController] })
    class ImportingModule {}
    const { app, url } = await start(again, [ImportingModule]);
    const response = await fetch(`${url}/me`, { headers: await createSessionHeaders(app, 'ada') });
    expect(response.status).toBe(200);
    await app.close();
  });
});

describe('what can be injected', () => {
  it('are the services', async () => {
    const { app } = await start(AuthModule.forRoot(TEST_APP_INFO, { storage: inMemoryStorage() }));
    for (const service of [SessionService, EmailPasswordService, UserService]) {
      expect(app.get(service)).toBeInstanceOf(service);
    }
    await app.close();
  });
});
