import { getDomain } from 'tldts';
import type { Browser } from './browser.js';

const SIMPLE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST']);
const SIMPLE_HEADERS: ReadonlySet<string> = new Set(['accept', 'accept-language', 'content-language']);
const SIMPLE_CONTENT_TYPES = /^(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)(;|$)/i;
const READABLE_HEADERS: ReadonlySet<string> = new Set([
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
]);

/** What a script is told of everything that goes wrong, whatever it was. */
class NetworkError extends TypeError {
  override readonly name = 'TypeError';

  constructor(why: string) {
    super(`Failed to fetch (${why})`);
  }
}

interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string | undefined;
}

/**
 * Fetches as a page of an origin does.
 * @throws TypeError if the network or CORS stands in the way.
 */
export async function fetchAs(
  browser: Browser,
  page: URL,
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Response> {
  const request = input instanceof Request ? new Request(input, init) : new Request(new URL(input, page), init);
  // Node's requests are of mode cors and credentials same-origin by default, as a browser's.
  const url = new URL(request.url);
  const isSameOrigin = url.origin === page.origin;
  const hasCredentials = request.credentials === 'include' || (request.credentials === 'same-origin' && isSameOrigin);
  const text = await request.text();
  const call: Call = {
    method: request.method.toUpperCase(),
    url,
    headers: new Headers(request.headers),
    body: text === '' ? undefined : text,
  };
  if (!isSameOrigin && needsPreflight(call)) {
    await askPreflight(browser, page, call, hasCredentials);
  }
  if (!isSameOrigin || !SIMPLE_METHODS.has(call.method) || call.method === 'POST') {
    call.headers.set('origin', page.origin);
  }
  const sameSiteContext = isSameSite(page, url) ? ('strict' as const) : ('none' as const);
  if (hasCredentials) {
    const cookie = await browser.jar.getCookieString(url.href, { sameSiteContext });
    if (cookie !== '') {
      call.headers.set('cookie', cookie);
    }
  }
  const response = await transmit(browser, call);
  if (browser.takeLoss(url.pathname)) {
    throw new NetworkError('the connection broke');
  }
  if (hasCredentials) {
    for (const cookie of response.headers.getSetCookie()) {
      await storeCookie(browser, cookie, url, sameSiteContext);
    }
  }
  if (!isSameOrigin) {
    assertAllowed(response, page, hasCredentials);
  }
  return toReadable(response, isSameOrigin);
}

async function storeCookie(
  browser: Browser,
  cookie: string,
  url: URL,
  sameSiteContext: 'strict' | 'none',
): Promise<void> {
  const isSecure = /;\s*secure\b/i.test(cookie);
  const isLocal = url.hostname === 'localhost';
  if ((/;\s*samesite=none/i.test(cookie) && !isSecure) || (isSecure && url.protocol !== 'https:' && !isLocal)) {
    return;
  }
  await browser.jar.setCookie(cookie, url.href, { sameSiteContext, ignoreError: true });
}

function needsPreflight({ method, headers }: Call): boolean {
  return !SIMPLE_METHODS.has(method) || unsafeHeaders(headers).length > 0;
}

function unsafeHeaders(headers: Headers): string[] {
  return [...headers]
    .filter(
      ([name, value]) => !SIMPLE_HEADERS.has(name) && !(name === 'content-type' && SIMPLE_CONTENT_TYPES.test(value)),
    )
    .map(([name]) => name)
    .sort();
}

async function askPreflight(browser: Browser, page: URL, call: Call, hasCredentials: boolean): Promise<void> {
  const asked = unsafeHeaders(call.headers);
  const headers = new Headers({ origin: page.origin, 'access-control-request-method': call.method });
  if (asked.length > 0) {
    headers.set('access-control-request-headers', asked.join(','));
  }
  const answer = await transmit(browser, { method: 'OPTIONS', url: call.url, headers, body: undefined });
  assertAllowed(answer, page, hasCredentials);
  if (!answer.ok) {
    throw new NetworkError(`the preflight was answered with ${String(answer.status)}`);
  }
  // A wildcard is a name like any other where there are credentials.
  const allowedHeaders = readList(answer, 'access-control-allow-headers');
  const refused = asked.filter((name) => !allowedHeaders.includes(name));
  if (refused.length > 0) {
    throw new NetworkError(`the preflight does not allow ${refused.join(', ')}`);
  }
  if (
    !SIMPLE_METHODS.has(call.method) &&
    !readList(answer, 'access-control-allow-methods').includes(call.method.toLowerCase())
  ) {
    throw new NetworkError(`the preflight does not allow ${call.method}`);
  }
}

function assertAllowed({ headers }: Response, page: URL, hasCredentials: boolean): void {
  const origin = headers.get('access-control-allow-origin');
  const isAllowed = hasCredentials
    ? origin === page.origin && headers.get('access-control-allow-credentials') === 'true'
    : origin === page.origin || origin === '*';
  if (!isAllowed) {
    throw new NetworkError(`CORS allows ${String(origin)}`);
  }
}

function toReadable(response: Response, isSameOrigin: boolean): Response {
  const exposed = readList(response, 'access-control-expose-headers');
  const readable = [...response.headers].filter(
    ([name]) => name !== 'set-cookie' && (isSameOrigin || READABLE_HEADERS.has(name) || exposed.includes(name)),
  );
  const hasBody = ![101, 204, 205, 304].includes(response.status);
  return new Response(hasBody ? response.body : null, { status: response.status, headers: readable });
}

async function transmit(browser: Browser, { method, url, headers, body }: Call): Promise<Response> {
  const server = browser.options.network[url.origin];
  if (server === undefined) {
    throw new NetworkError(`nobody listens at ${url.origin}`);
  }
  const response = await fetch(server + url.pathname + url.search, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    redirect: 'manual',
  });
  browser.requests.push({ method, origin: url.origin, path: url.pathname, headers, status: response.status });
  return response;
}

function readList({ headers }: Response, name: string): string[] {
  return (headers.get(name) ?? '').split(',').map((word) => word.trim().toLowerCase());
}

/** Whether two URLs are of one site, by which `SameSite` goes. */
function isSameSite(a: URL, b: URL): boolean {
  const siteOf = ({ hostname }: URL): string => getDomain(hostname, { allowPrivateDomains: true }) ?? hostname;
  return a.protocol === b.protocol && siteOf(a) === siteOf(b);
}
