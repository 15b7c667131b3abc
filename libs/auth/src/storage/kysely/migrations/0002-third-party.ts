import type { Kysely, Migration } from 'kysely';

/** What sign-in with providers needs besides the login methods: used states, and a lock for each email. */
export const thirdParty: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('nestward_used_oauth_states')
      .addColumn('hash', 'text', (column) => column.primaryKey())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('nestward_used_oauth_states_expires_at')
      .on('nestward_used_oauth_states')
      .column('expires_at')
      .execute();

    await db.schema
      .createTable('nestward_email_locks')
      .addColumn('email', 'text', (column) => column.primaryKey())
      .execute();
  },
};
