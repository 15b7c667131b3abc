import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import type { JsonObject } from '../config/json.js';
import {
  EMAIL_FIELD_ID,
  getStringValue,
  PASSWORD_FIELD_ID,
  validateFormFields,
  type FieldErrorResult,
} from '../http/form-fields.js';
import { getAddress } from '../http/get-address.js';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';
import { RateLimitService } from '../rate-limits/rate-limit.service.js';
import type { SessionContainer } from '../session/session-container.js';
import type { TokenTransferMethod } from '../session/session.options.js';
import { SessionService } from '../session/session.service.js';
import type { User } from '../users/user.js';
import { askSignInHook, askSignUpHook } from './email-password.hooks.js';
import type { GeneralErrorResult, SignInNotAllowedResult, SignUpNotAllowedResult } from './email-password.options.js';
import { EmailPasswordService } from './email-password.service.js';

/** A person who is signed in now. */
export interface SignedInOutcome {
  readonly status: 'OK';
  readonly user: User;
  readonly recipeUserId: string;
  readonly session: SessionContainer;
}

/** What comes of a sign-up. */
export type SignUpOutcome = SignedInOutcome | FieldErrorResult | SignUpNotAllowedResult | GeneralErrorResult;

/** What comes of a sign-in. */
export type SignInOutcome =
  | SignedInOutcome
  | FieldErrorResult
  | { readonly status: 'WRONG_CREDENTIALS_ERROR' }
  | SignInNotAllowedResult
  | GeneralErrorResult;

/** What the API and the pages do with a form that has been sent: checks, limits, hooks, the user, the session. */
@Injectable()
export class EmailPasswordSignIn {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(EmailPasswordService) private readonly emailPasswordService: EmailPasswordService,
    @Inject(SessionService) private readonly sessionService: SessionService,
    @Inject(RateLimitService) private readonly rateLimitService: RateLimitService,
  ) {}

  /**
   * Creates a user and then its session. If the session fails the user stays, and can sign in.
   *
   * @param form has the `formFields` (contract §5).
   * @throws BadInputException if the fields cannot be understood.
   * @throws TooManyRequestsException if there have been too many sign-ups.
   */
  async signUp(
    request: HttpRequest,
    response: HttpResponse,
    form: JsonObject,
    transferMethod?: TokenTransferMethod,
  ): Promise<SignUpOutcome> {
    const { signUpFormFields, beforeSignUp, afterSignUp } = this.config.emailPassword;
    const validated = await validateFormFields(form, signUpFormFields);
    if (validated.status === 'FIELD_ERROR') {
      return validated;
    }
    const email = getStringValue(validated.formFields, EMAIL_FIELD_ID);
    const password = getStringValue(validated.formFields, PASSWORD_FIELD_ID);
    const formFields = validated.formFields.filter(({ id }) => id !== PASSWORD_FIELD_ID);
    const address = getAddress(request);
    await this.rateLimitService.limitSignUp(address);
    const refusal = await askSignUpHook(beforeSignUp, { email, formFields, request });
    if (refusal !== undefined) {
      return refusal;
    }
    const result = await this.emailPasswordService.signUp(email, password);
    if (result.status !== 'OK') {
      await this.emailPasswordService.notifyOfSignUpAttempt(email, this.config.appInfo.getWebsiteDomain(request).value);
      return {
        status: 'FIELD_ERROR',
        formFields: [{ id: EMAIL_FIELD_ID, error: 'This email already exists. Please sign in instead.' }],
      };
    }
    await this.rateLimitService.reportSignUp({ email, address });
    const { user, recipeUserId } = result;
    const session = await this.sessionService.createNewSession(request, response, user.id, undefined, undefined, {
      recipeUserId,
      transferMethod,
    });
    await afterSignUp?.({ user, formFields, session });
    return { status: 'OK', user, recipeUserId, session };
  }

  /**
   * Checks a password and creates a session.
   *
   * @param form has the `formFields` (contract §5).
   * @throws BadInputException if the fields cannot be understood.
   * @throws TooManyRequestsException if the password must not be checked.
   */
  async signIn(
    request: HttpRequest,
    response: HttpResponse,
    form: JsonObject,
    transferMethod?: TokenTransferMethod,
  ): Promise<SignInOutcome> {
    const { signInFormFields, beforeSignIn } = this.config.emailPassword;
    const validated = await validateFormFields(form, signInFormFields);
    if (validated.status === 'FIELD_ERROR') {
      return validated;
    }
    const email = getStringValue(validated.formFields, EMAIL_FIELD_ID);
    const attempt = await this.rateLimitService.limitSignIn({ email, address: getAddress(request) });
    const refusal = await askSignInHook(beforeSignIn, { email, request });
    if (refusal !== undefined) {
      return refusal;
    }
    const password = getStringValue(validated.formFields, PASSWORD_FIELD_ID);
    const result = await this.emailPasswordService.signIn(email, password);
    if (result.status !== 'OK') {
      return result;
    }
    await attempt.reportSuccess();
    const { user, recipeUserId } = result;
    const session = await this.sessionService.createNewSession(request, response, user.id, undefined, undefined, {
      recipeUserId,
      transferMethod,
    });
    return { status: 'OK', user, recipeUserId, session };
  }
}
