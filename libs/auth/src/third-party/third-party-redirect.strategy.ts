import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { randomUUID } from 'node:crypto';
import type { HttpRequest } from '../http/http-request.js';
import type { ProviderConnection } from './provider-connection.js';
import type { ThirdPartyProfile } from './provider.js';
import { readRedirectState, type RedirectState } from './redirect-state.js';
import { RedirectStateCookies } from './redirect-state-cookies.js';
import { ThirdPartyRedirectService } from './third-party-redirect.service.js';
import { ThirdPartyService } from './third-party.service.js';

/** A person's way back from a provider: what the guard gives Passport in the place of the app's request. */
export class RedirectCallback {
  constructor(
    readonly request: HttpRequest,
    readonly thirdPartyId: string,
    readonly query: Readonly<Record<string, unknown>>,
  ) {}
}

/**
 * What a way back is: `foreign` where this browser has no redirect of this state under way, so that the answer may belong to
 * the website; `used` where the state was used before; `failed` where the provider did not tell who the person is.
 */
export type RedirectCallbackResult =
  | { readonly kind: 'foreign' }
  | { readonly kind: 'used'; readonly state: RedirectState }
  | {
      readonly kind: 'failed';
      readonly state: RedirectState;
      readonly connection: ProviderConnection;
      readonly error: unknown;
    }
  | {
      readonly kind: 'identified';
      readonly state: RedirectState;
      readonly connection: ProviderConnection;
      readonly profile: ThirdPartyProfile;
      readonly returnPath: string;
    };

type Done = (error: unknown, result?: RedirectCallbackResult) => void;

/** A Passport strategy of two lines, which leaves everything to `validate`. Passport knows it by a name of its own. */
class CallbackStrategy extends passport.Strategy {
  override readonly name = `nestward-${randomUUID()}`;

  constructor(private readonly verify: (callback: RedirectCallback, done: Done) => void) {
    super();
  }

  override authenticate(request: object): void {
    if (!(request instanceof RedirectCallback)) {
      throw new TypeError('The strategy is for the guard of the redirect flow only');
    }
    this.verify(request, (error, result) => {
      if (error === null && result !== undefined) {
        this.success(result);
      } else {
        this.error(error);
      }
    });
  }
}

/**
 * Takes people back from a provider, for Passport: checks the state, uses it up, and asks the provider's own strategy whose
 * the code is.
 */
@Injectable()
export class ThirdPartyRedirectStrategy extends PassportStrategy(CallbackStrategy) implements OnApplicationShutdown {
  constructor(
    @Inject(ThirdPartyService) private readonly thirdPartyService: ThirdPartyService,
    @Inject(ThirdPartyRedirectService) private readonly redirects: ThirdPartyRedirectService,
    @Inject(RedirectStateCookies) private readonly cookies: RedirectStateCookies,
  ) {
    super();
  }

  async validate({ request, thirdPartyId, query }: RedirectCallback): Promise<RedirectCallbackResult> {
    const state = readRedirectState(query['state']);
    const sealed = state === undefined ? undefined : this.cookies.find(request, state);
    const pending =
      state === undefined || sealed === undefined ? undefined : await this.redirects.open(thirdPartyId, state, sealed);
    const connection =
      pending === undefined ? undefined : this.thirdPartyService.getProvider(thirdPartyId, pending.clientType);
    if (state === undefined || pending === undefined || connection === undefined) {
      return { kind: 'foreign' };
    }
    if (!(await this.redirects.use(state, pending))) {
      return { kind: 'used', state };
    }
    try {
      const profile = await this.redirects.identify(connection, query, pending);
      return { kind: 'identified', state, connection, profile, returnPath: pending.returnPath };
    } catch (error) {
      return { kind: 'failed', state, connection, error };
    }
  }

  /** Passport's registry is the process's, and this strategy is the app's. */
  onApplicationShutdown(): void {
    passport.unuse(this.name);
  }
}
