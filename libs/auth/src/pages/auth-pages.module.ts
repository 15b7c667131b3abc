import {
  Controller,
  Inject,
  Module,
  VERSION_NEUTRAL,
  type DynamicModule,
  type MiddlewareConsumer,
  type NestModule,
  type Provider,
  type Type,
} from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { excludeFromGlobalPrefix, mountControllers } from '../http/mount-controllers.js';
import { WebsiteCallbackPage } from '../third-party/website-callback-page.js';
import { assertFits } from './assert-fits.js';
import {
  AUTH_PAGES_CONFIG,
  normaliseAuthPagesOptions,
  type AuthPagesConfig,
  type AuthPagesOptions,
} from './auth-pages.options.js';
import { AccountPageController } from './controllers/account-page.controller.js';
import { CallbackPageController } from './controllers/callback-page.controller.js';
import { PageAssetsController } from './controllers/page-assets.controller.js';
import { ResetPasswordPageController } from './controllers/reset-password-page.controller.js';
import { SignInPageController } from './controllers/sign-in-page.controller.js';
import { SignOutPageController } from './controllers/sign-out-page.controller.js';
import { VerifyEmailPageController } from './controllers/verify-email-page.controller.js';
import { FormTokenService } from './form-token.service.js';
import { PageAssets } from './page-assets.js';
import { PageExceptionFilter } from './page-exception.filter.js';
import { PageFormService } from './page-form.service.js';
import { PageRenderer } from './page-renderer.service.js';
import { PageSessionService } from './page-session.service.js';

/** A page more: its controller here, its view in `page-templates.ts`, its template in `templates/`, its texts in `texts/`. */
const CONTROLLERS: readonly Type[] = [
  SignInPageController,
  ResetPasswordPageController,
  VerifyEmailPageController,
  SignOutPageController,
  AccountPageController,
  PageAssetsController,
];

const PROVIDERS: readonly Provider[] = [
  FormTokenService,
  PageAssets,
  PageExceptionFilter,
  PageFormService,
  PageRenderer,
  PageSessionService,
];

/** The injection tokens of the controllers as they were mounted. */
const MOUNTED_CONTROLLERS = Symbol('nestward:mounted-page-controllers');
const MOUNTED_CALLBACK = Symbol('nestward:mounted-callback-page');

/**
 * Auth pages that the server writes: sign-in, sign-up, sign-in with providers, forgotten passwords, verification of addresses.
 * Import it once, beside an `AuthModule` that is global, as it is by default. The pages are at `appInfo.websiteBasePath`, which
 * may be the API's base path too.
 */
@Module({})
export class AuthPagesModule implements NestModule {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_PAGES_CONFIG) private readonly pages: AuthPagesConfig,
    @Inject(WebsiteCallbackPage) private readonly websiteCallbackPage: WebsiteCallbackPage,
    @Inject(PageRenderer) private readonly renderer: PageRenderer,
    @Inject(MOUNTED_CONTROLLERS) private readonly controllers: readonly Type[],
    @Inject(MOUNTED_CALLBACK) private readonly callback: Type,
    @Inject(ApplicationConfig) private readonly applicationConfig: ApplicationConfig,
  ) {}

  /**
   * Adds the pages to an app.
   * @throws ConfigurationError with one sentence that says what to write instead.
   */
  static forRoot(options: AuthPagesOptions = {}): DynamicModule {
    const config = normaliseAuthPagesOptions(options);
    const controllers = mountControllers(CONTROLLERS, '');
    const [callback] = mountControllers([CallbackPageController], '');
    return {
      module: AuthPagesModule,
      controllers: [...controllers, ...(callback === undefined ? [] : [callback])],
      providers: [
        ...PROVIDERS,
        { provide: AUTH_PAGES_CONFIG, useValue: config },
        { provide: MOUNTED_CONTROLLERS, useValue: controllers },
        { provide: MOUNTED_CALLBACK, useValue: callback },
      ],
    };
  }

  /**
   * Runs before Nest registers the routes, and after the factories of `AuthModule.forRootAsync`, which make the paths.
   * @throws ConfigurationError if the options do not fit those of the `AuthModule`.
   */
  configure(_consumer: MiddlewareConsumer): void {
    const { websiteBasePath, apiBasePath } = this.config.appInfo;
    assertFits(this.pages, this.config);
    for (const controller of this.controllers) {
      setPath(controller, websiteBasePath);
    }
    if (websiteBasePath === apiBasePath) {
      // The route is there already, for the redirect flow.
      setPath(this.callback, []);
      this.websiteCallbackPage.send = (request, response) => this.renderer.send({ request, response }, 'callback', {});
    } else {
      setPath(this.callback, websiteBasePath);
    }
    excludeFromGlobalPrefix([...this.controllers, this.callback], this.applicationConfig);
  }
}

function setPath(controller: Type, path: string | string[]): void {
  Controller({ path, version: VERSION_NEUTRAL })(controller);
}
