import { ConfigurationError } from '../config/configuration.error.js';
import { isEncrypted, type KeyCipher } from './key-cipher.js';
import type { KeyRecord, SigningKeyStorage } from './signing-key.storage.js';

/**
 * Keys that are encrypted in the database, where there is a secret to encrypt them with. A key that is stored in another
 * way than it should be now, in plain or under the previous secret, is stored anew when it is read.
 */
export class EncryptedSigningKeyStorage implements SigningKeyStorage {
  /** @param cipher undefined where keys are stored as they are. */
  constructor(
    private readonly keys: SigningKeyStorage,
    private readonly cipher: KeyCipher | undefined,
  ) {}

  /** @throws ConfigurationError if a key is encrypted with a secret that is not there. */
  async list(): Promise<KeyRecord[]> {
    return Promise.all((await this.keys.list()).map((key) => this.decrypt(key)));
  }

  async insert(key: KeyRecord): Promise<boolean> {
    return this.keys.insert({ ...key, material: this.cipher?.encrypt(key) ?? key.material });
  }

  async replaceMaterial(id: string, expected: string, material: string): Promise<boolean> {
    return this.keys.replaceMaterial(id, expected, material);
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.keys.remove(ids);
  }

  private async decrypt(key: KeyRecord): Promise<KeyRecord> {
    if (this.cipher === undefined) {
      if (isEncrypted(key)) {
        throw new ConfigurationError(
          'The signing keys in the database are encrypted, and there is no secret to read them with: set NESTWARD_SECRET to the one that was used.',
        );
      }
      return key;
    }
    const { material, isCurrent } = this.cipher.decrypt(key);
    const decrypted = { ...key, material };
    if (!isCurrent) {
      // Whoever else stores it anew at this moment stores the same key.
      await this.keys.replaceMaterial(key.id, key.material, this.cipher.encrypt(decrypted));
    }
    return decrypted;
  }
}
