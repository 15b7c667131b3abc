import type { HttpRequest } from '../http/http-request.js';
import type { SessionContainer } from './session-container.js';

/** What the guard found for a request: that it looked, and the session if there is one. */
export interface GuardedRequest {
  readonly session: SessionContainer | undefined;
  /** The handler that the guard looked for. */
  readonly handler: unknown;
}

/**
 * Under a symbol, so that nothing else that calls itself `session` gets in the way. Not in a WeakMap: there a request that
 * its own value refers to outlives V8's minor collections, which costs several times as much as the guard.
 */
const GUARDED_REQUEST = Symbol('nestward:guarded-request');

type GuardableRequest = HttpRequest & { [GUARDED_REQUEST]?: GuardedRequest };

export function setGuardedRequest(request: GuardableRequest, guarded: GuardedRequest): void {
  request[GUARDED_REQUEST] = guarded;
}

export function getGuardedRequest(request: GuardableRequest): GuardedRequest | undefined {
  return request[GUARDED_REQUEST];
}
