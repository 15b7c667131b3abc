import { sql, type Kysely } from 'kysely';
import type { OAuthStateStorage } from '../oauth-state.storage.js';
import type { OneTimeTokenStorage } from '../one-time-token.storage.js';
import type { OutboxStorage } from '../outbox.storage.js';
import type { RateLimitStorage } from '../rate-limit.storage.js';
import type { SessionStorage } from '../session.storage.js';
import type { SigningKeyStorage } from '../signing-key.storage.js';
import type { Storage } from '../storage.js';
import type { UserStorage } from '../user.storage.js';
import { copyTables, type CopiedTable, type CopyProgress } from './copy-tables.js';
import type { Database } from './database.js';
import { guardPort } from './guard-port.js';
import { KyselyOAuthStateStorage } from './kysely-oauth-state.storage.js';
import { KyselyOneTimeTokenStorage } from './kysely-one-time-token.storage.js';
import { KyselyOutboxStorage } from './kysely-outbox.storage.js';
import { KyselyRateLimitStorage } from './kysely-rate-limit.storage.js';
import { KyselySessionStorage } from './kysely-session.storage.js';
import { KyselySigningKeyStorage } from './kysely-signing-key.storage.js';
import { KyselyUserStorage } from './kysely-user.storage.js';
import { SchemaMigrator, type SchemaMigratorOptions } from './schema-migrator.js';

/** The whole {@link Storage} in SQL, on any database that Kysely has a dialect for. */
export class KyselyStorage implements Storage {
  readonly users: UserStorage;
  readonly sessions: SessionStorage;
  readonly keys: SigningKeyStorage;
  readonly oauthStates: OAuthStateStorage;
  readonly oneTimeTokens: OneTimeTokenStorage;
  readonly outbox: OutboxStorage;
  readonly rateLimits: RateLimitStorage;
  private readonly migrator: SchemaMigrator;
  private readonly connection: { ping(): Promise<void> };

  constructor(
    private readonly db: Kysely<Database>,
    options: SchemaMigratorOptions,
  ) {
    this.users = guardPort(new KyselyUserStorage(db));
    this.sessions = guardPort(new KyselySessionStorage(db));
    this.keys = guardPort(new KyselySigningKeyStorage(db));
    this.oauthStates = guardPort(new KyselyOAuthStateStorage(db));
    this.oneTimeTokens = guardPort(new KyselyOneTimeTokenStorage(db));
    this.outbox = guardPort(new KyselyOutboxStorage(db));
    this.rateLimits = guardPort(new KyselyRateLimitStorage(db));
    this.connection = guardPort({
      ping: async () => {
        await sql`select 1`.execute(db);
      },
    });
    this.migrator = new SchemaMigrator(db, options);
  }

  async migrate(): Promise<string[]> {
    return this.migrator.migrate();
  }

  async checkSchema(): Promise<void> {
    await this.migrator.check();
  }

  async ping(): Promise<void> {
    await this.connection.ping();
  }

  /**
   * Makes another storage's tables the same as these.
   * @param onProgress is told after each batch of rows.
   * @returns the counts of each table at the end.
   */
  async copyTo(target: KyselyStorage, onProgress: (progress: CopyProgress) => void): Promise<CopiedTable[]> {
    return copyTables(this.db, target.db, onProgress);
  }

  async close(): Promise<void> {
    await this.db.destroy();
  }
}
