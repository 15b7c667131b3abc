import { setTimeout as delay } from 'node:timers/promises';

/** For how long a statement waits for another connection that writes, in milliseconds. */
const BUSY_TIMEOUT_MS = 5000;

/** The longest pause before a busy database is asked again, in milliseconds. */
const MAX_PAUSE_MS = 10;

/** SQLite's primary result codes of a database, or a table of a shared cache, that another connection holds. */
const BUSY_CODES: ReadonlySet<number> = new Set([5, 6]);

/**
 * Asks a busy database again, with pauses, until it answers or the time is over. SQLite's own waiting would stop the whole
 * process, and with it another app of the same process that holds the lock.
 *
 * @throws what the last attempt threw.
 */
export async function retryWhileBusy<Result>(attempt: () => Result | Promise<Result>): Promise<Result> {
  let deadline: number | undefined;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      deadline ??= performance.now() + BUSY_TIMEOUT_MS;
      if (!isBusy(error) || performance.now() > deadline) {
        throw error;
      }
      await delay(Math.random() * MAX_PAUSE_MS);
    }
  }
}

function isBusy(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) {
    return false;
  }
  const { errcode, code }: { errcode?: unknown; code?: unknown } = error;
  return typeof errcode === 'number'
    ? BUSY_CODES.has(errcode & 0xff)
    : typeof code === 'string' && /^SQLITE_(BUSY|LOCKED)/.test(code);
}
