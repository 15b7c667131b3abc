import {
  Inject,
  Module,
  type DynamicModule,
  type MiddlewareConsumer,
  type NestModule,
  type OnApplicationShutdown,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, ApplicationConfig } from '@nestjs/core';
import type { AuthModuleAsyncOptions, AuthOptionsFactory } from './auth.module-options.js';
import { DEFAULT_BASE_PATH, type AppInfo } from './config/app-info.js';
import { AUTH_CONFIG, createAuthConfig, type AuthConfig } from './config/auth-config.js';
import type { AuthModuleOptions, AuthOptions } from './config/auth-options.js';
import { ConfigurationError } from './config/configuration.error.js';
import { normaliseUrlPath, type UrlPath } from './config/url-path.js';
import { EmailPasswordController } from './email-password/email-password.controller.js';
import { EmailPasswordSignIn } from './email-password/email-password-sign-in.js';
import { EmailPasswordService } from './email-password/email-password.service.js';
import { PasswordResetController } from './email-password/password-reset.controller.js';
import { PasswordResetForms } from './email-password/password-reset-forms.js';
import { PasswordResetService } from './email-password/password-reset.service.js';
import { PasswordHasher } from './email-password/password-hasher.js';
import { EmailComposer } from './email/email-composer.service.js';
import { OutboxService } from './email/outbox.service.js';
import { EmailVerificationController } from './email-verification/email-verification.controller.js';
import { EmailVerificationService } from './email-verification/email-verification.service.js';
import { SessionEmailVerification } from './email-verification/session-email-verification.js';
import { AuthException } from './http/auth.exception.js';
import { AuthExceptionFilter } from './http/auth-exception.filter.js';
import { CorsService } from './http/cors.service.js';
import { excludeFromGlobalPrefix, mountControllers } from './http/mount-controllers.js';
import { orderGlobalFilters } from './http/order-global-filters.js';
import { StorageUnavailableFilter } from './http/storage-unavailable.filter.js';
import { OneTimeTokenService } from './one-time-token/one-time-token.service.js';
import { RateLimitService } from './rate-limits/rate-limit.service.js';
import { ExpiredRecordRemovalService } from './storage/expired-record-removal.service.js';
import { FrontendSdkCookie } from './session/frontend-sdk-cookie.js';
import { OpenIdController } from './session/open-id.controller.js';
import { SessionController } from './session/session.controller.js';
import { SessionCore } from './session/session-core.js';
import { SessionGuard } from './session/session.guard.js';
import { SessionService } from './session/session.service.js';
import { SessionTransport } from './session/session-transport.js';
import { SigningKeyService } from './session/signing-key.service.js';
import { openStorage } from './storage/open-storage.js';
import { StorageHealthIndicator } from './storage/storage.health-indicator.js';
import { AUTH_STORAGE, type Storage } from './storage/storage.js';
import { StorageUnavailableError } from './storage/storage-unavailable.error.js';
import { DevelopmentProviderController } from './third-party/development-provider.controller.js';
import { ThirdPartyController } from './third-party/third-party.controller.js';
import { RedirectStateCookies } from './third-party/redirect-state-cookies.js';
import { ThirdPartyRedirectController } from './third-party/third-party-redirect.controller.js';
import { ThirdPartyRedirectGuard } from './third-party/third-party-redirect.guard.js';
import { ThirdPartyRedirectService } from './third-party/third-party-redirect.service.js';
import { ThirdPartyRedirectStrategy } from './third-party/third-party-redirect.strategy.js';
import { ThirdPartyService } from './third-party/third-party.service.js';
import { ThirdPartySignIn } from './third-party/third-party-sign-in.js';
import { WebsiteCallbackPage } from './third-party/website-callback-page.js';
import { UserService } from './users/user.service.js';

const CONTROLLERS: readonly Type[] = [
  EmailPasswordController,
  PasswordResetController,
  EmailVerificationController,
  ThirdPartyController,
  ThirdPartyRedirectController,
  DevelopmentProviderController,
  SessionController,
  OpenIdController,
];

/** What other modules of the app may inject. */
const EXPORTED = [
  SessionService,
  EmailPasswordService,
  PasswordResetService,
  EmailVerificationService,
  ThirdPartyService,
  UserService,
  SessionGuard,
  StorageHealthIndicator,
];

const INTERNAL: readonly Provider[] = [
  SessionCore,
  SessionTransport,
  SigningKeyService,
  ExpiredRecordRemovalService,
  PasswordHasher,
  EmailPasswordSignIn,
  PasswordResetForms,
  SessionEmailVerification,
  OneTimeTokenService,
  RateLimitService,
  EmailComposer,
  OutboxService,
  ThirdPartySignIn,
  ThirdPartyRedirectGuard,
  ThirdPartyRedirectService,
  ThirdPartyRedirectStrategy,
  RedirectStateCookies,
  FrontendSdkCookie,
  WebsiteCallbackPage,
  CorsService,
  { provide: APP_FILTER, useClass: AuthExceptionFilter },
  { provide: APP_FILTER, useClass: StorageUnavailableFilter },
  { provide: AUTH_STORAGE, inject: [AUTH_CONFIG], useFactory: openStorage },
];

/** What `AuthPagesModule` injects besides. Nothing of it can be imported from outside of the library. */
const FOR_PAGES = [
  AUTH_CONFIG,
  EmailPasswordSignIn,
  PasswordResetForms,
  SessionEmailVerification,
  FrontendSdkCookie,
  WebsiteCallbackPage,
  RateLimitService,
  SessionTransport,
];

/** The injection token of the controllers as they were mounted. */
const MOUNTED_CONTROLLERS = Symbol('nestward:mounted-controllers');

/** The injection token of the options as the app's factory made them. */
const MODULE_OPTIONS = Symbol('nestward:module-options');

/**
 * Sign-up, sign-in and sessions for a Nest app. Import it once, by {@link forRoot} or {@link forRootAsync}.
 */
@Module({})
export class AuthModule implements NestModule, OnApplicationShutdown {
  constructor(
    @Inject(AUTH_STORAGE) private readonly storage: Storage,
    @Inject(MOUNTED_CONTROLLERS) private readonly controllers: readonly Type[],
    @Inject(ApplicationConfig) private readonly applicationConfig: ApplicationConfig,
  ) {}

  /**
   * Adds the auth routes, services, the exception filter and CORS to an app.
   *
   * @param appInfo what the library needs to know about the app.
   * @param options everything else; each has a default.
   * @throws ConfigurationError with one sentence that says what to write instead.
   */
  static forRoot(appInfo: AppInfo, options: AuthOptions & { isGlobal?: boolean | undefined } = {}): DynamicModule {
    const { isGlobal, ...authOptions } = options;
    const config = createAuthConfig(appInfo, authOptions);
    return createModule(config.appInfo.apiBasePath, isGlobal, { provide: AUTH_CONFIG, useValue: config });
  }

  /**
   * The same as {@link forRoot}, with options that a factory makes, as from `@nestjs/config`.
   *
   * @throws ConfigurationError with one sentence that says what to write instead; what the factory makes is checked when
   * the app boots.
   */
  static forRootAsync(options: AuthModuleAsyncOptions): DynamicModule {
    const apiBasePath = normaliseUrlPath(options.apiBasePath ?? DEFAULT_BASE_PATH, 'forRootAsync.apiBasePath');
    const module = createModule(
      apiBasePath,
      options.isGlobal,
      {
        provide: AUTH_CONFIG,
        inject: [MODULE_OPTIONS],
        useFactory: (moduleOptions: AuthModuleOptions) => createAsyncConfig(moduleOptions, apiBasePath),
      },
      ...createOptionsProviders(options),
    );
    return { ...module, imports: options.imports ?? [] };
  }

  /** Runs before Nest registers the routes. */
  configure(_consumer: MiddlewareConsumer): void {
    excludeFromGlobalPrefix(this.controllers, this.applicationConfig);
    orderGlobalFilters(
      this.applicationConfig,
      [AuthExceptionFilter, StorageUnavailableFilter],
      [AuthException, StorageUnavailableError],
    );
  }

  /** Closes the storage, once no request is under way any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.storage.close();
  }
}

function createModule(apiBasePath: UrlPath, isGlobal = true, ...providers: Provider[]): DynamicModule {
  const controllers = mountControllers(CONTROLLERS, apiBasePath);
  return {
    module: AuthModule,
    global: isGlobal,
    controllers,
    providers: [...providers, ...INTERNAL, ...EXPORTED, { provide: MOUNTED_CONTROLLERS, useValue: controllers }],
    exports: [...EXPORTED, ...FOR_PAGES],
  };
}

function createOptionsProviders(options: AuthModuleAsyncOptions): Provider[] {
  if (options.useFactory !== undefined) {
    return [{ provide: MODULE_OPTIONS, useFactory: options.useFactory, inject: options.inject ?? [] }];
  }
  const { useClass, useExisting }: Partial<Record<'useClass' | 'useExisting', Type<AuthOptionsFactory> | undefined>> =
    options;
  const factory = useExisting ?? useClass;
  if (factory === undefined) {
    throw new ConfigurationError('AuthModule.forRootAsync has no factory: write useFactory, useClass or useExisting.');
  }
  const provider: Provider = {
    provide: MODULE_OPTIONS,
    inject: [factory],
    useFactory: (optionsFactory: AuthOptionsFactory) => optionsFactory.createAuthOptions(),
  };
  return options.useExisting === undefined ? [provider, factory] : [provider];
}

function createAsyncConfig({ appInfo, ...options }: AuthModuleOptions, apiBasePath: UrlPath): AuthConfig {
  const config = createAuthConfig({ ...appInfo, apiBasePath: appInfo.apiBasePath ?? apiBasePath }, options);
  if (config.appInfo.apiBasePath !== apiBasePath) {
    throw new ConfigurationError(
      `appInfo.apiBasePath is '${config.appInfo.apiBasePath || '/'}', but the routes were mounted at '${apiBasePath || '/'}' before the factory ran: write AuthModule.forRootAsync({ apiBasePath: '${config.appInfo.apiBasePath || '/'}', … }).`,
    );
  }
  return config;
}
