import { sql, type Kysely, type Selectable } from 'kysely';
import { isJsonObject, type JsonObject } from '../../config/json.js';
import type { RefreshTokenHash } from '../../session/refresh-token.js';
import type { NewSession, RefreshTokenConfirmation, SessionRecord, SessionStorage } from '../session.storage.js';
import type { Database } from './database.js';
import { prepareQuery } from './prepare-query.js';

/** {@link SessionStorage} in SQL. */
export class KyselySessionStorage implements SessionStorage {
  private readonly findByHandle;
  private readonly confirmByHandle;

  constructor(private readonly db: Kysely<Database>) {
    this.findByHandle = prepareQuery(db, { handle: 'handle' }, ({ handle }) =>
      db.selectFrom('nestward_sessions').selectAll().where('handle', '=', handle),
    );
    this.confirmByHandle = prepareQuery(
      db,
      { handle: 'handle', from: 'from', to: 'to', confirmedAt: 1, expiresAt: 2, userAgent: 'agent', ipAddress: 'ip' },
      ({ handle, from, to, confirmedAt, expiresAt, userAgent, ipAddress }) =>
        db
          .updateTable('nestward_sessions')
          .set({
            refresh_token_hash: to,
            previous_refresh_token_hash: from,
            confirmed_at: confirmedAt,
            expires_at: expiresAt,
            user_agent: sql<string | null>`coalesce(nullif(${userAgent}, ''), user_agent)`,
            ip_address: sql<string | null>`coalesce(nullif(${ipAddress}, ''), ip_address)`,
          })
          .where('handle', '=', handle)
          .where('refresh_token_hash', '=', from),
    );
  }

  async insert(session: NewSession): Promise<void> {
    await this.db
      .insertInto('nestward_sessions')
      .values({
        handle: session.handle,
        user_id: session.userId,
        recipe_user_id: session.recipeUserId,
        tenant_id: session.tenantId,
        refresh_token_hash: session.refreshTokenHash,
        previous_refresh_token_hash: null,
        confirmed_at: session.createdAt,
        access_token_payload: JSON.stringify(session.accessTokenPayload),
        access_token_payload_version: 0,
        session_data: JSON.stringify(session.sessionData),
        created_at: session.createdAt,
        expires_at: session.expiresAt,
        user_agent: session.device.userAgent,
        ip_address: session.device.ipAddress,
      })
      .execute();
  }

  async find(handle: string): Promise<SessionRecord | undefined> {
    const {
      rows: [row],
    } = await this.findByHandle({ handle });
    return row === undefined ? undefined : toRecord(row);
  }

  async confirmRefreshToken({ device, ...confirmation }: RefreshTokenConfirmation): Promise<boolean> {
    const { numAffectedRows = 0n } = await this.confirmByHandle({
      ...confirmation,
      // A prepared statement tells its parameters apart by their values, which must not be null for that.
      userAgent: device.userAgent ?? '',
      ipAddress: device.ipAddress ?? '',
    });
    return numAffectedRows > 0n;
  }

  async extend(handle: string, refreshTokenHash: RefreshTokenHash, expiresAt: number): Promise<boolean> {
    const { numUpdatedRows } = await this.db
      .updateTable('nestward_sessions')
      .set({ expires_at: expiresAt })
      .where('handle', '=', handle)
      .where('refresh_token_hash', '=', refreshTokenHash)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  async removeConfirmed(handle: string, refreshTokenHash: RefreshTokenHash): Promise<boolean> {
    const { numDeletedRows } = await this.db
      .deleteFrom('nestward_sessions')
      .where('handle', '=', handle)
      .where('refresh_token_hash', '=', refreshTokenHash)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  async remove(handles: readonly string[]): Promise<string[]> {
    const removed: string[] = [];
    for (let start = 0; start < handles.length; start += MAX_PARAMETERS) {
      const rows = await this.db
        .deleteFrom('nestward_sessions')
        .where('handle', 'in', handles.slice(start, start + MAX_PARAMETERS))
        .returning('handle')
        .execute();
      removed.push(...rows.map(({ handle }) => handle));
    }
    return removed;
  }

  async removeAllForUser(userId: string): Promise<string[]> {
    const rows = await this.db
      .deleteFrom('nestward_sessions')
      .where('user_id', '=', userId)
      .returning('handle')
      .execute();
    return rows.map(({ handle }) => handle);
  }

  async removeOthersForUser(userId: string, exceptHandle: string): Promise<string[]> {
    const rows = await this.db
      .deleteFrom('nestward_sessions')
      .where('user_id', '=', userId)
      .where('handle', '<>', exceptHandle)
      .returning('handle')
      .execute();
    return rows.map(({ handle }) => handle);
  }

  async listForUser(userId: string, now: number): Promise<SessionRecord[]> {
    const rows = await this.db
      .selectFrom('nestward_sessions')
      .selectAll()
      .where('user_id', '=', userId)
      .where('expires_at', '>', now)
      .orderBy('confirmed_at', 'desc')
      .orderBy('handle')
      .execute();
    return rows.map(toRecord);
  }

  async listHandlesForUser(userId: string, now: number): Promise<string[]> {
    const rows = await this.db
      .selectFrom('nestward_sessions')
      .select('handle')
      .where('user_id', '=', userId)
      .where('expires_at', '>', now)
      .orderBy('created_at')
      .orderBy('handle')
      .execute();
    return rows.map(({ handle }) => handle);
  }

  async updateAccessTokenPayload(handle: string, expectedVersion: number, payload: JsonObject): Promise<boolean> {
    const { numUpdatedRows } = await this.db
      .updateTable('nestward_sessions')
      .set({ access_token_payload: JSON.stringify(payload), access_token_payload_version: expectedVersion + 1 })
      .where('handle', '=', handle)
      .where('access_token_payload_version', '=', expectedVersion)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  async updateSessionData(handle: string, sessionData: JsonObject): Promise<boolean> {
    const { numUpdatedRows } = await this.db
      .updateTable('nestward_sessions')
      .set({ session_data: JSON.stringify(sessionData) })
      .where('handle', '=', handle)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  async removeExpired(before: number, limit: number): Promise<number> {
    const { numDeletedRows } = await this.db
      .deleteFrom('nestward_sessions')
      .where('handle', 'in', (query) =>
        query
          .selectFrom('nestward_sessions')
          .select('handle')
          .where('expires_at', '<', before)
          .orderBy('expires_at')
          .limit(limit),
      )
      // A session that is extended in the meantime stays, whatever the inner query saw.
      .where('expires_at', '<', before)
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  }
}

/** Databases limit the parameters of one statement. */
const MAX_PARAMETERS = 500;

function toRecord(row: Selectable<Database['nestward_sessions']>): SessionRecord {
  return {
    handle: row.handle,
    userId: row.user_id,
    recipeUserId: row.recipe_user_id,
    tenantId: row.tenant_id,
    refreshTokenHash: row.refresh_token_hash as RefreshTokenHash,
    previousRefreshTokenHash: row.previous_refresh_token_hash as RefreshTokenHash | null,
    confirmedAt: Number(row.confirmed_at),
    accessTokenPayload: parseObject(row.access_token_payload),
    accessTokenPayloadVersion: Number(row.access_token_payload_version),
    sessionData: parseObject(row.session_data),
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    device: { userAgent: row.user_agent, ipAddress: row.ip_address },
  };
}

function parseObject(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) {
    throw new TypeError('A stored payload is not a JSON object');
  }
  return value;
}
