import { setHeader, type HttpResponse } from '../http/http-response.js';

/** What a page may load besides its own files. */
export interface ContentSources {
  /** Of this one answer: base64url. */
  readonly nonce: string;
  /** The API's origin where it is another one than the website's. */
  readonly apiOrigin: string | undefined;
  /** The logo's origin where it is another one than the website's. */
  readonly imageOrigin: string | undefined;
}

/**
 * The headers of every page, beside its Content-Security-Policy. `docs/security-headers.md` says why; a test compares. A
 * middleware such as helmet may have set some of them: these stand in their place.
 */
const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Sets the headers of a page. */
export function setPageHeaders(response: HttpResponse, sources: ContentSources): void {
  for (const [name, value] of Object.entries(HEADERS)) {
    setHeader(response, name, value);
  }
  setHeader(response, 'content-security-policy', createContentSecurityPolicy(sources));
  setHeader(response, 'content-type', 'text/html; charset=utf-8');
}

/** Sets what a redirect between pages needs: its address may have a token in it. */
export function setRedirectHeaders(response: HttpResponse): void {
  setHeader(response, 'cache-control', 'no-store');
  setHeader(response, 'referrer-policy', 'no-referrer');
}

function createContentSecurityPolicy({ nonce, apiOrigin, imageOrigin }: ContentSources): string {
  const directives: readonly (readonly [string, ...(string | undefined)[]])[] = [
    ['default-src', "'none'"],
    // What a script with the nonce imports is trusted with it.
    ['script-src', `'nonce-${nonce}'`, "'strict-dynamic'"],
    ['style-src', `'nonce-${nonce}'`],
    ['img-src', "'self'", imageOrigin],
    ['connect-src', "'self'", apiOrigin],
    ['form-action', "'self'"],
    ['base-uri', "'none'"],
    ['frame-ancestors', "'none'"],
  ];
  return directives.map((directive) => directive.filter((part) => part !== undefined).join(' ')).join('; ');
}
