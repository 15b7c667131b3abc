/** SQLite's extended result codes of a violated unique constraint and primary key. */
const SQLITE_CODES: ReadonlySet<unknown> = new Set([2067, 1555]);

/** What `better-sqlite3` calls the same, and PostgreSQL's SQLSTATE of a unique violation. */
const NAMED_CODES: ReadonlySet<unknown> = new Set([
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  '23505',
]);

/** Whether a statement failed because a row with the same unique values exists. */
export function isUniqueViolation(error: unknown): boolean {
  // Not `instanceof Error`: a native module's errors are those of the main realm, and a test runner's code is in another.
  if (typeof error !== 'object' || error === null) {
    return false;
  }
  const { errcode, code }: { errcode?: unknown; code?: unknown } = error;
  return SQLITE_CODES.has(errcode) || NAMED_CODES.has(code);
}
