import { Kysely, sql, type QueryResult } from 'kysely';
import { NestwardSqliteDialect } from '../sqlite/sqlite.dialect.js';
import { openSqliteDatabase } from '../sqlite/open-sqlite-database.js';
import type { Database } from './database.js';
import { prepareQuery } from './prepare-query.js';

interface KeyId {
  id: string;
}

describe('prepareQuery', () => {
  let db: Kysely<Database>;

  beforeEach(async () => {
    db = new Kysely<Database>({ dialect: new NestwardSqliteDialect(await openSqliteDatabase(':memory:'), true) });
    await db.schema.createTable('nestward_keys').addColumn('id', 'text').addColumn('generation', 'integer').execute();
    await sql`insert into nestward_keys (id, generation) values ('a', 0), ('b', 1), ('c', 2)`.execute(db);
  });

  afterEach(() => db.destroy());

  const select = (): ((parameters: { from: number; except: string }) => Promise<QueryResult<KeyId>>) =>
    prepareQuery(db, { from: 1, except: 'except' }, ({ from, except }) =>
      // A parameter that occurs twice, and in another order than the example's.
      db
        .selectFrom('nestward_keys')
        .select('id')
        .where('id', '!=', except)
        .where('generation', '>=', from)
        .where('id', '!=', except)
        .orderBy('id'),
    );

  it('puts each parameter in its place, each time anew', async () => {
    const query = select();
    expect((await query({ from: 0, except: 'b' })).rows).toEqual([{ id: 'a' }, { id: 'c' }]);
    expect((await query({ from: 1, except: 'none' })).rows).toEqual([{ id: 'b' }, { id: 'c' }]);
    expect(
      (await Promise.all([query({ from: 2, except: 'a' }), query({ from: 2, except: 'c' })])).map((r) => r.rows),
    ).toEqual([[{ id: 'c' }], []]);
  });

  it('refuses a statement with a parameter that has no name', () => {
    expect(() =>
      prepareQuery(db, { id: 'id' }, ({ id }) =>
        db.selectFrom('nestward_keys').select('id').where('id', '=', id).where('generation', '=', 7),
      ),
    ).toThrow(TypeError);
  });

  it('refuses examples that cannot be told apart', () => {
    expect(() =>
      prepareQuery(db, { one: 'same', other: 'same' }, ({ one, other }) =>
        db.selectFrom('nestward_keys').select('id').where('id', 'in', [one, other]),
      ),
    ).toThrow(TypeError);
  });
});
