/** Cheap enough for a test, and otherwise hashing like any other. */
export const CHEAP_HASHING = { memoryCost: 64, timeCost: 1, parallelism: 1 };

/** What a server answered to a test. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

/** Sends what the tests of this folder send: JSON, unless the headers say otherwise. */
export async function post(
  url: string,
  body: string | Uint8Array | object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  return read(
    await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: isRaw ? body : JSON.stringify(body),
    }),
  );
}

export async function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return read(await fetch(url, { headers }));
}

/** The body of a sign-up or a sign-in (contract §5). */
export function form(fields: Readonly<Record<string, unknown>>): object {
  return {
    formFields: Object.entries(fields).map(([id, value]) => ({ id, value })),
  };
}

/** Whose session an answer creates, by the header that browsers read (contract §2); undefined if none. */
export function getSessionUserId({ headers }: Answer): string | undefined {
  const frontToken = headers.get('front-token');
  if (frontToken === null || headers.get('st-access-token') === null || headers.get('st-refresh-token') === null) {
    return undefined;
  }
  const { uid }: { uid: string } = JSON.parse(Buffer.from(frontToken, 'base64').toString());
  return uid;
}

/** The id of the user that an answer is about. */
export function getUserId({ body }: Answer): string {
  const { user }: { user: { id: string } } = JSON.parse(JSON.stringify(body));
  return user.id;
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const body: unknown = isJson ? JSON.parse(text) : text;
  return { status: response.status, body, headers: response.headers };
}
