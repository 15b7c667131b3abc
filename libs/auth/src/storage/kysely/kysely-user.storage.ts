import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import type { LoginMethod, User } from '../../users/user.js';
import type {
  EmailPasswordCredential,
  EmailPasswordUpdate,
  NewEmailPasswordUser,
  PasswordChange,
  ThirdPartyLogin,
  ThirdPartySignIn,
  UserStorage,
} from '../user.storage.js';
import { isUniqueViolation } from './constraint-violation.js';
import type { Database } from './database.js';
import { removeOneTimeTokens, removeOtherSessions } from './kysely-one-time-token.storage.js';
import { insertOutboxMessage } from './kysely-outbox.storage.js';

/** How often a first sign-in is tried that others keep overtaking. */
const MAX_SIGN_IN_ATTEMPTS = 3;

type LoginMethodRow = Selectable<Database['nestward_login_methods']>;

/** {@link UserStorage} in SQL. */
export class KyselyUserStorage implements UserStorage {
  constructor(private readonly db: Kysely<Database>) {}

  async createEmailPasswordUser(user: NewEmailPasswordUser): Promise<'created' | 'email-taken'> {
    try {
      await this.db.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('nestward_users')
          .values({ id: user.userId, is_primary_user: 0, time_joined: user.timeJoined })
          .execute();
        await transaction
          .insertInto('nestward_login_methods')
          .values({
            recipe_user_id: user.userId,
            user_id: user.userId,
            recipe_id: 'emailpassword',
            email: user.email,
            email_verified: 0,
            password_hash: user.passwordHash,
            third_party_id: null,
            third_party_user_id: null,
            time_joined: user.timeJoined,
          })
          .execute();
      });
      return 'created';
    } catch (error) {
      if (isUniqueViolation(error) && (await this.findCredentialByEmail(user.email)) !== undefined) {
        return 'email-taken';
      }
      throw error;
    }
  }

  async signInWithThirdParty(signIn: ThirdPartySignIn): Promise<ThirdPartyLogin & { readonly isNew: boolean }> {
    for (let attempt = 1; ; attempt++) {
      const existing = await this.updateThirdPartyLogin(signIn);
      if (existing !== undefined) {
        return { ...existing, isNew: false };
      }
      try {
        const userId = await this.createThirdPartyLogin(signIn);
        return { userId, recipeUserId: signIn.userId, isNew: true };
      } catch (error) {
        // Somebody else has just created it, and it is found next, unless it has been removed again.
        if (!isUniqueViolation(error) || attempt === MAX_SIGN_IN_ATTEMPTS) {
          throw error;
        }
      }
    }
  }

  async findThirdPartyLogin(thirdPartyId: string, thirdPartyUserId: string): Promise<ThirdPartyLogin | undefined> {
    const row = await this.db
      .selectFrom('nestward_login_methods')
      .select(['user_id', 'recipe_user_id'])
      .where('third_party_id', '=', thirdPartyId)
      .where('third_party_user_id', '=', thirdPartyUserId)
      .executeTakeFirst();
    return row === undefined ? undefined : { userId: row.user_id, recipeUserId: row.recipe_user_id };
  }

  async find(userId: string): Promise<User | undefined> {
    const loginMethod = await this.db
      .selectFrom('nestward_login_methods')
      .select('user_id')
      .where('recipe_user_id', '=', userId)
      .executeTakeFirst();
    const [user] = await this.load([loginMethod?.user_id ?? userId]);
    return user;
  }

  async listByEmail(email: string): Promise<User[]> {
    const rows = await this.db
      .selectFrom('nestward_login_methods')
      .select('user_id')
      .where('email', '=', email)
      .execute();
    return this.load([...new Set(rows.map(({ user_id }) => user_id))]);
  }

  async findCredentialByEmail(email: string): Promise<EmailPasswordCredential | undefined> {
    const row = await this.selectCredential().where('email', '=', email).executeTakeFirst();
    return toCredential(row);
  }

  async findCredential(recipeUserId: string): Promise<EmailPasswordCredential | undefined> {
    const row = await this.selectCredential().where('recipe_user_id', '=', recipeUserId).executeTakeFirst();
    return toCredential(row);
  }

  async updateEmailPassword(
    recipeUserId: string,
    { email, passwordHash }: EmailPasswordUpdate,
  ): Promise<'updated' | 'unknown-user' | 'email-taken'> {
    if (email === undefined && passwordHash === undefined) {
      return (await this.findCredential(recipeUserId)) === undefined ? 'unknown-user' : 'updated';
    }
    try {
      return await this.db.transaction().execute(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('nestward_login_methods')
          .$if(passwordHash !== undefined, (query) => query.set({ password_hash: passwordHash ?? null }))
          .$if(email !== undefined, (query) =>
            query.set({
              email: email ?? '',
              // An address that does not change stays verified.
              email_verified: sql<number>`case when email = ${email} then email_verified else 0 end`,
            }),
          )
          .where('recipe_user_id', '=', recipeUserId)
          .where('recipe_id', '=', 'emailpassword')
          .executeTakeFirstOrThrow();
        if (numUpdatedRows === 0n) {
          return 'unknown-user';
        }
        await removeOneTimeTokens(transaction, recipeUserId);
        return 'updated';
      });
    } catch (error) {
      if (isUniqueViolation(error)) {
        return 'email-taken';
      }
      throw error;
    }
  }

  async replacePasswordHash(recipeUserId: string, expected: string, passwordHash: string): Promise<boolean> {
    const { numUpdatedRows } = await this.db
      .updateTable('nestward_login_methods')
      .set({ password_hash: passwordHash })
      .where('recipe_user_id', '=', recipeUserId)
      .where('password_hash', '=', expected)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  async changePassword(change: PasswordChange): Promise<boolean> {
    return this.db.transaction().execute(async (transaction) => {
      const [loginMethod] = await transaction
        .updateTable('nestward_login_methods')
        .set({ password_hash: change.passwordHash })
        .where('recipe_user_id', '=', change.recipeUserId)
        .where('password_hash', '=', change.expected)
        .returning('user_id')
        .execute();
      if (loginMethod === undefined) {
        return false;
      }
      await removeOneTimeTokens(transaction, change.recipeUserId);
      await removeOtherSessions(transaction, loginMethod.user_id, change.keepSessionHandle);
      if (change.notice !== undefined) {
        await insertOutboxMessage(transaction, change.notice);
      }
      return true;
    });
  }

  async setEmailVerified(recipeUserId: string, email: string, verified: boolean): Promise<boolean> {
    const { numUpdatedRows } = await this.db
      .updateTable('nestward_login_methods')
      .set({ email_verified: verified ? 1 : 0 })
      .where('recipe_user_id', '=', recipeUserId)
      .where('email', '=', email)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  async remove(userId: string): Promise<boolean> {
    return this.db.transaction().execute(async (transaction) => {
      // Waits for a login method that is joining the user right now, and makes a later one find no user.
      await transaction
        .updateTable('nestward_users')
        .set({ is_primary_user: sql<number>`is_primary_user` })
        .where('id', '=', userId)
        .execute();
      await transaction.deleteFrom('nestward_sessions').where('user_id', '=', userId).execute();
      await transaction
        .deleteFrom('nestward_one_time_tokens')
        .where('recipe_user_id', 'in', (query) =>
          query.selectFrom('nestward_login_methods').select('recipe_user_id').where('user_id', '=', userId),
        )
        .execute();
      await transaction.deleteFrom('nestward_login_methods').where('user_id', '=', userId).execute();
      const { numDeletedRows } = await transaction
        .deleteFrom('nestward_users')
        .where('id', '=', userId)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    });
  }

  /** Brings a login method that exists up to date. @returns undefined if it does not exist. */
  private async updateThirdPartyLogin(signIn: ThirdPartySignIn): Promise<ThirdPartyLogin | undefined> {
    const verified = signIn.emailVerified ? 1 : 0;
    const existing = await this.db
      .selectFrom('nestward_login_methods')
      .select(['user_id', 'recipe_user_id', 'email', 'email_verified'])
      .where('third_party_id', '=', signIn.thirdPartyId)
      .where('third_party_user_id', '=', signIn.thirdPartyUserId)
      .executeTakeFirst();
    if (existing === undefined) {
      return undefined;
    }
    const login = { userId: existing.user_id, recipeUserId: existing.recipe_user_id };
    if (existing.email === signIn.email && Number(existing.email_verified) >= verified) {
      return login;
    }
    const { numUpdatedRows } = await this.db
      .updateTable('nestward_login_methods')
      .set({
        email: signIn.email,
        email_verified: sql<number>`case when email = ${signIn.email} and email_verified = 1 then 1 else ${sql.lit(verified)} end`,
      })
      .where('recipe_user_id', '=', existing.recipe_user_id)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n ? login : undefined;
  }

  /** @returns the id of the user whom the new login method belongs to. */
  private async createThirdPartyLogin(signIn: ThirdPartySignIn): Promise<string> {
    const mayLink = signIn.linkByVerifiedEmail && signIn.emailVerified;
    return this.db.transaction().execute(async (transaction) => {
      const linkedUserId = mayLink ? await this.claimLinkTarget(transaction, signIn.email) : undefined;
      const userId = linkedUserId ?? signIn.userId;
      if (linkedUserId === undefined) {
        await transaction
          .insertInto('nestward_users')
          .values({ id: userId, is_primary_user: mayLink ? 1 : 0, time_joined: signIn.timeJoined })
          .execute();
      }
      await transaction
        .insertInto('nestward_login_methods')
        .values({
          recipe_user_id: signIn.userId,
          user_id: userId,
          recipe_id: 'thirdparty',
          email: signIn.email,
          email_verified: signIn.emailVerified ? 1 : 0,
          password_hash: null,
          third_party_id: signIn.thirdPartyId,
          third_party_user_id: signIn.thirdPartyUserId,
          time_joined: signIn.timeJoined,
        })
        .execute();
      if (mayLink) {
        await transaction.deleteFrom('nestward_email_locks').where('email', '=', signIn.email).execute();
      }
      return userId;
    });
  }

  /**
   * Finds the user whom a login method with a proven email joins, and makes it a primary one. The row in the table of locks
   * makes whoever does the same for this email wait for the end of the transaction, also where there is no user to lock.
   */
  private async claimLinkTarget(transaction: Transaction<Database>, email: string): Promise<string | undefined> {
    await transaction
      .insertInto('nestward_email_locks')
      .values({ email })
      .onConflict((conflict) => conflict.column('email').doUpdateSet({ email }))
      .execute();
    const target = await transaction
      .selectFrom('nestward_login_methods')
      .innerJoin('nestward_users', 'nestward_users.id', 'nestward_login_methods.user_id')
      .select('nestward_users.id')
      .where('nestward_login_methods.email', '=', email)
      .where('nestward_login_methods.email_verified', '=', 1)
      .orderBy('nestward_users.is_primary_user', 'desc')
      .orderBy('nestward_users.time_joined')
      .orderBy('nestward_users.id')
      .executeTakeFirst();
    if (target === undefined) {
      return undefined;
    }
    // The update also keeps the user from being removed before the login method is there.
    const { numUpdatedRows } = await transaction
      .updateTable('nestward_users')
      .set({ is_primary_user: 1 })
      .where('id', '=', target.id)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n ? target.id : undefined;
  }

  private selectCredential() {
    return this.db
      .selectFrom('nestward_login_methods')
      .select(['user_id', 'recipe_user_id', 'password_hash'])
      .where('recipe_id', '=', 'emailpassword');
  }

  /** Reads users with their login methods, oldest first. */
  private async load(userIds: readonly string[]): Promise<User[]> {
    if (userIds.length === 0) {
      return [];
    }
    const rows = await this.db
      .selectFrom('nestward_login_methods')
      .innerJoin('nestward_users', 'nestward_users.id', 'nestward_login_methods.user_id')
      .selectAll('nestward_login_methods')
      .select(['nestward_users.is_primary_user', 'nestward_users.time_joined as user_time_joined'])
      .where('nestward_login_methods.user_id', 'in', userIds)
      .orderBy('nestward_users.time_joined')
      .orderBy('nestward_users.id')
      .orderBy('nestward_login_methods.time_joined')
      .orderBy('nestward_login_methods.recipe_user_id')
      .execute();
    const users = new Map<string, User & { loginMethods: LoginMethod[] }>();
    for (const row of rows) {
      const user = users.get(row.user_id) ?? {
        id: row.user_id,
        isPrimaryUser: Number(row.is_primary_user) === 1,
        tenantIds: ['public'],
        timeJoined: Number(row.user_time_joined),
        loginMethods: [],
      };
      user.loginMethods.push(toLoginMethod(row));
      users.set(user.id, user);
    }
    return [...users.values()];
  }
}

function toCredential(
  row: Pick<LoginMethodRow, 'user_id' | 'recipe_user_id' | 'password_hash'> | undefined,
): EmailPasswordCredential | undefined {
  return row === undefined || row.password_hash === null
    ? undefined
    : { userId: row.user_id, recipeUserId: row.recipe_user_id, passwordHash: row.password_hash };
}

function toLoginMethod(row: LoginMethodRow): LoginMethod {
  const base = {
    recipeUserId: row.recipe_user_id,
    tenantIds: ['public'],
    email: row.email,
    verified: Number(row.email_verified) === 1,
    timeJoined: Number(row.time_joined),
  };
  return row.third_party_id === null || row.third_party_user_id === null
    ? { recipeId: 'emailpassword', ...base }
    : { recipeId: 'thirdparty', ...base, thirdParty: { id: row.third_party_id, userId: row.third_party_user_id } };
}
