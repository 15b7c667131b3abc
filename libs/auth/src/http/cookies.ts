import { serialize, type SerializeOptions } from 'cookie';
import { getHeader, type HttpRequest } from './http-request.js';
import { getHeaderValues, setHeader, type HttpResponse } from './http-response.js';

/** When and where a browser sends a cookie. */
export interface CookieOptions {
  readonly path: string;
  readonly domain: string | undefined;
  readonly secure: boolean;
  readonly sameSite: 'none' | 'lax' | 'strict';
  /** When the browser forgets it, in milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** The names of all request cookies, in the order in which the client sent them. */
export function getCookieNames(request: HttpRequest): string[] {
  const pairs = getHeader(request, 'cookie')?.split(';') ?? [];
  return pairs.map((pair) => pair.split('=', 1)[0]?.trim() ?? '').filter((name) => name !== '');
}

/** The values of all request cookies of a name, in the order in which the client sent them. */
export function getCookieValues(request: HttpRequest, name: string): string[] {
  const header = getHeader(request, 'cookie');
  if (header?.includes(name) !== true) {
    return [];
  }
  const values: string[] = [];
  for (const pair of header.split(';')) {
    const separator = pair.indexOf('=');
    if (separator !== -1 && pair.slice(0, separator).trim() === name) {
      values.push(decode(pair.slice(separator + 1).trim()));
    }
  }
  return values;
}

function decode(value: string): string {
  const unquoted = value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value;
  if (!unquoted.includes('%')) {
    return unquoted;
  }
  try {
    return decodeURIComponent(unquoted);
  } catch {
    return unquoted;
  }
}

/**
 * Sets an HttpOnly cookie on a response. One that the response sets already with the same name, path and domain gives way,
 * so that the browser never sees two answers to one question.
 */
export function setCookie(response: HttpResponse, name: string, value: string, options: CookieOptions): void {
  const cookie = serialize(name, value, toSerializeOptions(options));
  const identity = identityOf(cookie);
  const others = getHeaderValues(response, 'set-cookie').filter((present) => identityOf(present) !== identity);
  setHeader(response, 'set-cookie', [...others, cookie]);
}

function toSerializeOptions({ path, domain, secure, sameSite, expiresAt }: CookieOptions): SerializeOptions {
  return {
    path,
    secure,
    sameSite,
    httpOnly: true,
    expires: new Date(expiresAt),
    ...(domain === undefined ? {} : { domain }),
  };
}

/** What makes two cookies the same one to a browser: name, domain and path (RFC 6265 §5.3). */
function identityOf(setCookieHeader: string): string {
  const [pair = '', ...attributes] = setCookieHeader.split(';').map((part) => part.trim());
  const place = attributes.filter((attribute) => /^(domain|path)=/i.test(attribute)).sort();
  return [pair.slice(0, pair.indexOf('=')), ...place].join(';').toLowerCase();
}
