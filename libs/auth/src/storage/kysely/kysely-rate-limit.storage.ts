import type { Kysely, Selectable } from 'kysely';
import type { RateLimitAddition, RateLimitCounter, RateLimitStorage } from '../rate-limit.storage.js';
import type { Database } from './database.js';
import { prepareQuery } from './prepare-query.js';

/** {@link RateLimitStorage} in SQL. */
export class KyselyRateLimitStorage implements RateLimitStorage {
  private readonly addByKey;
  private readonly findByKey;
  private readonly giveBackByKey;

  constructor(private readonly db: Kysely<Database>) {
    this.addByKey = prepareQuery(
      db,
      { key: 'key', points: 1, room: 2, expiresAt: 3, now: 4 },
      ({ key, points, room, expiresAt, now }) =>
        db
          .insertInto('nestward_rate_limits')
          .values({ key, points, expires_at: expiresAt })
          .onConflict((conflict) =>
            conflict
              .column('key')
              .doUpdateSet((expression) => {
                const isExpired = expression('nestward_rate_limits.expires_at', '<=', now);
                return {
                  points: expression
                    .case()
                    .when(isExpired)
                    .then(expression.ref('excluded.points'))
                    .else(expression('nestward_rate_limits.points', '+', expression.ref('excluded.points')))
                    .end(),
                  expires_at: expression
                    .case()
                    .when(isExpired)
                    .then(expression.ref('excluded.expires_at'))
                    .else(expression.ref('nestward_rate_limits.expires_at'))
                    .end(),
                };
              })
              .where((expression) =>
                expression.or([
                  expression('nestward_rate_limits.expires_at', '<=', now),
                  expression('nestward_rate_limits.points', '<=', room),
                ]),
              ),
          )
          .returning(['points', 'expires_at']),
    );
    this.findByKey = prepareQuery(db, { key: 'key', now: 1 }, ({ key, now }) =>
      db
        .selectFrom('nestward_rate_limits')
        .select(['points', 'expires_at'])
        .where('key', '=', key)
        .where('expires_at', '>', now),
    );
    this.giveBackByKey = prepareQuery(db, { key: 'key', points: 1, expiresAt: 2 }, ({ key, points, expiresAt }) =>
      db
        .updateTable('nestward_rate_limits')
        .set((expression) => ({ points: expression('points', '-', points) }))
        .where('key', '=', key)
        .where('expires_at', '=', expiresAt)
        // The counter may have been removed and begun anew within one millisecond.
        .where('points', '>=', points),
    );
  }

  async add({ key, points, maxPoints, expiresAt, now }: RateLimitAddition): Promise<RateLimitCounter | undefined> {
    const {
      rows: [row],
    } = await this.addByKey({ key, points, room: maxPoints - points, expiresAt, now });
    return row === undefined ? undefined : toCounter(row);
  }

  async set(key: string, { points, expiresAt }: RateLimitCounter): Promise<void> {
    const values = { points, expires_at: expiresAt };
    await this.db
      .insertInto('nestward_rate_limits')
      .values({ key, ...values })
      .onConflict((conflict) => conflict.column('key').doUpdateSet(values))
      .execute();
  }

  async find(key: string, now: number): Promise<RateLimitCounter | undefined> {
    const {
      rows: [row],
    } = await this.findByKey({ key, now });
    return row === undefined ? undefined : toCounter(row);
  }

  async giveBack(key: string, points: number, expiresAt: number): Promise<boolean> {
    const { numAffectedRows = 0n } = await this.giveBackByKey({ key, points, expiresAt });
    return numAffectedRows > 0n;
  }

  async remove(key: string): Promise<boolean> {
    const { numDeletedRows } = await this.db
      .deleteFrom('nestward_rate_limits')
      .where('key', '=', key)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  async removeExpired(before: number, limit: number): Promise<number> {
    const { numDeletedRows } = await this.db
      .deleteFrom('nestward_rate_limits')
      .where('key', 'in', (query) =>
        query
          .selectFrom('nestward_rate_limits')
          .select('key')
          .where('expires_at', '<=', before)
          .orderBy('expires_at')
          .limit(limit),
      )
      // A counter that begins anew in the meantime stays, whatever the inner query saw.
      .where('expires_at', '<=', before)
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  }
}

function toCounter(row: Pick<Selectable<Database['nestward_rate_limits']>, 'points' | 'expires_at'>): RateLimitCounter {
  return { points: row.points, expiresAt: Number(row.expires_at) };
}
