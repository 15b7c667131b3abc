import type { Kysely, Migration } from 'kysely';

/** Counters of attempts, by what is limited. */
export const rateLimits: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('nestward_rate_limits')
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('points', 'integer', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('nestward_rate_limits_expires_at')
      .on('nestward_rate_limits')
      .column('expires_at')
      .execute();
  },
};
