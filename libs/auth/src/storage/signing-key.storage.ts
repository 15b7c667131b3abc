/**
 * What a key is for: `dynamic` and `static` sign access tokens (a dynamic one for a while, a static one for good),
 * `refresh-token` authenticates refresh tokens.
 */
export type KeyPurpose = 'dynamic' | 'static' | 'refresh-token';

/** A key as it is stored. Times are milliseconds since the Unix epoch. */
export interface KeyRecord {
  /** The `kid`: unique, and for signing keys with the prefix that the contract §4 gives (`d-` or `s-`). */
  readonly id: string;
  readonly purpose: KeyPurpose;
  /** Numbers the keys of one purpose from 1 on, without gaps. There is one key of a purpose and generation. */
  readonly generation: number;
  /** The JWS algorithm of a signing key, or `HS256` for a refresh token key. */
  readonly algorithm: string;
  /** The private key (PKCS #8, PEM) or the secret (base64url). */
  readonly material: string;
  readonly createdAt: number;
  /** From when on the key may sign. It is published from its creation on. */
  readonly activeFrom: number;
}

/** Where keys are kept. */
export interface SigningKeyStorage {
  /** All keys, by purpose and generation. */
  list(): Promise<KeyRecord[]>;

  /**
   * Stores a key unless its purpose and generation exist already: when several nodes make the same generation at once,
   * one of them wins and all read the winner's.
   * @returns whether this key was stored.
   */
  insert(key: KeyRecord): Promise<boolean>;

  /** Replaces how a key's material is stored, if it is still stored as expected. @returns whether it was. */
  replaceMaterial(id: string, expected: string, material: string): Promise<boolean>;

  /** Removes keys by id. */
  remove(ids: readonly string[]): Promise<void>;
}
