import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';
import { getGuardedRequest, setGuardedRequest } from './guarded-request.js';
import { SESSION_REQUIREMENT, type SessionRequirement } from './session-requirement.js';
import { SessionService } from './session.service.js';

/**
 * Lets a request pass if it has a good session, which `@Session()` then hands to the handler. For `@UseGuards` on a
 * controller or handler, and as `APP_GUARD` for the whole app; `@VerifySession()` and `@Public()` say what a route asks.
 *
 * It throws what `SessionService.getSession` throws; the module's exception filter answers it.
 */
@Injectable()
export class SessionGuard implements CanActivate {
  /** What each handler of each controller asks, so that the metadata are looked for only once. */
  private readonly requirements = new WeakMap<object, Map<unknown, SessionRequirement>>();

  constructor(
    @Inject(SessionService) private readonly sessions: SessionService,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { request, response } = this.getRequestResponse(context);
    const handler = context.getHandler();
    // The guard may stand before a route more than once: for the app and for the controller.
    if (getGuardedRequest(request)?.handler === handler) {
      return true;
    }
    const requirement = this.getRequirement(context);
    const session =
      requirement === 'public' ? undefined : await this.sessions.getSession(request, response, requirement);
    setGuardedRequest(request, { session, handler });
    return true;
  }

  private getRequirement(context: ExecutionContext): SessionRequirement {
    const [controller, handler] = [context.getClass(), context.getHandler()];
    const known = this.requirements.get(controller)?.get(handler);
    if (known !== undefined) {
      return known;
    }
    const requirement =
      this.reflector.getAllAndOverride<SessionRequirement | undefined>(SESSION_REQUIREMENT, [handler, controller]) ??
      {};
    const ofController = this.requirements.get(controller) ?? new Map<unknown, SessionRequirement>();
    this.requirements.set(controller, ofController.set(handler, requirement));
    return requirement;
  }

  /** Finds request and response. Override it where they are elsewhere, as in GraphQL. */
  protected getRequestResponse(context: ExecutionContext): { request: HttpRequest; response: HttpResponse } {
    const http = context.switchToHttp();
    return { request: http.getRequest<HttpRequest>(), response: http.getResponse<HttpResponse>() };
  }
}
