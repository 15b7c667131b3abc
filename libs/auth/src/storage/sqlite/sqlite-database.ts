/** What the library uses of a SQLite database: `DatabaseSync` of `node:sqlite` has it, and so has `better-sqlite3`'s `Database`. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  close(): unknown;
}

/** A prepared statement. */
export interface SqliteStatement {
  all(...parameters: SqliteValue[]): unknown[];
  run(...parameters: SqliteValue[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  /** `node:sqlite`: what the statement answers; empty where it answers nothing. */
  columns?(): readonly unknown[];
  /** `better-sqlite3`: whether the statement answers rows. */
  readonly reader?: boolean;
}

/** What a parameter of a statement can be. */
export type SqliteValue = null | number | bigint | string | Uint8Array;
