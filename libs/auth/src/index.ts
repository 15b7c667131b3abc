export { AuthModule } from './auth.module.js';
export type { AuthModuleAsyncOptions, AuthOptionsFactory } from './auth.module-options.js';

export type { AppInfo, WebsiteOrigin } from './config/app-info.js';
export type { AuthModuleOptions, AuthOptions } from './config/auth-options.js';
export type { Clock } from './config/clock.js';
export { ConfigurationError } from './config/configuration.error.js';
export type { JsonObject, JsonValue } from './config/json.js';

export { AuthException, BadInputException, GeneralErrorException } from './http/auth.exception.js';
export { AuthExceptionFilter } from './http/auth-exception.filter.js';
export type { FormField, FormFieldValidator } from './http/form-fields.js';
export { getAllCORSHeaders } from './http/get-all-cors-headers.js';
export { getCorsOptions } from './http/get-cors-options.js';
export type { HttpRequest } from './http/http-request.js';
export type { HttpResponse } from './http/http-response.js';

export type {
  AfterSignUpHook,
  AfterSignUpInput,
  BeforeSignInHook,
  BeforeSignInInput,
  BeforeSignUpHook,
  BeforeSignUpInput,
  EmailPasswordOptions,
  GeneralErrorResult,
  PasswordHashingOptions,
  PasswordResetOptions,
  SignInNotAllowedResult,
  SignUpFeatureOptions,
  SignUpFormField,
  SignUpNotAllowedResult,
} from './email-password/email-password.options.js';
export {
  EmailPasswordService,
  type AuthenticatedUserResult,
  type ChangePasswordInput,
  type ChangePasswordResult,
  type PasswordPolicyViolation,
  type ReauthenticateResult,
  type RequestEmailChangeInput,
  type RequestEmailChangeResult,
  type SignInResult,
  type SignUpResult,
  type UpdateEmailOrPasswordInput,
  type UpdateEmailOrPasswordResult,
} from './email-password/email-password.service.js';

export {
  PasswordResetService,
  type CreatePasswordResetTokenResult,
  type ResetPasswordResult,
} from './email-password/password-reset.service.js';

export { developmentMailbox, type DevelopmentMailbox, type ReceivedEmail } from './email/development-mailbox.js';
export { PermanentDeliveryError, type EmailDelivery } from './email/email-delivery.js';
export type { EmailMessage } from './email/email-message.js';
export type {
  EmailBody,
  EmailChangedTemplateInput,
  EmailTemplate,
  EmailTemplateInput,
  EmailTemplates,
  ExpiringLinkTemplateInput,
} from './email/email-templates.js';
export type { EmailOutboxOptions, EmailTemplateOptions } from './email/email.options.js';
export type { EmailKind } from './email/outbox-content.js';
export { OutboxService } from './email/outbox.service.js';
export { smtp, type SmtpOptions } from './email/smtp.js';

export {
  EmailVerificationClaim,
  type EmailVerificationClaimValidators,
} from './email-verification/email-verification.claim.js';
export type {
  EmailVerificationMode,
  EmailVerificationOptions,
} from './email-verification/email-verification.options.js';
export {
  EmailVerificationService,
  type CreateEmailVerificationTokenResult,
  type NothingToVerifyResult,
  type SendVerificationEmailResult,
  type VerifyEmailResult,
} from './email-verification/email-verification.service.js';

export type { RateLimit, RateLimitOptions } from './rate-limits/rate-limits.options.js';
export { TooManyRequestsException } from './rate-limits/too-many-requests.exception.js';

export { BooleanClaim } from './session/claims/boolean-claim.js';
export { PrimitiveArrayClaim } from './session/claims/primitive-array-claim.js';
export { PrimitiveClaim } from './session/claims/primitive-claim.js';
export { SessionClaim, type ClaimFetchInput, type SessionClaimOptions } from './session/claims/session-claim.js';
export type {
  ClaimValidationContext,
  ClaimValidationError,
  ClaimValidationResult,
  SessionClaimValidator,
} from './session/claims/session-claim-validator.js';
export { Public } from './session/public.decorator.js';
export type { DeviceName } from './session/device-name.js';
export { SessionContainer, type AllSessionTokens } from './session/session-container.js';
export { Session, type SessionProperty } from './session/session.decorator.js';
export {
  DuplicateSessionCookiesClearedException,
  DuplicateSessionCookiesException,
  InvalidClaimException,
  TokenTheftDetectedException,
  TryRefreshTokenException,
  UnauthorisedException,
  type ClearTokensOption,
} from './session/session.exceptions.js';
export { SessionGuard } from './session/session.guard.js';
export type {
  AntiCsrfMode,
  ClaimValidatorsFunction,
  GetTokenTransferMethod,
  SameSite,
  SessionOptions,
  SigningAlgorithm,
  TokenTransferMethod,
} from './session/session.options.js';
export {
  SessionService,
  type CreateSessionForResponseOptions,
  type CreateSessionOptions,
  type OptionalSessionOptions,
  type SessionInformation,
  type UserSession,
  type ValidateClaimsResult,
  type VerifySessionOptions,
} from './session/session.service.js';
export { VerifySession, type OptionalSessionDecorator } from './session/verify-session.decorator.js';

export { postgres, type PostgresOptions } from './storage/postgres/postgres.js';
export { sqlite, type SqliteOptions } from './storage/sqlite/sqlite.js';
export type { Storage, StorageFactory } from './storage/storage.js';
export { StorageHealthIndicator, type StorageHealth } from './storage/storage.health-indicator.js';
export { StorageUnavailableError } from './storage/storage-unavailable.error.js';

export { developmentProvider, type DevelopmentProviderOptions } from './third-party/providers/development-provider.js';
export { facebook, type FacebookOptions, type FacebookUrls } from './third-party/providers/facebook.js';
export { github, type GithubOptions, type GithubUrls } from './third-party/providers/github.js';
export { google, type GoogleOptions, type GoogleUrls } from './third-party/providers/google.js';
export { oauth2, type OAuth2Options } from './third-party/providers/oauth2.js';
export { oidc, type OidcOptions } from './third-party/providers/oidc.js';
export type { ProviderClientOptions, ProviderClients } from './third-party/providers/client-options.js';
export type { ProviderConnection } from './third-party/provider-connection.js';
export type { ProviderAnswer, ProviderHttp, ProviderRequest } from './third-party/provider-http.js';
export type {
  CreateStrategy,
  OAuth2Strategy,
  OAuthTokens,
  ProviderClient,
  ProviderContext,
  ProviderGrant,
  StrategyOptions,
  StrategyStateStore,
  StrategyVerify,
  ThirdPartyEmail,
  ThirdPartyProfile,
  ThirdPartyProvider,
} from './third-party/provider.js';
export type { AuthorisationInput, AuthorisationRequest, CodeInput } from './third-party/strategy-driver.js';
export type {
  AccountLinking,
  AfterSignInUpHook,
  AfterSignInUpInput,
  BeforeSignInUpHook,
  BeforeSignInUpInput,
  SignInUpNotAllowedResult,
  ThirdPartyOptions,
} from './third-party/third-party.options.js';
export { ThirdPartyProviderError, type ProviderFailure } from './third-party/third-party-provider.error.js';
export {
  ThirdPartyService,
  type ManuallyCreateOrUpdateUserInput,
  type ThirdPartySignInUpInput,
  type ThirdPartySignInUpResult,
  type ThirdPartyUserResult,
} from './third-party/third-party.service.js';

export type {
  EmailPasswordLoginMethod,
  LoginMethod,
  RecipeId,
  ThirdPartyInfo,
  ThirdPartyLoginMethod,
  User,
} from './users/user.js';
export { UserService } from './users/user.service.js';
