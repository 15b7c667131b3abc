import type { HttpRequest } from '../http/http-request.js';
import { ConfigurationError } from './configuration.error.js';
import { describeValue } from './describe-value.js';
import { normaliseOrigin, type Origin } from './origin.js';
import { normaliseUrlPath, type UrlPath } from './url-path.js';

/** The website's origin, or a function that chooses it by the request. `undefined` stands for work outside a request. */
export type WebsiteOrigin = string | ((request: HttpRequest | undefined) => string);

interface AppInfoBase {
  /** The app's name, as people see it in messages. */
  appName: string;
  /** Where the API is reached, such as `https://api.acme.com`. Only scheme, host and port count. */
  apiDomain: string;
  /**
   * The path below which the auth routes are mounted. It is the whole path: a global prefix of the app is not put before
   * it. Default: `/auth`.
   */
  apiBasePath?: string | undefined;
  /** The path of the website's auth pages. Default: `/auth`. */
  websiteBasePath?: string | undefined;
  /**
   * A path that an API gateway strips before a request reaches the app. It becomes part of the URLs that are handed out,
   * and not of the routes that are mounted. Default: none.
   */
  apiGatewayPath?: string | undefined;
}

/** What the library needs to know about an app (contract §1). */
export type AppInfo = AppInfoBase &
  (
    | {
        /** Where the website is reached, such as `https://acme.com`. Only scheme, host and port count. */
        websiteDomain: string;
        origin?: undefined;
      }
    | {
        /** In the place of `websiteDomain`: the website's origin, or a function that chooses it by the request. */
        origin: WebsiteOrigin;
        websiteDomain?: undefined;
      }
  );

/** An {@link AppInfo} whose values have been checked and brought into one form. */
export interface NormalisedAppInfo {
  readonly appName: string;
  readonly apiDomain: Origin;
  readonly apiBasePath: UrlPath;
  readonly websiteBasePath: UrlPath;
  readonly apiGatewayPath: UrlPath;
  /** `apiGatewayPath` and `apiBasePath`, as a client sees it. */
  readonly publicApiBasePath: UrlPath;
  /** The issuer of the access tokens: `apiDomain` and the public base path. */
  readonly issuer: string;
  /** Whether the website's origin depends on the request. */
  readonly hasDynamicWebsiteDomain: boolean;
  /**
   * The website's origin.
   * @throws ConfigurationError if the app's `origin` function answers something that is no origin.
   */
  readonly getWebsiteDomain: (request: HttpRequest | undefined) => Origin;
}

/** The base path of the routes where the app gives none (contract §1). */
export const DEFAULT_BASE_PATH = '/auth';

const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  'appName',
  'apiDomain',
  'websiteDomain',
  'origin',
  'apiBasePath',
  'websiteBasePath',
  'apiGatewayPath',
]);

/**
 * Checks an app's {@link AppInfo} and brings it into one form.
 * @throws ConfigurationError with one sentence that names the field, the value and what to write instead.
 */
export function normaliseAppInfo(appInfo: AppInfo): NormalisedAppInfo {
  const given: unknown = appInfo;
  if (typeof given !== 'object' || given === null) {
    throw new ConfigurationError(
      `AuthModule needs an appInfo, but got ${String(given)}: write AuthModule.forRoot({ appName, apiDomain, websiteDomain }).`,
    );
  }
  for (const field of Object.keys(given)) {
    if (!KNOWN_FIELDS.has(field)) {
      throw new ConfigurationError(
        `appInfo.${field} is not a field of appInfo: write one of ${[...KNOWN_FIELDS].join(', ')}.`,
      );
    }
  }
  const appName = requireAppName(appInfo.appName);
  const apiDomain = normaliseOrigin(appInfo.apiDomain, 'appInfo.apiDomain', 'https://api.example.com');
  const apiBasePath = normaliseUrlPath(appInfo.apiBasePath ?? DEFAULT_BASE_PATH, 'appInfo.apiBasePath');
  const apiGatewayPath = normaliseUrlPath(appInfo.apiGatewayPath ?? '', 'appInfo.apiGatewayPath');
  const publicApiBasePath = `${apiGatewayPath}${apiBasePath}` as const;
  return {
    appName,
    apiDomain,
    apiBasePath,
    websiteBasePath: normaliseUrlPath(appInfo.websiteBasePath ?? DEFAULT_BASE_PATH, 'appInfo.websiteBasePath'),
    apiGatewayPath,
    publicApiBasePath,
    issuer: `${apiDomain.value}${publicApiBasePath}`,
    ...websiteDomainOf(appInfo),
  };
}

function requireAppName(appName: unknown): string {
  if (typeof appName !== 'string' || appName.trim() === '') {
    throw new ConfigurationError(
      `appInfo.appName is ${describeValue(appName)}: write the name that people know the app by, such as 'Acme'.`,
    );
  }
  return appName;
}

function websiteDomainOf(appInfo: AppInfo): Pick<NormalisedAppInfo, 'hasDynamicWebsiteDomain' | 'getWebsiteDomain'> {
  const given: { origin?: unknown; websiteDomain?: unknown } = appInfo;
  if (given.origin !== undefined && given.websiteDomain !== undefined) {
    throw new ConfigurationError(
      'appInfo has both websiteDomain and origin: write one of them, since they mean the same.',
    );
  }
  const { origin } = appInfo;
  if (typeof origin === 'function') {
    return {
      hasDynamicWebsiteDomain: true,
      getWebsiteDomain: (request) =>
        normaliseOrigin(origin(request), 'The result of appInfo.origin()', EXAMPLE_WEBSITE),
    };
  }
  const websiteDomain =
    origin === undefined
      ? normaliseOrigin(appInfo.websiteDomain, 'appInfo.websiteDomain', EXAMPLE_WEBSITE)
      : normaliseOrigin(origin, 'appInfo.origin', EXAMPLE_WEBSITE);
  return { hasDynamicWebsiteDomain: false, getWebsiteDomain: () => websiteDomain };
}

const EXAMPLE_WEBSITE = 'https://example.com';
