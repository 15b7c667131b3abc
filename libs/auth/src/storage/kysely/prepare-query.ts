import type { Compilable, Kysely, QueryResult } from 'kysely';
import type { Database } from './database.js';

/** The parameters of a statement, by name. */
type Parameters = Readonly<Record<string, string | number>>;

/**
 * Builds and compiles a statement once, for those that many requests send: that takes longer than SQLite takes to run it.
 *
 * @param example stands for the parameters while the statement is built; its values must differ from each other.
 * @returns a function that executes the statement.
 * @throws TypeError if the statement has a parameter that is not one of the example's.
 */
export function prepareQuery<Row, Given extends Parameters>(
  db: Kysely<Database>,
  example: Given,
  build: (parameters: Given) => Compilable<Row>,
): (parameters: Given) => Promise<QueryResult<Row>> {
  const compiled = build(example).compile();
  const names = new Map(Object.entries(example).map(([name, value]) => [value, name]));
  if (names.size !== Object.keys(example).length) {
    throw new TypeError('Two parameters of a prepared query have the same example');
  }
  const order = compiled.parameters.map((value) => {
    const name = typeof value === 'string' || typeof value === 'number' ? names.get(value) : undefined;
    if (name === undefined) {
      throw new TypeError('A prepared query has a parameter that its example does not name');
    }
    return name;
  });
  return (parameters) => db.executeQuery({ ...compiled, parameters: order.map((name) => parameters[name]) });
}
