import { sql, type Kysely, type Migration } from 'kysely';
import { ConfigurationError } from '../../config/configuration.error.js';
import { isDuplicateObject, isUniqueViolation } from './constraint-violation.js';
import type { Database } from './database.js';
import { migrations } from './migrations/migrations.js';

/** The tables that say which migrations have run, and that let one node at a time run them. */
interface MigrationDatabase extends Database {
  nestward_migrations: { name: string; executed_at: number | string };
  nestward_migrations_lock: { id: number };
}

/** More than another node's statements can make fail; what fails then is in the way for good, such as a type of that name. */
const PREPARE_ATTEMPTS = 10;

/** What differs between databases for the {@link SchemaMigrator}. */
export interface SchemaMigratorOptions {
  /** Names the database in messages, without any secret. */
  readonly description: string;
  /** The database's own namespace for the tables, which is made if it is missing. Default: the database's default. */
  readonly schema?: string | undefined;
  /** Whether a row can be locked with `FOR UPDATE`; SQLite's transactions lock the whole database anyway. */
  readonly canLockRows: boolean;
}

/**
 * Brings the schema to this version of the library. All missing migrations run in one transaction, behind a lock on a row:
 * whichever node comes second finds nothing left to do, and a node that dies leaves nothing half done.
 */
export class SchemaMigrator {
  private readonly db: Kysely<MigrationDatabase>;
  private readonly names = Object.keys(migrations);

  constructor(
    db: Kysely<Database>,
    private readonly options: SchemaMigratorOptions,
  ) {
    this.db = db.withTables<Omit<MigrationDatabase, keyof Database>>();
  }

  /**
   * @returns the names of the migrations that ran.
   * @throws ConfigurationError if the schema is newer than the library.
   */
  async migrate(): Promise<string[]> {
    await this.prepare();
    return this.db.transaction().execute(async (transaction) => {
      if (this.options.canLockRows) {
        await transaction.selectFrom('nestward_migrations_lock').select('id').where('id', '=', 1).forUpdate().execute();
      }
      const missing = this.findMissing(await this.readExecuted(transaction));
      for (const [name, migration] of missing) {
        await migration.up(transaction);
        await transaction.insertInto('nestward_migrations').values({ name, executed_at: Date.now() }).execute();
      }
      return missing.map(([name]) => name);
    });
  }

  /** @throws ConfigurationError if the schema is older or newer than the library. */
  async check(): Promise<void> {
    const executed = (await this.hasMigrationTable()) ? await this.readExecuted(this.db) : [];
    const missing = this.findMissing(executed);
    if (missing.length > 0) {
      throw new ConfigurationError(
        `The schema of ${this.options.description} is older than this version of nestward (it lacks ${missing.map(([name]) => name).join(', ')}): run 'npx nestward migrate', or leave migrateOnBoot on.`,
      );
    }
  }

  /** @throws ConfigurationError if there are executed migrations that this version does not know. */
  private findMissing(executed: readonly string[]): [string, Migration][] {
    const unknown = executed.filter((name) => !this.names.includes(name));
    if (unknown.length > 0) {
      throw new ConfigurationError(
        `The schema of ${this.options.description} is newer than this version of nestward (it has ${unknown.join(', ')}): upgrade the package 'nestward' in this app.`,
      );
    }
    return Object.entries(migrations).filter(([name]) => !executed.includes(name));
  }

  /** Makes what the lock needs. A node that does the same at this moment makes some of it fail, and then it is there. */
  private async prepare(attempts = PREPARE_ATTEMPTS): Promise<void> {
    if (await this.hasMigrationTable()) {
      return;
    }
    try {
      if (this.options.schema !== undefined) {
        await sql`create schema if not exists ${sql.id(this.options.schema)}`.execute(this.db);
      }
      await this.db.schema
        .createTable('nestward_migrations_lock')
        .ifNotExists()
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .execute();
      await this.db
        .insertInto('nestward_migrations_lock')
        .values({ id: 1 })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
      await this.db.schema
        .createTable('nestward_migrations')
        .ifNotExists()
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('executed_at', 'bigint', (column) => column.notNull())
        .execute();
    } catch (error) {
      // PostgreSQL's `if not exists` is no guard against a node that makes the same at the same moment: it fails with the
      // catalogue's unique violation or, a moment later, because the object is there.
      if (attempts <= 1 || (!isUniqueViolation(error) && !isDuplicateObject(error))) {
        throw error;
      }
      await this.prepare(attempts - 1);
    }
  }

  private async hasMigrationTable(): Promise<boolean> {
    try {
      await this.db.selectFrom('nestward_migrations').select('name').limit(1).execute();
      return true;
    } catch (error) {
      if (isMissingTable(error)) {
        return false;
      }
      throw error;
    }
  }

  private async readExecuted(db: Kysely<MigrationDatabase>): Promise<string[]> {
    const rows = await db.selectFrom('nestward_migrations').select('name').orderBy('name').execute();
    return rows.map(({ name }) => name);
  }
}

/** SQLite's plain error, and PostgreSQL's SQLSTATE of a missing table or schema. */
function isMissingTable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) {
    return false;
  }
  const { code, message }: { code?: unknown; message?: unknown } = error;
  return code === '42P01' || code === '3F000' || (typeof message === 'string' && message.startsWith('no such table'));
}
