/** One value of a Set-Cookie header. */
export interface ReceivedCookie {
  readonly name: string;
  readonly value: string;
  /** In lower case, without the leading space; a flag has an empty value. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** What to send besides the client's own cookies. */
export interface CookieRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * A client that keeps cookies by name and sends all of them, whatever their path: what a browser would send where, is the
 * browser's part, and the tests in Chromium have it.
 */
export class CookieClient {
  readonly cookies = new Map<string, string>();

  constructor(private readonly url: string) {}

  async signUp(email = 'ada@example.com', headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.send('/auth/signup', {
      headers: { 'st-auth-mode': 'cookie', ...headers },
      body: {
        formFields: [
          { id: 'email', value: email },
          { id: 'password', value: 'password1' },
        ],
      },
    });
  }

  async refresh(headers: Readonly<Record<string, string>> = { rid: 'session' }): Promise<Response> {
    return this.send('/auth/session/refresh', { method: 'POST', headers });
  }

  async send(path: string, { method, headers = {}, body }: CookieRequest = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(this.url + path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(cookie === '' ? {} : { cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const { name, value, attributes } of readCookies(response)) {
      if (Date.parse(attributes.get('expires') ?? '') <= 0) {
        this.cookies.delete(name);
      } else {
        this.cookies.set(name, value);
      }
    }
    return response;
  }
}

/** The cookies that an answer sets. */
export function readCookies(response: Response): ReceivedCookie[] {
  return response.headers.getSetCookie().map((header) => {
    const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
    const separator = pair.indexOf('=');
    return {
      name: pair.slice(0, separator),
      value: pair.slice(separator + 1),
      attributes: new Map(
        attributes.map((attribute): [string, string] => {
          const [name = '', value = ''] = attribute.split('=');
          return [name.toLowerCase(), value];
        }),
      ),
    };
  });
}

/** What a browser's script reads of a session. */
export interface FrontToken {
  readonly uid: string;
  readonly ate: number;
  readonly up: Readonly<Record<string, unknown>>;
}

export function readFrontToken(response: Response): FrontToken | undefined {
  const header = response.headers.get('front-token');
  return header === null || header === 'remove'
    ? undefined
    : (JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as FrontToken);
}

/** The headers that an answer lets scripts of another origin read. */
export function readExposedHeaders(response: Response): string[] {
  return (response.headers.get('access-control-expose-headers') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
