import type { Kysely, Migration } from 'kysely';

/** Tokens that are sent by mail and work once, and the messages that are still to be sent. */
export const email: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('nestward_one_time_tokens')
      .addColumn('token_hash', 'text', (column) => column.primaryKey())
      .addColumn('purpose', 'text', (column) => column.notNull())
      .addColumn('recipe_user_id', 'text', (column) => column.notNull())
      .addColumn('tenant_id', 'text', (column) => column.notNull())
      .addColumn('email', 'text', (column) => column.notNull())
      .addColumn('credential_fingerprint', 'text')
      .addColumn('session_handle', 'text')
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('nestward_one_time_tokens_recipe_user_id')
      .on('nestward_one_time_tokens')
      .columns(['recipe_user_id', 'purpose'])
      .execute();
    await db.schema
      .createIndex('nestward_one_time_tokens_expires_at')
      .on('nestward_one_time_tokens')
      .column('expires_at')
      .execute();

    await db.schema
      .createTable('nestward_outbox')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('message', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('due_at', 'bigint')
      .addColumn('lease_id', 'text')
      .execute();
    await db.schema.createIndex('nestward_outbox_due_at').on('nestward_outbox').column('due_at').execute();
    await db.schema.createIndex('nestward_outbox_created_at').on('nestward_outbox').column('created_at').execute();
  },
};
