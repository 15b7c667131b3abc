import type { INestApplicationContext } from '@nestjs/common';
import type { JsonObject } from '../config/json.js';
import { SessionService, type CreateSessionOptions } from '../session/session.service.js';

/** What a session for a test carries. */
export interface TestSessionOptions extends CreateSessionOptions {
  /** The app's own claims. Default: none. */
  readonly accessTokenPayload?: JsonObject | undefined;
  /** What the database keeps with the session. Default: nothing. */
  readonly sessionData?: JsonObject | undefined;
}

/**
 * Creates a session for a user and answers the request headers that prove it, so that a test of a guarded route need not
 * sign up first: `request(server).get('/comments').set(await createSessionHeaders(app, 'user-1'))`.
 *
 * @param app the app under test, initialised.
 * @param userId any string: the user need not exist.
 */
export async function createSessionHeaders(
  app: INestApplicationContext,
  userId: string,
  { accessTokenPayload, sessionData, ...options }: TestSessionOptions = {},
): Promise<{ authorization: string }> {
  const session = await app
    .get(SessionService, { strict: false })
    .createNewSessionWithoutRequestResponse(userId, accessTokenPayload, sessionData, options);
  return { authorization: `Bearer ${session.getAccessToken()}` };
}
