import { setTimeout as delay } from 'node:timers/promises';
import { StorageUnavailableError } from '../storage-unavailable.error.js';

/** How often a statement or transaction is tried that the database gave up because of another one. */
const MAX_ATTEMPTS = 5;

/** The longest wait before the second attempt, in milliseconds; it doubles with each attempt. */
const BASE_DELAY_MS = 10;

/** Serialization failure and deadlock (PostgreSQL's SQLSTATE class 40): nothing has happened, so that it is safe to repeat. */
const CONFLICT_CODES: ReadonlySet<unknown> = new Set(['40001', '40P01']);

/**
 * What a database answers that is away, restarting, too slow or full: PostgreSQL's SQLSTATEs, Node's network errors, and
 * SQLite's `SQLITE_BUSY`.
 */
const UNAVAILABLE_CODES: ReadonlySet<unknown> = new Set([
  '53300',
  '53400',
  '55P03',
  '57014',
  '57P01',
  '57P02',
  '57P03',
  '58000',
  '25006',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'SQLITE_BUSY',
]);

const SQLITE_BUSY = 5;

/** `pg` has no codes for what it finds out itself. */
const UNAVAILABLE_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|The server does not support|Cannot use a pool after calling end)/;

type AsyncMethod = (...parameters: unknown[]) => Promise<unknown>;

/**
 * Puts one policy before every method of a storage port: a conflict with another transaction is tried again, a bounded
 * number of times and with jitter, and nothing else is; a database that is away becomes a {@link StorageUnavailableError}.
 * Each method is one statement or one transaction, so that repeating it repeats nothing that took effect.
 */
export function guardPort<Port extends object>(port: Port): Port {
  const guarded = new Map<PropertyKey, AsyncMethod>();
  return new Proxy(port, {
    get: (target, property): unknown => {
      const known = guarded.get(property);
      if (known !== undefined) {
        return known;
      }
      const member: unknown = Reflect.get(target, property);
      if (typeof member !== 'function') {
        return member;
      }
      const method = guard(member.bind(target) as AsyncMethod);
      guarded.set(property, method);
      return method;
    },
  });
}

function guard(method: AsyncMethod): AsyncMethod {
  return async (...parameters) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await method(...parameters);
      } catch (error) {
        if (attempt < MAX_ATTEMPTS && CONFLICT_CODES.has(codeOf(error))) {
          await delay(Math.random() * BASE_DELAY_MS * 2 ** attempt);
          continue;
        }
        throw isUnavailable(error)
          ? new StorageUnavailableError('The database is not available', { cause: error })
          : error;
      }
    }
  };
}

function isUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  if (CONFLICT_CODES.has(code) || UNAVAILABLE_CODES.has(code)) {
    return true;
  }
  if (typeof error !== 'object' || error === null) {
    return false;
  }
  const { message, errcode }: { message?: unknown; errcode?: unknown } = error;
  return (
    (typeof code === 'string' && /^08...$/.test(code)) ||
    (typeof errcode === 'number' && (errcode & 0xff) === SQLITE_BUSY) ||
    (typeof message === 'string' && UNAVAILABLE_MESSAGES.test(message))
  );
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
