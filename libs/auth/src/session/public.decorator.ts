import { SetMetadata } from '@nestjs/common';
import { SESSION_REQUIREMENT, type SessionRequirement } from './session-requirement.js';

/**
 * Lets everybody pass to a controller or a handler, where {@link SessionGuard} guards the whole app or the controller. No
 * session is looked for; `@VerifySession({ sessionRequired: false })` looks for one.
 */
export function Public(): ClassDecorator & MethodDecorator {
  return SetMetadata<string, SessionRequirement>(SESSION_REQUIREMENT, 'public');
}
