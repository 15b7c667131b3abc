import type { Kysely, Selectable, Transaction } from 'kysely';
import type { CredentialFingerprint, OneTimeTokenHash } from '../../one-time-token/one-time-token.js';
import type {
  EmailChange,
  OneTimeTokenOwner,
  OneTimeTokenPurpose,
  OneTimeTokenRecord,
  OneTimeTokenStorage,
  PasswordReset,
} from '../one-time-token.storage.js';
import { isUniqueViolation } from './constraint-violation.js';
import type { Database } from './database.js';
import { insertOutboxMessage } from './kysely-outbox.storage.js';

/** {@link OneTimeTokenStorage} in SQL. */
export class KyselyOneTimeTokenStorage implements OneTimeTokenStorage {
  constructor(private readonly db: Kysely<Database>) {}

  async insert(token: OneTimeTokenRecord): Promise<void> {
    await this.db
      .insertInto('nestward_one_time_tokens')
      .values({
        token_hash: token.tokenHash,
        purpose: token.purpose,
        recipe_user_id: token.recipeUserId,
        tenant_id: token.tenantId,
        email: token.email,
        credential_fingerprint: token.credentialFingerprint,
        session_handle: token.keepSessionHandle,
        expires_at: token.expiresAt,
      })
      .execute();
  }

  async find(tokenHash: OneTimeTokenHash): Promise<OneTimeTokenRecord | undefined> {
    const row = await this.db
      .selectFrom('nestward_one_time_tokens')
      .selectAll()
      .where('token_hash', '=', tokenHash)
      .executeTakeFirst();
    return row === undefined ? undefined : toRecord(row);
  }

  async useToVerifyEmail(tokenHash: OneTimeTokenHash, now: number): Promise<OneTimeTokenOwner | undefined> {
    return this.db.transaction().execute(async (transaction) => {
      const token = await takeToken(transaction, tokenHash, 'email-verification', now);
      if (token === undefined) {
        return undefined;
      }
      const { recipe_user_id, email } = token;
      const [loginMethod] = await transaction
        .updateTable('nestward_login_methods')
        .set({ email_verified: 1 })
        .where('recipe_user_id', '=', recipe_user_id)
        .where('email', '=', email)
        .returning('user_id')
        .execute();
      await transaction
        .deleteFrom('nestward_one_time_tokens')
        .where('recipe_user_id', '=', recipe_user_id)
        .where('purpose', '=', 'email-verification')
        .where('email', '=', email)
        .execute();
      return loginMethod && { userId: loginMethod.user_id, recipeUserId: recipe_user_id, email };
    });
  }

  async useToResetPassword({
    tokenHash,
    passwordHash,
    now,
    revokeSessions,
    notice,
  }: PasswordReset): Promise<OneTimeTokenOwner | undefined> {
    return this.db.transaction().execute(async (transaction) => {
      const token = await takeToken(transaction, tokenHash, 'password-reset', now);
      if (token === undefined) {
        return undefined;
      }
      const { recipe_user_id, email } = token;
      const [loginMethod] = await transaction
        .updateTable('nestward_login_methods')
        .set({ password_hash: passwordHash, email_verified: 1 })
        .where('recipe_user_id', '=', recipe_user_id)
        .where('recipe_id', '=', 'emailpassword')
        .where('email', '=', email)
        .returning('user_id')
        .execute();
      if (loginMethod === undefined) {
        return undefined;
      }
      await removeOneTimeTokens(transaction, recipe_user_id);
      if (revokeSessions) {
        await removeOtherSessions(transaction, loginMethod.user_id, null);
      }
      if (notice !== undefined) {
        await insertOutboxMessage(transaction, notice);
      }
      return { userId: loginMethod.user_id, recipeUserId: recipe_user_id, email };
    });
  }

  async useToChangeEmail({
    tokenHash,
    expected,
    now,
    notice,
  }: EmailChange): Promise<OneTimeTokenOwner | 'email-taken' | undefined> {
    try {
      return await this.db.transaction().execute(async (transaction) => {
        const token = await takeToken(transaction, tokenHash, 'email-change', now);
        if (token === undefined) {
          return undefined;
        }
        const { recipe_user_id, email, session_handle } = token;
        const [loginMethod] = await transaction
          .updateTable('nestward_login_methods')
          .set({ email, email_verified: 1 })
          .where('recipe_user_id', '=', recipe_user_id)
          .where('recipe_id', '=', 'emailpassword')
          .where('email', '=', expected.email)
          .where('password_hash', '=', expected.passwordHash)
          .returning('user_id')
          .execute();
        if (loginMethod === undefined) {
          return undefined;
        }
        await removeOneTimeTokens(transaction, recipe_user_id);
        await removeOtherSessions(transaction, loginMethod.user_id, session_handle);
        if (notice !== undefined) {
          await insertOutboxMessage(transaction, notice);
        }
        return { userId: loginMethod.user_id, recipeUserId: recipe_user_id, email };
      });
    } catch (error) {
      if (isUniqueViolation(error)) {
        return 'email-taken';
      }
      throw error;
    }
  }

  async removeAll(recipeUserId: string, purpose: OneTimeTokenPurpose, email?: string): Promise<void> {
    await this.db
      .deleteFrom('nestward_one_time_tokens')
      .where('recipe_user_id', '=', recipeUserId)
      .where('purpose', '=', purpose)
      .$if(email !== undefined, (query) => query.where('email', '=', email ?? ''))
      .execute();
  }

  async removeExpired(before: number, limit: number): Promise<number> {
    const { numDeletedRows } = await this.db
      .deleteFrom('nestward_one_time_tokens')
      .where('token_hash', 'in', (query) =>
        query
          .selectFrom('nestward_one_time_tokens')
          .select('token_hash')
          .where('expires_at', '<', before)
          .orderBy('expires_at')
          .limit(limit),
      )
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  }
}

/** Removes a token, so that nobody else can use it. @returns undefined if there is none that is good. */
async function takeToken(
  transaction: Transaction<Database>,
  tokenHash: OneTimeTokenHash,
  purpose: OneTimeTokenPurpose,
  now: number,
): Promise<Selectable<Database['nestward_one_time_tokens']> | undefined> {
  const [token] = await transaction
    .deleteFrom('nestward_one_time_tokens')
    .where('token_hash', '=', tokenHash)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', now)
    .returningAll()
    .execute();
  return token;
}

/** Removes all tokens of a login method: what they were sent for is done, or was asked by somebody who must not have it. */
export async function removeOneTimeTokens(transaction: Transaction<Database>, recipeUserId: string): Promise<void> {
  await transaction.deleteFrom('nestward_one_time_tokens').where('recipe_user_id', '=', recipeUserId).execute();
}

/** Ends a user's sessions, but for one of them if it is named. */
export async function removeOtherSessions(
  transaction: Transaction<Database>,
  userId: string,
  keepSessionHandle: string | null,
): Promise<void> {
  await transaction
    .deleteFrom('nestward_sessions')
    .where('user_id', '=', userId)
    .$if(keepSessionHandle !== null, (query) => query.where('handle', '<>', keepSessionHandle ?? ''))
    .execute();
}

function toRecord(row: Selectable<Database['nestward_one_time_tokens']>): OneTimeTokenRecord {
  return {
    tokenHash: row.token_hash as OneTimeTokenHash,
    purpose: row.purpose,
    recipeUserId: row.recipe_user_id,
    tenantId: row.tenant_id,
    email: row.email,
    credentialFingerprint: row.credential_fingerprint as CredentialFingerprint | null,
    keepSessionHandle: row.session_handle,
    expiresAt: Number(row.expires_at),
  };
}
