import type { SessionContainer } from './session-container.js';

/** What the guard found for a request: that it looked, and the session if there is one. */
export interface GuardedRequest {
  readonly session: SessionContainer | undefined;
  /** The handler that the guard looked for. */
  readonly handler: unknown;
}

/** Kept beside the requests and not on them, so that nothing else that calls itself `session` gets in the way. */
const guardedRequests = new WeakMap<object, GuardedRequest>();

export function setGuardedRequest(request: object, guarded: GuardedRequest): void {
  guardedRequests.set(request, guarded);
}

export function getGuardedRequest(request: object): GuardedRequest | undefined {
  return guardedRequests.get(request);
}
