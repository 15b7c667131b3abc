import { z } from 'zod';
import { ConfigurationError } from '../config/configuration.error.js';
import type { NormalisedAppInfo } from '../config/app-info.js';
import { isLocalHost } from '../config/origin.js';
import { normaliseUrlPath, type UrlPath } from '../config/url-path.js';
import type { HttpRequest } from '../http/http-request.js';
import type { SessionClaim } from './claims/session-claim.js';
import type { SessionClaimValidator } from './claims/session-claim-validator.js';
import type { SessionContainer } from './session-container.js';

/** How tokens travel: in cookies, or in the `authorization` and `st-…-token` headers. */
export type TokenTransferMethod = 'cookie' | 'header';

/**
 * How a request proves that the website made it (contract §3, §4): by the mere presence of a custom header (`rid`), by a
 * token that is bound to the session, or not at all, where `SameSite` protects it.
 */
export type AntiCsrfMode = 'VIA_CUSTOM_HEADER' | 'VIA_TOKEN' | 'NONE';

/** When a browser sends the session cookies (RFC 6265bis §5.5). */
export type SameSite = 'none' | 'lax' | 'strict';

/** The JWS algorithms that access tokens can be signed with (RFC 7518 §3.1). */
export type SigningAlgorithm = 'ES256' | 'RS256';

/** What chooses the way in which tokens travel. */
export type GetTokenTransferMethod = (input: {
  readonly request: HttpRequest;
  /** Whether a session is being created, as opposed to verified or refreshed. */
  readonly forCreateNewSession: boolean;
}) => TokenTransferMethod | 'any';

/** Chooses the claim validators of a session by the global ones and the session itself. */
export type ClaimValidatorsFunction = (
  globalClaimValidators: readonly SessionClaimValidator[],
  session: SessionContainer,
) => readonly SessionClaimValidator[] | Promise<readonly SessionClaimValidator[]>;

/** Options of sessions. */
export interface SessionOptions {
  /** How long an access token is good for, in seconds. Default: 3600 (1 hour). */
  accessTokenLifetime?: number | undefined;
  /** How long a session lasts without a refresh, in seconds. Default: 8640000 (100 days). */
  refreshTokenLifetime?: number | undefined;
  /**
   * For how long after a refresh token has been replaced it may still be presented, in seconds, because two tabs raced.
   * `0` turns it off. Default: 10 (contract §4).
   */
  refreshTokenGracePeriod?: number | undefined;
  /** How often the dynamic signing key changes, in seconds. Default: 604800 (7 days). */
  signingKeyRotationInterval?: number | undefined;
  /** What access tokens are signed with. Default: `ES256`. */
  signingAlgorithm?: SigningAlgorithm | undefined;
  /**
   * Whether new sessions are signed by the key that changes (`d-…`), as opposed to the one that stays (`s-…`).
   * Default: `true`.
   */
  useDynamicAccessTokenSigningKey?: boolean | undefined;
  /** Whether cookies carry `Secure`. Default: whether `apiDomain` is https. */
  cookieSecure?: boolean | undefined;
  /** The cookies' `SameSite`. Default: `none` if API and website are different sites, else `lax` (contract §3). */
  cookieSameSite?: SameSite | undefined;
  /** The cookies' `Domain`, such as `.acme.com`. Default: none, so that only the API's host receives them. */
  cookieDomain?: string | undefined;
  /**
   * The `cookieDomain` that was used before, so that cookies which are left over from then can be cleared. An empty string
   * stands for none. Default: not set.
   */
  olderCookieDomain?: string | undefined;
  /** The path of the access token's cookie. Default: `/`. */
  accessTokenPath?: string | undefined;
  /** Default: `VIA_CUSTOM_HEADER` if `SameSite` is `none`, else `NONE` (contract §3). */
  antiCsrf?: AntiCsrfMode | undefined;
  /** The status that makes the frontend refresh. Default: 401. */
  sessionExpiredStatusCode?: number | undefined;
  /** The status of a claim that fails. Default: 403. */
  invalidClaimStatusCode?: number | undefined;
  /** Default: `any`, by which a new session follows the client's `st-auth-mode` (contract §2). */
  getTokenTransferMethod?: GetTokenTransferMethod | undefined;
  /** Whether cookie sessions also get their access token in a response header, for scripts to read. Default: `false`. */
  exposeAccessTokenToFrontendInCookieBasedAuth?: boolean | undefined;
  /** Claims that every new session gets when it is created. Default: none. */
  claims?: readonly SessionClaim[] | undefined;
  /** Validators that every guarded route checks, unless it overrides them. Default: none. */
  globalClaimValidators?: readonly SessionClaimValidator[] | undefined;
  /**
   * How often expired sessions are removed from the database, in seconds, and with them expired tokens of mails, counters of
   * rate limits, and given-up mails. `0` turns it off. Default: 3600 (1 hour).
   */
  expiredSessionRemovalInterval?: number | undefined;
  /**
   * Whether each session keeps the address and the `User-Agent` that it was last used with, for people to see where they are
   * signed in. Default: `true`.
   */
  recordDevices?: boolean | undefined;
  /** How many verified access tokens are remembered, so that they need no second signature check. Default: 10000. */
  accessTokenCacheSize?: number | undefined;
}

/** {@link SessionOptions} with every default in its place. Times are milliseconds. */
export interface SessionConfig {
  readonly accessTokenLifetimeMs: number;
  readonly refreshTokenLifetimeMs: number;
  readonly refreshTokenGracePeriodMs: number;
  readonly signingKeyRotationIntervalMs: number;
  readonly signingAlgorithm: SigningAlgorithm;
  readonly useDynamicAccessTokenSigningKey: boolean;
  readonly cookieSecure: boolean;
  readonly cookieDomain: string | undefined;
  readonly olderCookieDomain: string | undefined;
  readonly accessTokenPath: UrlPath;
  readonly refreshTokenPath: UrlPath;
  readonly sessionExpiredStatusCode: number;
  readonly invalidClaimStatusCode: number;
  readonly getTokenTransferMethod: GetTokenTransferMethod;
  readonly exposeAccessTokenToFrontendInCookieBasedAuth: boolean;
  readonly claims: readonly SessionClaim[];
  readonly globalClaimValidators: readonly SessionClaimValidator[];
  readonly expiredSessionRemovalIntervalMs: number;
  readonly recordDevices: boolean;
  readonly accessTokenCacheSize: number;
  /** The cookies' `SameSite` for a request; it depends on the request where the website's origin does. */
  readonly getCookieSameSite: (request: HttpRequest | undefined) => SameSite;
  /** How a request must prove that the website made it. */
  readonly getAntiCsrfMode: (request: HttpRequest | undefined) => AntiCsrfMode;
  /**
   * Whether browsers will take the session cookies.
   * @throws ConfigurationError if they would not: `SameSite=None` needs `Secure` (contract §3).
   */
  readonly assertCookiesWork: (request: HttpRequest | undefined) => void;
}

const seconds = z
  .number({ error: 'write a number of seconds' })
  .positive({ error: 'write a number of seconds greater than 0' });
const secondsOrOff = z
  .number({ error: 'write a number of seconds, or 0 to turn it off' })
  .nonnegative({ error: 'write a number of seconds, or 0 to turn it off' });
const statusCode = z
  .int({ error: 'write an HTTP status code from 400 to 599' })
  .min(400, { error: 'write an HTTP status code from 400 to 599' })
  .max(599, { error: 'write an HTTP status code from 400 to 599' });
const flag = z.boolean({ error: 'write true or false' });
const list = <T>() => z.custom<readonly T[]>(Array.isArray, { error: 'write an array' });

/** Checks the types of {@link SessionOptions}; what depends on more than one option is checked in {@link normaliseSessionOptions}. */
export const sessionOptionsSchema = z.strictObject({
  accessTokenLifetime: seconds.optional(),
  refreshTokenLifetime: seconds.optional(),
  refreshTokenGracePeriod: secondsOrOff.optional(),
  signingKeyRotationInterval: seconds.optional(),
  signingAlgorithm: z.enum(['ES256', 'RS256'], { error: "write 'ES256' or 'RS256'" }).optional(),
  useDynamicAccessTokenSigningKey: flag.optional(),
  cookieSecure: flag.optional(),
  cookieSameSite: z.enum(['none', 'lax', 'strict'], { error: "write 'none', 'lax' or 'strict'" }).optional(),
  cookieDomain: z.string({ error: "write a domain such as '.acme.com'" }).optional(),
  olderCookieDomain: z.string({ error: "write a domain such as '.acme.com', or '' for none" }).optional(),
  accessTokenPath: z.string({ error: "write a path such as '/'" }).optional(),
  antiCsrf: z
    .enum(['VIA_CUSTOM_HEADER', 'VIA_TOKEN', 'NONE'], { error: "write 'VIA_CUSTOM_HEADER', 'VIA_TOKEN' or 'NONE'" })
    .optional(),
  sessionExpiredStatusCode: statusCode.optional(),
  invalidClaimStatusCode: statusCode.optional(),
  getTokenTransferMethod: z
    .custom<GetTokenTransferMethod>((value) => typeof value === 'function', { error: 'write a function' })
    .optional(),
  exposeAccessTokenToFrontendInCookieBasedAuth: flag.optional(),
  claims: list<SessionClaim>().optional(),
  globalClaimValidators: list<SessionClaimValidator>().optional(),
  expiredSessionRemovalInterval: secondsOrOff.optional(),
  recordDevices: flag.optional(),
  accessTokenCacheSize: z
    .int({ error: 'write a whole number of tokens' })
    .positive({ error: 'write a whole number of tokens greater than 0' })
    .optional(),
});

/**
 * Puts the defaults of contract §3 in their places.
 * @throws ConfigurationError if options contradict each other or the appInfo.
 */
export function normaliseSessionOptions(options: SessionOptions, appInfo: NormalisedAppInfo): SessionConfig {
  const sessionExpiredStatusCode = options.sessionExpiredStatusCode ?? 401;
  const invalidClaimStatusCode = options.invalidClaimStatusCode ?? 403;
  if (sessionExpiredStatusCode === invalidClaimStatusCode) {
    throw new ConfigurationError(
      `session.sessionExpiredStatusCode and session.invalidClaimStatusCode are both ${String(invalidClaimStatusCode)}: write different ones, since the first makes clients refresh.`,
    );
  }
  const accessTokenLifetimeMs = (options.accessTokenLifetime ?? 3600) * 1000;
  const refreshTokenLifetimeMs = (options.refreshTokenLifetime ?? 100 * 24 * 3600) * 1000;
  if (accessTokenLifetimeMs > refreshTokenLifetimeMs) {
    throw new ConfigurationError(
      `session.accessTokenLifetime is longer than session.refreshTokenLifetime (${String(accessTokenLifetimeMs / 1000)} > ${String(refreshTokenLifetimeMs / 1000)} seconds): write a shorter one, so that a session does not end before its access token.`,
    );
  }
  const cookieSecure = options.cookieSecure ?? appInfo.apiDomain.isHttps;
  const getCookieSameSite = (request: HttpRequest | undefined): SameSite =>
    options.cookieSameSite ?? (isSameSite(appInfo, request) ? 'lax' : 'none');
  const assertCookiesWork = (request: HttpRequest | undefined): void => {
    const website = appInfo.getWebsiteDomain(request);
    const bothLocal = appInfo.apiDomain.isLocal && website.isLocal;
    if (getCookieSameSite(request) === 'none' && !cookieSecure && !bothLocal) {
      throw new ConfigurationError(
        `Browsers refuse the session cookies, because ${appInfo.apiDomain.value} and ${website.value} are different sites and the cookies are not secure: write an https appInfo.apiDomain${options.cookieSecure === false ? ' and leave session.cookieSecure out' : ''}.`,
      );
    }
  };
  return {
    accessTokenLifetimeMs,
    refreshTokenLifetimeMs,
    refreshTokenGracePeriodMs: (options.refreshTokenGracePeriod ?? 10) * 1000,
    signingKeyRotationIntervalMs: (options.signingKeyRotationInterval ?? 7 * 24 * 3600) * 1000,
    signingAlgorithm: options.signingAlgorithm ?? 'ES256',
    useDynamicAccessTokenSigningKey: options.useDynamicAccessTokenSigningKey ?? true,
    cookieSecure,
    cookieDomain:
      options.cookieDomain === undefined
        ? undefined
        : normaliseCookieDomain(options.cookieDomain, 'session.cookieDomain', appInfo),
    olderCookieDomain:
      options.olderCookieDomain === undefined || options.olderCookieDomain === ''
        ? options.olderCookieDomain
        : normaliseCookieDomain(options.olderCookieDomain, 'session.olderCookieDomain', appInfo),
    accessTokenPath: normaliseUrlPath(options.accessTokenPath ?? '/', 'session.accessTokenPath'),
    refreshTokenPath: `${appInfo.publicApiBasePath}/session/refresh`,
    sessionExpiredStatusCode,
    invalidClaimStatusCode,
    getTokenTransferMethod: options.getTokenTransferMethod ?? (() => 'any'),
    exposeAccessTokenToFrontendInCookieBasedAuth: options.exposeAccessTokenToFrontendInCookieBasedAuth ?? false,
    claims: options.claims ?? [],
    globalClaimValidators: options.globalClaimValidators ?? [],
    expiredSessionRemovalIntervalMs: (options.expiredSessionRemovalInterval ?? 3600) * 1000,
    recordDevices: options.recordDevices ?? true,
    accessTokenCacheSize: options.accessTokenCacheSize ?? 10_000,
    getCookieSameSite,
    getAntiCsrfMode: (request) =>
      options.antiCsrf ?? (getCookieSameSite(request) === 'none' ? 'VIA_CUSTOM_HEADER' : 'NONE'),
    assertCookiesWork,
  };
}

/** Whether API and website are one site to a browser: the same registrable domain and the same scheme. */
function isSameSite(appInfo: NormalisedAppInfo, request: HttpRequest | undefined): boolean {
  const website = appInfo.getWebsiteDomain(request);
  return website.topLevelDomain === appInfo.apiDomain.topLevelDomain && website.isHttps === appInfo.apiDomain.isHttps;
}

/** Lower case, a leading dot kept, and none for localhost and IP addresses (contract §3). */
function normaliseCookieDomain(value: string, field: string, appInfo: NormalisedAppInfo): string {
  const text = value.trim().toLowerCase();
  const host = text.replace(/^\./, '');
  if (isLocalHost(host)) {
    return host;
  }
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host)) {
    throw new ConfigurationError(`${field} is ${JSON.stringify(value)}: write a domain such as '.acme.com'.`);
  }
  const { host: apiHost } = appInfo.apiDomain;
  if (field === 'session.cookieDomain' && apiHost !== host && !apiHost.endsWith(`.${host}`)) {
    throw new ConfigurationError(
      `${field} is ${JSON.stringify(value)}, which browsers refuse from ${appInfo.apiDomain.value}: write the API's host or a parent domain of it.`,
    );
  }
  return text;
}
