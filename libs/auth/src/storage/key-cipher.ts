import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { ConfigurationError } from '../config/configuration.error.js';
import type { KeyRecord } from './signing-key.storage.js';

/** The secrets that keys are encrypted with in the database. */
export interface KeySecrets {
  /** What keys are encrypted with; at least 32 characters. */
  readonly secret: string;
  /** What keys may still be encrypted with while the secret is being replaced. */
  readonly previousSecret?: string | undefined;
}

const MIN_SECRET_LENGTH = 32;
const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX = 'v1';

type Key = Pick<KeyRecord, 'id' | 'purpose' | 'material'>;

/**
 * Encrypts the material of keys for the database with AES-256-GCM. The key's id and purpose are authenticated with it, so
 * that nobody who can write to the database can put one key in the place of another.
 */
export class KeyCipher {
  /** The current one first. */
  private readonly encryptionKeys: readonly Buffer[];

  /** @throws ConfigurationError if a secret is too short. */
  constructor({ secret, previousSecret }: KeySecrets) {
    this.encryptionKeys = [
      deriveKey(secret, 'NESTWARD_SECRET'),
      ...(previousSecret === undefined ? [] : [deriveKey(previousSecret, 'NESTWARD_PREVIOUS_SECRET')]),
    ];
  }

  /** @returns the material as it is stored. */
  encrypt(key: Key): string {
    const [encryptionKey] = this.encryptionKeys;
    if (encryptionKey === undefined) {
      throw new Error('There is no key to encrypt with');
    }
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, encryptionKey, nonce).setAAD(identityOf(key));
    const content = Buffer.concat([nonce, cipher.update(key.material, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${PREFIX}.${content.toString('base64url')}`;
  }

  /**
   * @returns the material, and whether it was stored as {@link encrypt} would store it now.
   * @throws ConfigurationError if it is encrypted with none of the secrets.
   */
  decrypt(key: Key): { material: string; isCurrent: boolean } {
    if (!isEncrypted(key)) {
      return { material: key.material, isCurrent: false };
    }
    for (const [index, encryptionKey] of this.encryptionKeys.entries()) {
      const material = tryDecrypt(encryptionKey, key);
      if (material !== undefined) {
        return { material, isCurrent: index === 0 };
      }
    }
    throw new ConfigurationError(
      'The signing keys in the database are encrypted with another secret than NESTWARD_SECRET: set the one that was used before, as NESTWARD_PREVIOUS_SECRET if it is being replaced.',
    );
  }
}

/** Whether a key's material is encrypted. */
export function isEncrypted({ material }: Pick<Key, 'material'>): boolean {
  return material.startsWith(`${PREFIX}.`);
}

function tryDecrypt(encryptionKey: Buffer, key: Key): string | undefined {
  const content = Buffer.from(key.material.slice(PREFIX.length + 1), 'base64url');
  if (content.length < NONCE_BYTES + TAG_BYTES) {
    return undefined;
  }
  try {
    const decipher = createDecipheriv(ALGORITHM, encryptionKey, content.subarray(0, NONCE_BYTES))
      .setAAD(identityOf(key))
      .setAuthTag(content.subarray(-TAG_BYTES));
    const plain = decipher.update(content.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([plain, decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

function identityOf({ id, purpose }: Key): Buffer {
  return Buffer.from(`${purpose}:${id}`);
}

function deriveKey(secret: string, name: string): Buffer {
  if (secret.length < MIN_SECRET_LENGTH) {
    throw new ConfigurationError(
      `${name} has ${String(secret.length)} characters: write at least ${String(MIN_SECRET_LENGTH)} random ones, as 'openssl rand -base64 48' makes them.`,
    );
  }
  return Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), 'nestward key encryption', 32));
}
