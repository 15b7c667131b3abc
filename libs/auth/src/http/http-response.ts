/** A header's value as Node keeps it. */
type HeaderValue = string | number | readonly string[] | undefined;

/** Express's response, or Node's own. */
interface NodeResponse {
  getHeader(name: string): HeaderValue;
  setHeader(name: string, value: string | readonly string[]): unknown;
  removeHeader(name: string): unknown;
}

/** Fastify's reply. */
interface FastifyResponse {
  getHeader(name: string): HeaderValue;
  header(name: string, value: string | readonly string[]): unknown;
  removeHeader(name: string): unknown;
  readonly raw: object;
}

/** What the library writes of a response. Express's response and Fastify's reply fit, and so does Node's own response. */
export type HttpResponse = NodeResponse | FastifyResponse;

/** Sets a response header, in the place of one of that name. */
export function setHeader(response: HttpResponse, name: string, value: string | readonly string[]): void {
  if ('setHeader' in response) {
    response.setHeader(name, value);
    return;
  }
  // Fastify adds to `set-cookie` where it replaces any other header.
  response.removeHeader(name);
  response.header(name, value);
}

/** Adds words to a comma-separated response header, each only once, and keeps what the app put there. */
export function appendToHeader(response: HttpResponse, name: string, words: readonly string[]): void {
  const [onlyWord] = words;
  if (words.length === 1 && onlyWord !== undefined && response.getHeader(name) === undefined) {
    setHeader(response, name, onlyWord);
    return;
  }
  const present = getHeaderValues(response, name).flatMap((value) => value.split(','));
  const merged = new Map<string, string>();
  for (const word of [...present, ...words]) {
    const trimmed = word.trim();
    if (trimmed !== '' && !merged.has(trimmed.toLowerCase())) {
      merged.set(trimmed.toLowerCase(), trimmed);
    }
  }
  setHeader(response, name, [...merged.values()].join(', '));
}

/** The values of a response header that has been set so far. */
export function getHeaderValues(response: HttpResponse, name: string): string[] {
  const value = response.getHeader(name);
  if (value === undefined) {
    return [];
  }
  return typeof value === 'object' ? [...value] : [String(value)];
}
