import { Logger } from '@nestjs/common';
import type { AuthConfig } from '../config/auth-config.js';
import { ConfigurationError } from '../config/configuration.error.js';
import { EncryptedSigningKeyStorage } from './encrypted-signing-key.storage.js';
import { StorageUnavailableError } from './storage-unavailable.error.js';
import type { Storage } from './storage.js';

/**
 * Opens the configured storage, and brings its schema up to date or checks it.
 * @throws ConfigurationError if it cannot be reached, or the schema is another version's.
 */
export async function openStorage({ storage: factory, migrateOnBoot, keyCipher }: AuthConfig): Promise<Storage> {
  const storage = await factory.open();
  try {
    await storage.ping();
    if (migrateOnBoot) {
      await storage.migrate();
    } else {
      await storage.checkSchema();
    }
  } catch (error) {
    await storage.close();
    throw error instanceof StorageUnavailableError
      ? new ConfigurationError(
          `${capitalise(factory.description)} cannot be reached (${messageOf(error.cause)}): check that the database runs, and that the app's options say where.`,
          { cause: error },
        )
      : error;
  }
  if (keyCipher === undefined && process.env['NODE_ENV'] === 'production') {
    new Logger('nestward').warn(
      'The signing keys are stored in plain text, so that whoever reads the database can make sessions: set NESTWARD_SECRET to encrypt them.',
    );
  }
  return {
    users: storage.users,
    sessions: storage.sessions,
    oauthStates: storage.oauthStates,
    oneTimeTokens: storage.oneTimeTokens,
    outbox: storage.outbox,
    rateLimits: storage.rateLimits,
    keys: new EncryptedSigningKeyStorage(storage.keys, keyCipher),
    migrate: () => storage.migrate(),
    checkSchema: () => storage.checkSchema(),
    ping: () => storage.ping(),
    close: () => storage.close(),
  };
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}
