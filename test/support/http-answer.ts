/** A cookie that an answer sets. Attribute names are lower case. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  readonly attributes: Readonly<Record<string, string | true>>;
}

/** What a server answered to a test. */
export interface HttpAnswer {
  readonly status: number;
  /** Parsed where it is JSON. */
  readonly body: unknown;
  readonly headers: Headers;
  readonly cookies: readonly SetCookie[];
}

/** How a request differs from a plain `GET`. */
export interface HttpRequestInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is a string. */
  readonly body?: unknown;
}

/** Sends one request, without any memory of others. */
export async function send(url: string, { method, headers, body }: HttpRequestInit = {}): Promise<HttpAnswer> {
  const response = await fetch(url, {
    ...(method === undefined ? {} : { method }),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    redirect: 'manual',
  });
  const text = await response.text();
  const isJson = text !== '' && response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    body: isJson ? (JSON.parse(text) as unknown) : text,
    headers: response.headers,
    cookies: response.headers.getSetCookie().map(parseSetCookie),
  };
}

/** The cookies of a name that an answer sets. */
export function findCookies({ cookies }: HttpAnswer, name: string): SetCookie[] {
  return cookies.filter((cookie) => cookie.name === name);
}

/** The one cookie of a name that an answer sets. @throws if there is another number of them. */
export function getCookie(answer: HttpAnswer, name: string): SetCookie {
  const [cookie, ...others] = findCookies(answer, name);
  if (cookie === undefined || others.length > 0) {
    throw new Error(`The answer sets ${String(others.length + (cookie ? 1 : 0))} cookies of the name ${name}`);
  }
  return cookie;
}

/** The words of a comma-separated header, in lower case. */
export function getWords({ headers }: HttpAnswer, name: string): string[] {
  const words = headers.get(name)?.split(',') ?? [];
  return words.map((word) => word.trim().toLowerCase()).filter((word) => word !== '');
}

function parseSetCookie(header: string): SetCookie {
  const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
  const separator = pair.indexOf('=');
  return {
    name: pair.slice(0, separator),
    value: pair.slice(separator + 1),
    attributes: Object.fromEntries(
      attributes.map((attribute): [string, string | true] => {
        const [name = '', ...value] = attribute.split('=');
        return [name.toLowerCase(), value.length === 0 ? true : value.join('=')];
      }),
    ),
  };
}
