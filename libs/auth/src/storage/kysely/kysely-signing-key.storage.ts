import type { Kysely } from 'kysely';
import type { KeyRecord, SigningKeyStorage } from '../signing-key.storage.js';
import type { Database } from './database.js';

/** {@link SigningKeyStorage} in SQL. */
export class KyselySigningKeyStorage implements SigningKeyStorage {
  constructor(private readonly db: Kysely<Database>) {}

  async list(): Promise<KeyRecord[]> {
    const rows = await this.db
      .selectFrom('nestward_keys')
      .selectAll()
      .orderBy('purpose')
      .orderBy('generation')
      .execute();
    return rows.map((row) => ({
      id: row.id,
      purpose: row.purpose,
      generation: Number(row.generation),
      algorithm: row.algorithm,
      material: row.material,
      createdAt: Number(row.created_at),
      activeFrom: Number(row.active_from),
    }));
  }

  async insert(key: KeyRecord): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.db
      .insertInto('nestward_keys')
      .values({
        id: key.id,
        purpose: key.purpose,
        generation: key.generation,
        algorithm: key.algorithm,
        material: key.material,
        created_at: key.createdAt,
        active_from: key.activeFrom,
      })
      .onConflict((conflict) => conflict.columns(['purpose', 'generation']).doNothing())
      .executeTakeFirstOrThrow();
    return (numInsertedOrUpdatedRows ?? 0n) > 0n;
  }

  async replaceMaterial(id: string, expected: string, material: string): Promise<boolean> {
    const { numUpdatedRows } = await this.db
      .updateTable('nestward_keys')
      .set({ material })
      .where('id', '=', id)
      .where('material', '=', expected)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) {
      await this.db.deleteFrom('nestward_keys').where('id', 'in', ids).execute();
    }
  }
}
