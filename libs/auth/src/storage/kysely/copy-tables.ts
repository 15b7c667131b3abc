import type { Kysely } from 'kysely';
import type { Database } from './database.js';

type TableName = keyof Database;

/** How many rows travel at once. */
const BATCH_SIZE = 500;

/** The tables with their primary keys; a table comes after the ones that it refers to. */
const TABLES: readonly { readonly name: TableName; readonly primaryKey: string }[] = [
  { name: 'nestward_keys', primaryKey: 'id' },
  { name: 'nestward_users', primaryKey: 'id' },
  { name: 'nestward_login_methods', primaryKey: 'recipe_user_id' },
  { name: 'nestward_sessions', primaryKey: 'handle' },
  { name: 'nestward_one_time_tokens', primaryKey: 'token_hash' },
  { name: 'nestward_outbox', primaryKey: 'id' },
  { name: 'nestward_rate_limits', primaryKey: 'key' },
];

/** How far a copy is. */
export interface CopyProgress {
  readonly table: string;
  /** Rows that have been copied. */
  readonly copied: number;
  /** Rows of the table in the source. */
  readonly total: number;
}

/** How many rows source and target have of a table when the copy is done. */
export interface CopiedTable {
  readonly table: string;
  readonly source: number;
  readonly target: number;
}

/** The tables of a database without their types: rows are copied as they are, column by column. */
type AnyTables = Record<string, Record<string, unknown>>;

/**
 * Makes the target's tables the same as the source's: rows that are missing are added, rows that differ are replaced, and
 * rows that the source does not have are removed. Run again after it was interrupted, it goes on to the same end.
 *
 * @param onProgress is told after each batch.
 * @returns the counts of each table at the end.
 */
export async function copyTables(
  source: Kysely<Database>,
  target: Kysely<Database>,
  onProgress: (progress: CopyProgress) => void,
): Promise<CopiedTable[]> {
  const [from, to] = [withoutTypes(source), withoutTypes(target)];
  // What refers goes before what it refers to.
  for (const table of TABLES.toReversed()) {
    await removeMissing(from, to, table.name, table.primaryKey);
  }
  for (const table of TABLES) {
    await copyTable(from, to, table.name, table.primaryKey, onProgress);
  }
  return Promise.all(
    TABLES.map(async ({ name }) => ({ table: name, source: await count(from, name), target: await count(to, name) })),
  );
}

/** The one place where the types of the columns are given up: what is copied is the same whatever they are. */
function withoutTypes(db: Kysely<Database>): Kysely<AnyTables> {
  return db as unknown as Kysely<AnyTables>;
}

async function copyTable(
  from: Kysely<AnyTables>,
  to: Kysely<AnyTables>,
  table: string,
  primaryKey: string,
  onProgress: (progress: CopyProgress) => void,
): Promise<void> {
  const total = await count(from, table);
  let copied = 0;
  for await (const rows of batches(from, table, primaryKey)) {
    const columns = Object.keys(rows[0] ?? {}).filter((column) => column !== primaryKey);
    await to
      .insertInto(table)
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .column(primaryKey)
          .doUpdateSet((expression) =>
            Object.fromEntries(columns.map((column) => [column, expression.ref(`excluded.${column}`)])),
          ),
      )
      .execute();
    copied += rows.length;
    onProgress({ table, copied, total });
  }
}

async function removeMissing(
  from: Kysely<AnyTables>,
  to: Kysely<AnyTables>,
  table: string,
  primaryKey: string,
): Promise<void> {
  for await (const rows of batches(to, table, primaryKey)) {
    const ids = rows.map((row) => row[primaryKey]);
    const found = await from.selectFrom(table).select(primaryKey).where(primaryKey, 'in', ids).execute();
    const known = new Set(found.map((row) => row[primaryKey]));
    const missing = ids.filter((id) => !known.has(id));
    if (missing.length > 0) {
      await to.deleteFrom(table).where(primaryKey, 'in', missing).execute();
    }
  }
}

/** Reads a table in the order of its primary key, which an index gives without sorting. */
async function* batches(
  db: Kysely<AnyTables>,
  table: string,
  primaryKey: string,
): AsyncGenerator<Record<string, unknown>[]> {
  let last: unknown;
  for (;;) {
    const rows = await db
      .selectFrom(table)
      .selectAll()
      .$if(last !== undefined, (query) => query.where(primaryKey, '>', last))
      .orderBy(primaryKey)
      .limit(BATCH_SIZE)
      .execute();
    if (rows.length === 0) {
      return;
    }
    yield rows;
    last = rows.at(-1)?.[primaryKey];
  }
}

async function count(db: Kysely<AnyTables>, table: string): Promise<number> {
  const { total } = await db
    .selectFrom(table)
    .select((expression) => expression.fn.countAll().as('total'))
    .executeTakeFirstOrThrow();
  return Number(total);
}
