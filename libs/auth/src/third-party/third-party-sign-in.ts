import { Inject, Injectable, Logger } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import type { GeneralErrorResult } from '../email-password/email-password.options.js';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';
import type { TokenTransferMethod } from '../session/session.options.js';
import { SessionService } from '../session/session.service.js';
import { normaliseEmail } from '../users/normalise-email.js';
import type { ProviderConnection } from './provider-connection.js';
import type { ThirdPartyProfile } from './provider.js';
import { ThirdPartyProviderError, type ProviderFailure } from './third-party-provider.error.js';
import { askSignInUpHook } from './third-party.hooks.js';
import type { SignInUpNotAllowedResult } from './third-party.options.js';
import { ThirdPartyService, type ThirdPartySignInUpResult } from './third-party.service.js';

/** What comes of a sign-in with a provider. */
export type ThirdPartySignInOutcome = ThirdPartySignInUpResult | SignInUpNotAllowedResult | GeneralErrorResult;

/** What a person is told where a provider does not say who they are. */
const MESSAGES: Readonly<Record<ProviderFailure, (name: string) => string>> = {
  unavailable: (name) => `${name} cannot be reached right now. Please try again in a moment.`,
  refused: (name) => `${name} did not confirm the sign-in. Please try again.`,
  'invalid-answer': (name) => `${name} did not confirm the sign-in. Please try again.`,
  cancelled: (name) => `The sign-in with ${name} was cancelled.`,
};

/** What both flows do once a provider has been asked: hooks, the user, the session. */
@Injectable()
export class ThirdPartySignIn {
  private readonly logger = new Logger(ThirdPartySignIn.name);

  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(ThirdPartyService) private readonly thirdPartyService: ThirdPartyService,
    @Inject(SessionService) private readonly sessionService: SessionService,
  ) {}

  /** Says to a person why a provider did not tell who they are; the details go to the log. Any other error is thrown on. */
  explain(error: unknown, { name }: ProviderConnection): GeneralErrorResult {
    if (!(error instanceof ThirdPartyProviderError)) {
      throw error;
    }
    if (error.failure !== 'cancelled') {
      this.logger.warn(error.message);
    }
    return { status: 'GENERAL_ERROR', message: MESSAGES[error.failure](name) };
  }

  /**
   * Signs a person in or up whom a provider has named, and creates the session. If the session fails the user stays, and can
   * sign in.
   */
  async complete(
    request: HttpRequest,
    response: HttpResponse,
    connection: ProviderConnection,
    { thirdPartyUserId, email }: ThirdPartyProfile,
    transferMethod?: TokenTransferMethod,
  ): Promise<ThirdPartySignInOutcome> {
    if (email === undefined || normaliseEmail(email.address) === undefined) {
      return { status: 'NO_EMAIL_GIVEN_BY_PROVIDER' };
    }
    const { beforeSignInUp, afterSignInUp } = this.config.thirdParty;
    const refusal =
      beforeSignInUp === undefined
        ? undefined
        : await askSignInUpHook(beforeSignInUp, {
            thirdPartyId: connection.id,
            thirdPartyUserId,
            email: email.address,
            isEmailVerified: email.verified,
            user: await this.thirdPartyService.findUser(connection.id, thirdPartyUserId),
            request,
          });
    if (refusal !== undefined) {
      return refusal;
    }
    const result = await this.thirdPartyService.manuallyCreateOrUpdateUser({
      thirdPartyId: connection.id,
      thirdPartyUserId,
      email: email.address,
      isVerified: email.verified,
    });
    const { user, recipeUserId, createdNewRecipeUser } = result;
    const session = await this.sessionService.createNewSession(request, response, user.id, undefined, undefined, {
      recipeUserId,
      transferMethod,
    });
    await afterSignInUp?.({ user, createdNewRecipeUser, session });
    return result;
  }
}
