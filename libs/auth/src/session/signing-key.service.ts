import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { randomBytes, randomUUID } from 'node:crypto';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import type { KeyPurpose, KeyRecord } from '../storage/signing-key.storage.js';
import { AUTH_STORAGE, type Storage } from '../storage/storage.js';
import type { RefreshTokenSecret } from './refresh-token.js';
import {
  generatePrivateKey,
  toSigningKey,
  type PublicJwk,
  type SigningKey,
  type SigningKeyPurpose,
} from './signing-key.js';

/** How long a key is published before it signs, at most: time for every node and every reader of the JWKS to see it. */
const MAX_PUBLICATION_LEAD_MS = 3_600_000;

/** An unknown `kid` makes a node look into the database at most this often, so that nobody can make it do so at will. */
const MIN_RELOAD_INTERVAL_MS = 1000;

/** For how long a key outlives the last token that it can have signed: the clocks of nodes differ. */
const RETIREMENT_MARGIN_MS = 300_000;

interface Keys {
  /** Oldest first. */
  readonly signing: Readonly<Record<SigningKeyPurpose, readonly SigningKey[]>>;
  readonly byHeader: ReadonlyMap<string, SigningKey>;
  readonly refreshTokenSecret: RefreshTokenSecret;
  /** When there is something to do: a key to make, or to remove. Milliseconds since the Unix epoch. */
  readonly dueAt: number;
}

/**
 * Keeps the keys. They live in the database, and every node that shares it comes to the same ones: a key is made by
 * inserting the next generation, which only one node can do, is published before it signs, and stays until the last token
 * that it signed has expired. There is no timer: whoever uses a key does what has become due.
 */
@Injectable()
export class SigningKeyService implements OnModuleInit {
  private readonly logger = new Logger(SigningKeyService.name);
  private keys: Keys | undefined;
  private maintenance: Promise<Keys> | undefined;
  private reload: Promise<Keys> | undefined;
  private lastReloadAt = Number.NEGATIVE_INFINITY;
  private retryAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_STORAGE) private readonly storage: Storage,
  ) {}

  /** Makes the first keys, so that the first request need not wait for them. */
  async onModuleInit(): Promise<void> {
    await this.current();
  }

  /** The key that signs now. */
  async getSigningKey(purpose: SigningKeyPurpose): Promise<SigningKey> {
    const { signing } = await this.current();
    const now = this.config.clock.now();
    const key = signing[purpose].findLast(({ activeFrom }) => activeFrom <= now) ?? signing[purpose][0];
    if (key === undefined) {
      throw new Error(`There is no ${purpose} signing key`);
    }
    return key;
  }

  /**
   * The key whose tokens have this header, if it is still published. A known key is found without waiting for the
   * database; a header that is not known makes the node look there once, and at most once a second.
   */
  async findKeyByHeader(encodedHeader: string): Promise<SigningKey | undefined> {
    const known = (await this.published()).byHeader.get(encodedHeader);
    if (known !== undefined) {
      return known;
    }
    const keys = await (this.maintenance ?? this.reloadRateLimited());
    return keys?.byHeader.get(encodedHeader);
  }

  /** The secret under which refresh tokens are authenticated. */
  async getRefreshTokenSecret(): Promise<RefreshTokenSecret> {
    return (await this.published()).refreshTokenSecret;
  }

  /** All public keys whose tokens may still verify, the ones that will sign next included (RFC 7517 §5). */
  async getPublicJwks(): Promise<PublicJwk[]> {
    const { byHeader } = await this.published();
    return [...byHeader.values()].map(({ jwk }) => jwk);
  }

  /** The keys, once everything that is due has been done: what signs must not be a key that the others have forgotten. */
  private async current(): Promise<Keys> {
    return this.keys === undefined || this.isDue(this.keys) ? this.maintainOnce() : this.keys;
  }

  /** The keys as far as this node knows them: verifying goes on while the database is slow or away. */
  private async published(): Promise<Keys> {
    const { keys } = this;
    if (keys === undefined) {
      return this.maintainOnce();
    }
    if (this.isDue(keys) && this.config.clock.now() >= this.retryAt) {
      this.maintainOnce().catch((error: unknown) => {
        this.retryAt = this.config.clock.now() + MIN_RELOAD_INTERVAL_MS;
        this.logger.warn(
          `The signing keys could not be brought up to date, and the known ones go on: ${String(error)}`,
        );
      });
    }
    return keys;
  }

  private isDue({ dueAt }: Keys): boolean {
    return this.config.clock.now() >= dueAt;
  }

  private maintainOnce(): Promise<Keys> {
    this.maintenance ??= this.maintain().finally(() => {
      this.maintenance = undefined;
    });
    return this.maintenance;
  }

  /** Brings the stored keys to what they should be now, and reads them. */
  private async maintain(): Promise<Keys> {
    const before = await this.storage.keys.list();
    const now = this.config.clock.now();
    const signingKeys = await Promise.all([
      this.nextSigningKey('dynamic', before, now),
      this.nextSigningKey('static', before, now),
    ]);
    const next = [...signingKeys, this.nextRefreshTokenKey(before, now)].filter((record) => record !== undefined);
    for (const record of next) {
      await this.storage.keys.insert(record);
    }
    const expired = this.findRetired(before, now);
    if (expired.length > 0) {
      await this.storage.keys.remove(expired);
    }
    return this.load(next.length > 0 || expired.length > 0 ? await this.storage.keys.list() : before);
  }

  private async reloadRateLimited(): Promise<Keys | undefined> {
    if (this.reload === undefined) {
      const now = this.config.clock.now();
      if (now - this.lastReloadAt < MIN_RELOAD_INTERVAL_MS) {
        return undefined;
      }
      this.lastReloadAt = now;
      this.reload = this.storage.keys
        .list()
        .then((records) => this.load(records))
        .finally(() => {
          this.reload = undefined;
        });
    }
    return this.reload;
  }

  private load(records: readonly KeyRecord[]): Keys {
    const secret = newestOf(records, 'refresh-token');
    if (secret === undefined) {
      throw new Error('There is no refresh token key');
    }
    const known = new Map(this.keys === undefined ? [] : [...this.keys.byHeader.values()].map((key) => [key.kid, key]));
    const signingKeys = records
      .filter(({ purpose }) => purpose !== 'refresh-token')
      .map((record) => known.get(record.id) ?? toSigningKey(record));
    const now = this.config.clock.now();
    this.keys = {
      signing: {
        dynamic: signingKeys.filter(({ purpose }) => purpose === 'dynamic'),
        static: signingKeys.filter(({ purpose }) => purpose === 'static'),
      },
      byHeader: new Map(signingKeys.map((key) => [key.encodedHeader, key])),
      refreshTokenSecret: Buffer.from(secret.material, 'base64url') as Uint8Array as RefreshTokenSecret,
      dueAt: Math.min(
        ...(['dynamic', 'static'] as const).map((purpose) => this.nextKeyDueAt(purpose, records)),
        ...records.map((record) => this.retiredAt(record, records)).filter((at) => at > now),
      ),
    };
    return this.keys;
  }

  /** When the next key of a purpose is to be made, so that it is published in time. */
  private nextKeyDueAt(purpose: SigningKeyPurpose, records: readonly KeyRecord[]): number {
    const newest = newestOf(records, purpose);
    if (newest === undefined) {
      return Number.NEGATIVE_INFINITY;
    }
    if (newest.algorithm !== this.config.session.signingAlgorithm) {
      return newest.activeFrom;
    }
    return purpose === 'dynamic'
      ? newest.activeFrom + this.config.session.signingKeyRotationIntervalMs - this.publicationLeadMs
      : Number.POSITIVE_INFINITY;
  }

  private get publicationLeadMs(): number {
    return Math.min(MAX_PUBLICATION_LEAD_MS, this.config.session.signingKeyRotationIntervalMs / 2);
  }

  private async nextSigningKey(
    purpose: SigningKeyPurpose,
    records: readonly KeyRecord[],
    now: number,
  ): Promise<KeyRecord | undefined> {
    if (this.nextKeyDueAt(purpose, records) > now) {
      return undefined;
    }
    const newest = newestOf(records, purpose);
    const algorithm = this.config.session.signingAlgorithm;
    return {
      id: `${purpose === 'dynamic' ? 'd' : 's'}-${randomUUID()}`,
      purpose,
      generation: (newest?.generation ?? 0) + 1,
      algorithm,
      material: await generatePrivateKey(algorithm),
      createdAt: now,
      activeFrom: newest === undefined ? now : now + this.publicationLeadMs,
    };
  }

  private nextRefreshTokenKey(records: readonly KeyRecord[], now: number): KeyRecord | undefined {
    return newestOf(records, 'refresh-token') === undefined
      ? {
          id: `r-${randomUUID()}`,
          purpose: 'refresh-token',
          generation: 1,
          algorithm: 'HS256',
          material: randomBytes(32).toString('base64url'),
          createdAt: now,
          activeFrom: now,
        }
      : undefined;
  }

  private findRetired(records: readonly KeyRecord[], now: number): string[] {
    return records.filter((record) => this.retiredAt(record, records) <= now).map(({ id }) => id);
  }

  /** When the last token that a key can have signed has expired for sure. */
  private retiredAt(record: KeyRecord, records: readonly KeyRecord[]): number {
    const successor = records.find(
      ({ purpose, generation }) => purpose === record.purpose && generation === record.generation + 1,
    );
    return record.purpose === 'refresh-token' || successor === undefined
      ? Number.POSITIVE_INFINITY
      : successor.activeFrom + this.config.session.accessTokenLifetimeMs + RETIREMENT_MARGIN_MS;
  }
}

function newestOf(records: readonly KeyRecord[], purpose: KeyPurpose): KeyRecord | undefined {
  return records
    .filter((record) => record.purpose === purpose)
    .sort((a, b) => a.generation - b.generation)
    .at(-1);
}
