import type { VerifySessionOptions } from './session.service.js';

/** The metadata key under which a route says what it asks of the session. */
export const SESSION_REQUIREMENT = 'nestward:session-requirement';

/** What a route asks of the session; `public` is a route that the guard lets everybody pass to. */
export type SessionRequirement = VerifySessionOptions | 'public';
