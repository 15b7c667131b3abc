import type { JsonObject } from '../config/json.js';

/**
 * The claims of an access token that the library writes itself (contract §4). A claim of the app with one of these names
 * is dropped, because a handler that reads it must be able to trust it.
 */
export const PROTECTED_CLAIM_NAMES: ReadonlySet<string> = new Set([
  'sub',
  'rsub',
  'tId',
  'sessionHandle',
  'refreshTokenHash1',
  'parentRefreshTokenHash1',
  'antiCsrfToken',
  'iss',
  'iat',
  'exp',
  'stt',
]);

/** A copy of a payload without the protected claims. */
export function withoutProtectedClaims(payload: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(payload).filter(([name]) => !PROTECTED_CLAIM_NAMES.has(name)));
}

/**
 * Merges an update into a payload, one level deep: `null` removes a claim, and protected claims stay out.
 * @returns a new payload.
 */
export function mergePayload(payload: JsonObject, update: JsonObject): JsonObject {
  const allowed = withoutProtectedClaims(update);
  const merged = Object.entries({ ...payload, ...allowed });
  return Object.fromEntries(merged.filter(([name, value]) => value !== undefined && allowed[name] !== null));
}
