import type { FactoryProvider, ModuleMetadata, Type } from '@nestjs/common';
import type { AuthModuleOptions } from './config/auth-options.js';

/** Makes the options of the module: what `useClass` and `useExisting` name. */
export interface AuthOptionsFactory {
  createAuthOptions(): AuthModuleOptions | Promise<AuthModuleOptions>;
}

interface AuthModuleAsyncBase extends Pick<ModuleMetadata, 'imports'> {
  /**
   * The path below which the auth routes are mounted. It stands here, because routes are fixed before a factory runs.
   * Default: `/auth`.
   */
  apiBasePath?: string | undefined;
  /** Whether every module of the app sees the services without importing this one. Default: `true`. */
  isGlobal?: boolean | undefined;
}

/** What `AuthModule.forRootAsync` takes: one way to come to the options, and what must be known before. */
export type AuthModuleAsyncOptions = AuthModuleAsyncBase &
  (
    | {
        /** Makes the options; its parameters are what `inject` names. */
        useFactory: (...dependencies: never[]) => AuthModuleOptions | Promise<AuthModuleOptions>;
        inject?: FactoryProvider['inject'];
        useClass?: undefined;
        useExisting?: undefined;
      }
    | { useClass: Type<AuthOptionsFactory>; useFactory?: undefined; useExisting?: undefined; inject?: undefined }
    | { useExisting: Type<AuthOptionsFactory>; useFactory?: undefined; useClass?: undefined; inject?: undefined }
  );
