import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { HttpRequest } from '../http/http-request.js';
import {
  RedirectCallback,
  ThirdPartyRedirectStrategy,
  type RedirectCallbackResult,
} from './third-party-redirect.strategy.js';

interface CallbackRequest extends HttpRequest {
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, unknown>>;
}

/** Kept beside the requests and not on them, where an app's own Passport keeps its user. */
const results = new WeakMap<object, RedirectCallbackResult>();

/** What the guard found out about a request that came back from a provider. */
export function getRedirectCallbackResult(request: HttpRequest): RedirectCallbackResult {
  const result = results.get(request);
  if (result === undefined) {
    throw new TypeError('The guard of the redirect flow does not guard this route');
  }
  return result;
}

/** Lets Passport look at a person's way back from a provider. Everybody passes; the controller decides what follows. */
@Injectable()
export class ThirdPartyRedirectGuard extends AuthGuard() {
  constructor(@Inject(ThirdPartyRedirectStrategy) strategy: ThirdPartyRedirectStrategy) {
    super({ defaultStrategy: strategy.name, session: false });
  }

  /** An object of its own for Passport, which would leave its methods on the app's request. */
  override getRequest(context: ExecutionContext): RedirectCallback {
    const request = context.switchToHttp().getRequest<CallbackRequest>();
    return new RedirectCallback(request, request.params['provider'] ?? '', request.query);
  }

  override handleRequest<Result = RedirectCallbackResult>(
    error: unknown,
    result: Result,
    _info: unknown,
    context: ExecutionContext,
  ): Result {
    if (error !== null && error !== undefined) {
      throw error instanceof Error ? error : new Error('Passport failed', { cause: error });
    }
    results.set(context.switchToHttp().getRequest<object>(), result as RedirectCallbackResult);
    return result;
  }
}
