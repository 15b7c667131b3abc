/** SQLite's result codes of errors that something depends on, by the beginning of their messages. */
const CODES: readonly (readonly [message: string, errcode: number])[] = [
  ['UNIQUE constraint failed', 2067],
  ['database is locked', 5],
  ['database table is locked', 6],
];

/**
 * Runs a statement that answers rows. `@photostructure/sqlite` leaves the result code out of what such a statement throws,
 * so that it is put back by the message, which is SQLite's own.
 * @throws what the statement throws, with `errcode`.
 */
export function restoreErrorCode<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    // Not `instanceof Error`: a native module's errors are those of the main realm, and a test runner's code is in another.
    if (typeof error === 'object' && error !== null && !('errcode' in error)) {
      const { message }: { message?: unknown } = error;
      const [, errcode] = CODES.find(([start]) => typeof message === 'string' && message.startsWith(start)) ?? [];
      Object.assign(error, errcode === undefined ? {} : { errcode });
    }
    throw error;
  }
}
