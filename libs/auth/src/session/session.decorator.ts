import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { HttpRequest } from '../http/http-request.js';
import { getGuardedRequest } from './guarded-request.js';
import type { SessionContainer } from './session-container.js';

const PROPERTIES = {
  userId: (session: SessionContainer) => session.getUserId(),
  recipeUserId: (session: SessionContainer) => session.getRecipeUserId(),
  tenantId: (session: SessionContainer) => session.getTenantId(),
  handle: (session: SessionContainer) => session.getHandle(),
  accessTokenPayload: (session: SessionContainer) => session.getAccessTokenPayload(),
};

/** What `@Session(…)` can hand to a handler in the place of the whole session. */
export type SessionProperty = keyof typeof PROPERTIES;

/**
 * Hands the session that the guard found to a handler: `@Session() session: SessionContainer`, or one thing of it:
 * `@Session('userId') userId: string`. Where the session is optional it may be undefined.
 *
 * @throws Error if no {@link SessionGuard} stands before the handler.
 */
export const Session: (property?: SessionProperty) => ParameterDecorator = createParamDecorator(
  (property: SessionProperty | undefined, context: ExecutionContext) => {
    const guarded = getGuardedRequest(context.switchToHttp().getRequest<HttpRequest>());
    if (guarded === undefined) {
      throw new Error(
        `@Session() found no session on ${context.getClass().name}.${context.getHandler().name}, because no SessionGuard stands before it: add @UseGuards(SessionGuard).`,
      );
    }
    const { session } = guarded;
    return session === undefined || property === undefined ? session : PROPERTIES[property](session);
  },
);
