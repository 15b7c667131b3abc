import { Inject, Injectable } from '@nestjs/common';
import { AUTH_STORAGE, type Storage } from './storage.js';

/** What `@nestjs/terminus` expects of a health indicator. */
export type StorageHealth<Key extends string> = Record<
  Key,
  { readonly status: 'up' } | { readonly status: 'down'; readonly message: string }
>;

/**
 * Tells `@nestjs/terminus` whether the database answers:
 * `health.check([() => storageHealthIndicator.isHealthy('auth')])`.
 */
@Injectable()
export class StorageHealthIndicator {
  constructor(@Inject(AUTH_STORAGE) private readonly storage: Storage) {}

  /** @param key names the indicator in the answer. Default: `auth`. */
  async isHealthy<Key extends string = 'auth'>(key: Key = 'auth' as Key): Promise<StorageHealth<Key>> {
    return { [key]: await this.check() } as StorageHealth<Key>;
  }

  private async check(): Promise<StorageHealth<string>[string]> {
    try {
      await this.storage.ping();
      return { status: 'up' };
    } catch {
      return { status: 'down', message: 'The database is not available' };
    }
  }
}
