import { findCookies, send, type HttpAnswer, type HttpRequestInit } from './http-answer.js';

/** The front token's content (contract §2). */
export interface FrontToken {
  readonly uid: string;
  readonly ate: number;
  readonly up: Readonly<Record<string, unknown>>;
}

/** Reads a front token as the browser SDK does. */
export function parseFrontToken(frontToken: string | null): FrontToken {
  return JSON.parse(Buffer.from(frontToken ?? '', 'base64').toString('utf8')) as FrontToken;
}

/** The claims of a JWT, without any check. */
export function decodeClaims(token: string): Readonly<Record<string, unknown>> & { readonly sessionHandle: string } {
  return decodeSegment(token, 1) as Readonly<Record<string, unknown>> & { readonly sessionHandle: string };
}

/** The header of a JWT, without any check. */
export function decodeHeader(token: string): Readonly<Record<string, unknown>> & { readonly kid: string } {
  return decodeSegment(token, 0) as Readonly<Record<string, unknown>> & { readonly kid: string };
}

function decodeSegment(token: string, index: number): unknown {
  return JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());
}

/** What a client holds of a session. */
export interface HeldTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly antiCsrf: string;
}

/**
 * A client that keeps a session's tokens as a browser (`cookie`) or a mobile app (`header`) does, and that a test can hand
 * other tokens.
 */
export class SessionClient implements HeldTokens {
  accessToken = '';
  refreshToken = '';
  antiCsrf = '';
  frontToken = '';

  constructor(
    readonly url: string,
    readonly mode: 'cookie' | 'header' = 'header',
  ) {}

  /** Creates a session by the route of `SessionTestController`. */
  async signIn(userId = 'user-1', body: Readonly<Record<string, unknown>> = {}): Promise<HttpAnswer> {
    const answer = await send(`${this.url}/login`, {
      method: 'POST',
      headers: { 'st-auth-mode': this.mode },
      body: { userId, ...body },
    });
    this.take(answer);
    return answer;
  }

  /** Sends a request with the access token. Tokens in the answer replace the held ones. */
  async request(path: string, init: HttpRequestInit = {}): Promise<HttpAnswer> {
    const answer = await send(this.url + path, {
      ...init,
      headers: { ...this.headersWith('access'), ...init.headers },
    });
    this.take(answer);
    return answer;
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    return this.request(path, { headers });
  }

  async post(path: string, headers: Readonly<Record<string, string>> = {}, body: unknown = {}): Promise<HttpAnswer> {
    return this.request(path, { method: 'POST', headers, body });
  }

  async refresh(headers: Readonly<Record<string, string>> = {}, path = '/auth/session/refresh'): Promise<HttpAnswer> {
    const answer = await send(this.url + path, {
      method: 'POST',
      headers: { ...this.headersWith('refresh'), ...headers },
    });
    this.take(answer);
    return answer;
  }

  async signOut(): Promise<HttpAnswer> {
    return this.request('/auth/signout', { method: 'POST' });
  }

  /** Another holder of the same tokens. */
  copy(): SessionClient {
    const copy = new SessionClient(this.url, this.mode);
    copy.hold(this);
    return copy;
  }

  hold({ accessToken, refreshToken, antiCsrf }: HeldTokens): void {
    this.accessToken = accessToken;
    this.refreshToken = refreshToken;
    this.antiCsrf = antiCsrf;
  }

  get sessionHandle(): string {
    return decodeClaims(this.accessToken).sessionHandle;
  }

  /** The headers that carry the tokens of a request. */
  headersWith(kind: 'access' | 'refresh'): Record<string, string> {
    const token = kind === 'access' ? this.accessToken : this.refreshToken;
    if (this.mode === 'header') {
      return token === '' ? {} : { authorization: `Bearer ${token}` };
    }
    const cookies = [
      ...(this.accessToken === '' ? [] : [`sAccessToken=${this.accessToken}`]),
      ...(kind === 'access' || token === '' ? [] : [`sRefreshToken=${token}`]),
    ];
    return cookies.length === 0 ? {} : { cookie: cookies.join('; ') };
  }

  private take(answer: HttpAnswer): void {
    const { headers } = answer;
    const read = (header: string, cookie: string, held: string): string =>
      this.mode === 'header' ? (headers.get(header) ?? held) : (findCookies(answer, cookie).at(-1)?.value ?? held);
    this.accessToken = read('st-access-token', 'sAccessToken', this.accessToken);
    this.refreshToken = read('st-refresh-token', 'sRefreshToken', this.refreshToken);
    this.antiCsrf = headers.get('anti-csrf') ?? this.antiCsrf;
    this.frontToken = headers.get('front-token') ?? this.frontToken;
  }
}
