import { Migrator, type Kysely } from 'kysely';
import { ConfigurationError } from '../../config/configuration.error.js';
import type { Storage } from '../storage.js';
import type { Database } from './database.js';
import { KyselySessionStorage } from './kysely-session.storage.js';
import { KyselySigningKeyStorage } from './kysely-signing-key.storage.js';
import { KyselyUserStorage } from './kysely-user.storage.js';
import { migrations } from './migrations/migrations.js';

/** The whole {@link Storage} in SQL, on any database that Kysely has a dialect for. */
export class KyselyStorage implements Storage {
  readonly users: KyselyUserStorage;
  readonly sessions: KyselySessionStorage;
  readonly keys: KyselySigningKeyStorage;
  private readonly migrator: Migrator;

  /** @param description names the database in messages, without any secret. */
  constructor(
    private readonly db: Kysely<Database>,
    private readonly description: string,
  ) {
    this.users = new KyselyUserStorage(db);
    this.sessions = new KyselySessionStorage(db);
    this.keys = new KyselySigningKeyStorage(db);
    this.migrator = new Migrator({
      db,
      provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
      migrationTableName: 'nestward_migrations',
      migrationLockTableName: 'nestward_migrations_lock',
    });
  }

  async migrate(): Promise<string[]> {
    await this.refuseNewerSchema();
    const { error, results = [] } = await this.migrator.migrateToLatest();
    if (error !== undefined) {
      // Another node may have brought the schema further in between.
      await this.refuseNewerSchema();
      throw error;
    }
    return results.map(({ migrationName }) => migrationName);
  }

  async checkSchema(): Promise<void> {
    await this.refuseNewerSchema();
    const missing = (await this.migrator.getMigrations()).filter(({ executedAt }) => executedAt === undefined);
    if (missing.length > 0) {
      throw new ConfigurationError(
        `The schema of ${this.description} is older than this version of nestward (missing: ${missing.map(({ name }) => name).join(', ')}): run 'npx nestward migrate', or leave migrateOnBoot on.`,
      );
    }
  }

  async close(): Promise<void> {
    await this.db.destroy();
  }

  private async refuseNewerSchema(): Promise<void> {
    const tables = await this.db.introspection.getTables({ withInternalKyselyTables: true });
    if (!tables.some(({ name }) => name === 'nestward_migrations')) {
      return;
    }
    const executed = await this.db
      .withTables<{ nestward_migrations: { name: string } }>()
      .selectFrom('nestward_migrations')
      .select('name')
      .execute();
    const unknown = executed.filter(({ name }) => !(name in migrations));
    if (unknown.length > 0) {
      throw new ConfigurationError(
        `The schema of ${this.description} is newer than this version of nestward (it has ${unknown.map(({ name }) => name).join(', ')}): upgrade the package 'nestward' in this app.`,
      );
    }
  }
}
