import { ConfigurationError } from './configuration.error.js';
import { describeValue } from './describe-value.js';

/** A URL path with a leading and without a trailing slash; the root is the empty string. */
export type UrlPath = '' | `/${string}`;

const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9._~-]+$/;

/**
 * Brings what a person writes for a base path into one form (contract §1): a leading slash is added, a trailing one
 * dropped, and `/` or nothing means the root.
 *
 * @param field names the value in the error, such as `appInfo.apiBasePath`.
 * @throws ConfigurationError if it is no path, or has characters that mean something else in a route.
 */
export function normaliseUrlPath(value: unknown, field: string): UrlPath {
  if (typeof value !== 'string') {
    throw new ConfigurationError(`${field} is ${describeValue(value)}: write a path such as '/auth'.`);
  }
  const segments = value
    .trim()
    .split('/')
    .filter((segment) => segment !== '');
  if (!segments.every((segment) => SEGMENT.test(segment))) {
    throw new ConfigurationError(
      `${field} is ${JSON.stringify(value)}: write a path such as '/auth', of letters, digits, '-', '.', '_' and '~' only.`,
    );
  }
  return segments.length === 0 ? '' : `/${segments.join('/')}`;
}
