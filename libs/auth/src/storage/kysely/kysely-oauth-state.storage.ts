import type { Kysely } from 'kysely';
import type { OAuthStateStorage } from '../oauth-state.storage.js';
import type { Database } from './database.js';

/** {@link OAuthStateStorage} in SQL. */
export class KyselyOAuthStateStorage implements OAuthStateStorage {
  constructor(private readonly db: Kysely<Database>) {}

  async markUsed(hash: string, expiresAt: number, now: number): Promise<boolean> {
    await this.db.deleteFrom('nestward_used_oauth_states').where('expires_at', '<', now).execute();
    const { numInsertedOrUpdatedRows } = await this.db
      .insertInto('nestward_used_oauth_states')
      .values({ hash, expires_at: expiresAt })
      .onConflict((conflict) => conflict.column('hash').doNothing())
      .executeTakeFirstOrThrow();
    return (numInsertedOrUpdatedRows ?? 0n) > 0n;
  }
}
