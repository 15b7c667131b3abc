import { BadInputException } from '../http/auth.exception.js';

/**
 * Checks the page that a person wants to see after signing in: a path of the website, with its query and fragment, and
 * nothing that a browser could take for another site's address.
 *
 * @param value what the client gives; nothing stands for `/`.
 * @param websiteOrigin such as `https://acme.com`.
 * @throws BadInputException if it leads away from the website.
 */
export function readReturnPath(value: unknown, websiteOrigin: string): string {
  if (value === undefined || value === '') {
    return '/';
  }
  if (typeof value === 'string' && /^\/(?![/\\])[^\\\p{Cc}]*$/u.test(value) && value.length <= MAX_RETURN_PATH_LENGTH) {
    const url = new URL(value, websiteOrigin);
    // Once more on what a browser would make of it: `/.//host` has become `//host` here.
    const path = `${url.pathname}${url.search}${url.hash}`;
    // It grows where characters are percent-encoded.
    if (url.origin === websiteOrigin && !path.startsWith('//') && path.length <= MAX_RETURN_PATH_LENGTH) {
      return path;
    }
  }
  throw new BadInputException("The query parameter 'redirectToPath' must be a path of the website, such as '/account'");
}

/** In characters. It travels in a cookie, whose length browsers limit (RFC 6265bis §5.6). */
export const MAX_RETURN_PATH_LENGTH = 1024;
