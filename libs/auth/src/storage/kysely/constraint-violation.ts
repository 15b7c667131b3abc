/** SQLite's extended result codes of a violated unique constraint and primary key. */
const SQLITE_CODES: ReadonlySet<unknown> = new Set([2067, 1555]);

/** What `better-sqlite3` calls the same, and PostgreSQL's SQLSTATE of a unique violation. */
const NAMED_CODES: ReadonlySet<unknown> = new Set([
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  '23505',
]);

/** PostgreSQL's SQLSTATE of a schema, of a table, and of a table's row type that is there. */
const DUPLICATE_OBJECT_CODES: ReadonlySet<unknown> = new Set(['42P06', '42P07', '42710']);

/** Whether a statement failed because a row with the same unique values exists. */
export function isUniqueViolation(error: unknown): boolean {
  const { errcode, code } = codesOf(error);
  return SQLITE_CODES.has(errcode) || NAMED_CODES.has(code);
}

/** Whether a statement failed because the schema or table that it makes exists. */
export function isDuplicateObject(error: unknown): boolean {
  return DUPLICATE_OBJECT_CODES.has(codesOf(error).code);
}

function codesOf(error: unknown): { errcode?: unknown; code?: unknown } {
  // Not `instanceof Error`: a native module's errors are those of the main realm, and a test runner's code is in another.
  return typeof error === 'object' && error !== null ? error : {};
}
