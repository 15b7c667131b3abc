import { sql, type Kysely, type Selectable } from 'kysely';
import type { OutboxContent } from '../../email/outbox-content.js';
import type { ClaimedOutboxMessage, NewOutboxMessage, OutboxLease, OutboxStorage } from '../outbox.storage.js';
import type { Database } from './database.js';

/** {@link OutboxStorage} in SQL. */
export class KyselyOutboxStorage implements OutboxStorage {
  constructor(private readonly db: Kysely<Database>) {}

  async insert(message: NewOutboxMessage): Promise<void> {
    await insertOutboxMessage(this.db, message);
  }

  async claimDue({
    leaseId,
    now,
    leaseUntil,
    limit,
  }: {
    readonly leaseId: string;
    readonly now: number;
    readonly leaseUntil: number;
    readonly limit: number;
  }): Promise<ClaimedOutboxMessage[]> {
    const rows = await this.db
      .updateTable('nestward_outbox')
      .set({ lease_id: leaseId, due_at: leaseUntil, attempts: sql<number>`attempts + 1` })
      .where('id', 'in', (query) =>
        query.selectFrom('nestward_outbox').select('id').where('due_at', '<=', now).orderBy('due_at').limit(limit),
      )
      // Another node may have claimed it since the inner query.
      .where('due_at', '<=', now)
      .returningAll()
      .execute();
    return rows.map(toClaimed);
  }

  async postpone({ id, leaseId }: OutboxLease, dueAt: number): Promise<boolean> {
    const { numUpdatedRows } = await this.db
      .updateTable('nestward_outbox')
      .set({ due_at: dueAt })
      .where('id', '=', id)
      .where('lease_id', '=', leaseId)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  async giveUp({ id, leaseId }: OutboxLease): Promise<boolean> {
    const { numUpdatedRows } = await this.db
      .updateTable('nestward_outbox')
      .set({ due_at: null, lease_id: null })
      .where('id', '=', id)
      .where('lease_id', '=', leaseId)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  async remove({ id, leaseId }: OutboxLease): Promise<boolean> {
    const { numDeletedRows } = await this.db
      .deleteFrom('nestward_outbox')
      .where('id', '=', id)
      .where('lease_id', '=', leaseId)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  async removeGivenUp(before: number, limit: number): Promise<number> {
    const { numDeletedRows } = await this.db
      .deleteFrom('nestward_outbox')
      .where('id', 'in', (query) =>
        query
          .selectFrom('nestward_outbox')
          .select('id')
          .where('created_at', '<', before)
          .where('due_at', 'is', null)
          .orderBy('created_at')
          .limit(limit),
      )
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  }
}

/** Adds a message, in the transaction of what it is about if there is one. */
export async function insertOutboxMessage(
  db: Kysely<Database>,
  { id, content, createdAt }: NewOutboxMessage,
): Promise<void> {
  await db
    .insertInto('nestward_outbox')
    .values({
      id,
      message: JSON.stringify(content),
      created_at: createdAt,
      attempts: 0,
      due_at: createdAt,
      lease_id: null,
    })
    .execute();
}

function toClaimed(row: Selectable<Database['nestward_outbox']>): ClaimedOutboxMessage {
  return {
    id: row.id,
    content: JSON.parse(row.message) as OutboxContent,
    createdAt: Number(row.created_at),
    attempts: Number(row.attempts),
  };
}
