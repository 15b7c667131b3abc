import type { Kysely, Migration } from 'kysely';

/** What a session was last used with. Sessions from before have none of it. */
export const sessionDevices: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('nestward_sessions').addColumn('user_agent', 'text').execute();
    await db.schema.alterTable('nestward_sessions').addColumn('ip_address', 'text').execute();
  },
};
