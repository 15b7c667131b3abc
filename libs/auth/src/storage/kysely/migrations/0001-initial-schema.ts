import { sql, type Kysely, type Migration } from 'kysely';

/** Users with their login methods, sessions and keys. */
export const initialSchema: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('nestward_users')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('is_primary_user', 'integer', (column) => column.notNull())
      .addColumn('time_joined', 'bigint', (column) => column.notNull())
      .execute();

    await db.schema
      .createTable('nestward_login_methods')
      .addColumn('recipe_user_id', 'text', (column) => column.primaryKey())
      .addColumn('user_id', 'text', (column) => column.notNull().references('nestward_users.id'))
      .addColumn('recipe_id', 'text', (column) => column.notNull())
      .addColumn('email', 'text', (column) => column.notNull())
      .addColumn('email_verified', 'integer', (column) => column.notNull())
      .addColumn('password_hash', 'text')
      .addColumn('third_party_id', 'text')
      .addColumn('third_party_user_id', 'text')
      .addColumn('time_joined', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('nestward_login_methods_password_email')
      .on('nestward_login_methods')
      .column('email')
      .unique()
      .where(sql<boolean>`recipe_id = 'emailpassword'`)
      .execute();
    await db.schema
      .createIndex('nestward_login_methods_third_party')
      .on('nestward_login_methods')
      .columns(['third_party_id', 'third_party_user_id'])
      .unique()
      .execute();
    await db.schema.createIndex('nestward_login_methods_email').on('nestward_login_methods').column('email').execute();
    await db.schema
      .createIndex('nestward_login_methods_user_id')
      .on('nestward_login_methods')
      .column('user_id')
      .execute();

    await db.schema
      .createTable('nestward_sessions')
      .addColumn('handle', 'text', (column) => column.primaryKey())
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addColumn('recipe_user_id', 'text', (column) => column.notNull())
      .addColumn('tenant_id', 'text', (column) => column.notNull())
      .addColumn('refresh_token_hash', 'text', (column) => column.notNull())
      .addColumn('previous_refresh_token_hash', 'text')
      .addColumn('confirmed_at', 'bigint', (column) => column.notNull())
      .addColumn('access_token_payload', 'text', (column) => column.notNull())
      .addColumn('access_token_payload_version', 'bigint', (column) => column.notNull())
      .addColumn('session_data', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('nestward_sessions_user_id').on('nestward_sessions').column('user_id').execute();
    await db.schema.createIndex('nestward_sessions_expires_at').on('nestward_sessions').column('expires_at').execute();

    await db.schema
      .createTable('nestward_keys')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('purpose', 'text', (column) => column.notNull())
      .addColumn('generation', 'integer', (column) => column.notNull())
      .addColumn('algorithm', 'text', (column) => column.notNull())
      .addColumn('material', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('active_from', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('nestward_keys_generation', ['purpose', 'generation'])
      .execute();
  },
};
