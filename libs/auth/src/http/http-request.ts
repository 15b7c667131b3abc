import type { IncomingHttpHeaders } from 'node:http';

/** What the library reads of a request. Express's and Fastify's requests fit, and so does Node's own. */
export interface HttpRequest {
  readonly headers: IncomingHttpHeaders;
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Where it comes from, as the framework says with the proxies that the app trusts; Node's own requests do not have it. */
  readonly ip?: string | undefined;
}

/** A request header. Where a client sent it more than once, Node has joined it, or the first one counts. */
export function getHeader(request: HttpRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : value?.[0];
}
