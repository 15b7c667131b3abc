import { createHash, createHmac, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { facebook, github, google, type ThirdPartyProvider } from 'nestward';

/** A person who has an account at the pretended providers. */
export interface FakePerson {
  /** The id: digits, as all three providers have it. */
  readonly id: string;
  readonly email: string | undefined;
  readonly emailVerified: boolean;
}

/** A request as a provider saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface IssuedCode {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly challenge: string | undefined;
  readonly person: FakePerson;
}

interface IssuedToken {
  readonly clientId: string;
  readonly person: FakePerson;
}

/** What an endpoint answers in the place of the right answer. */
export type Interference = (response: ServerResponse, request: SeenRequest) => void;

export const CLIENT = { clientId: 'our-client', clientSecret: 'our-secret' } as const;

/**
 * The endpoints of Google, GitHub and Facebook that signing in uses, with the answers that their documentation shows:
 * Google's token, userinfo v3, token info and certificates; GitHub's token, `/user`, `/user/emails` and token check;
 * Facebook's token, `/me` and `debug_token`. Codes are good once, for their client, redirect URI and PKCE challenge.
 */
export class FakeProviders {
  readonly seen: SeenRequest[] = [];
  private readonly codes = new Map<string, IssuedCode>();
  private readonly tokens = new Map<string, IssuedToken>();
  private readonly interferences = new Map<string, Interference>();
  private readonly key = generateKeyPairSync('rsa', { modulusLength: 2048 });
  private readonly keyId = randomUUID();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<FakeProviders> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const providers = new FakeProviders(server, `http://127.0.0.1:${String(port)}`);
    server.on('request', (request, response) => {
      void providers.answer(request, response);
    });
    return providers;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** Forgets interferences and what was seen. */
  reset(): void {
    this.interferences.clear();
    this.seen.length = 0;
  }

  /** Lets an endpoint answer something else. */
  interfere(path: string, interference: Interference): void {
    this.interferences.set(path, interference);
  }

  /** What a person comes back with after a yes, for the authorisation URL that the app made. */
  approve(authorisationUrl: string, person: FakePerson): string {
    const query = new URL(authorisationUrl).searchParams;
    return this.issueCode({
      clientId: query.get('client_id') ?? '',
      redirectUri: query.get('redirect_uri') ?? '',
      challenge: query.get('code_challenge') ?? undefined,
      person,
    });
  }

  issueCode(issued: IssuedCode): string {
    const code = randomUUID();
    this.codes.set(code, issued);
    return code;
  }

  issueToken(clientId: string, person: FakePerson): string {
    const token = `token-${randomUUID()}`;
    this.tokens.set(token, { clientId, person });
    return token;
  }

  /** An ID token as Google makes it, or one with other claims, header or key. */
  issueIdToken(
    person: FakePerson,
    other: { readonly claims?: object; readonly header?: object; readonly key?: KeyObject } = {},
  ): string {
    const now = Math.floor(Date.now() / 1000);
    const header = { alg: 'RS256', kid: this.keyId, typ: 'JWT', ...other.header };
    const claims = {
      iss: 'https://accounts.google.com',
      aud: CLIENT.clientId,
      azp: CLIENT.clientId,
      sub: person.id,
      ...(person.email === undefined ? {} : { email: person.email, email_verified: person.emailVerified }),
      iat: now,
      exp: now + 3600,
      ...other.claims,
    };
    const content = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const signature = sign('sha256', Buffer.from(content), other.key ?? this.key.privateKey).toString('base64url');
    return `${content}.${signature}`;
  }

  /** The real providers, at these addresses. */
  all(client: { clientId: string; clientSecret: string } = CLIENT): ThirdPartyProvider[] {
    return [this.google(client), this.github(client), this.facebook(client)];
  }

  google(client: { clientId: string; clientSecret: string } = CLIENT): ThirdPartyProvider {
    return google({ ...client, ...this.googleUrls });
  }

  get googleUrls(): {
    authorizationURL: string;
    tokenURL: string;
    userProfileURL: string;
    tokenInfoURL: string;
    jwksURL: string;
  } {
    return {
      authorizationURL: `${this.url}/google/auth`,
      tokenURL: `${this.url}/google/token`,
      userProfileURL: `${this.url}/google/oauth2/v3/userinfo`,
      tokenInfoURL: `${this.url}/google/tokeninfo`,
      jwksURL: `${this.url}/google/certs`,
    };
  }

  github(client: { clientId: string; clientSecret: string } = CLIENT): ThirdPartyProvider {
    return github({
      ...client,
      authorizationURL: `${this.url}/github/login/oauth/authorize`,
      tokenURL: `${this.url}/github/login/oauth/access_token`,
      userProfileURL: `${this.url}/github/user`,
      userEmailURL: `${this.url}/github/user/emails`,
      applicationsURL: `${this.url}/github/applications`,
    });
  }

  facebook(client: { clientId: string; clientSecret: string } = CLIENT): ThirdPartyProvider {
    return facebook({
      ...client,
      authorizationURL: `${this.url}/facebook/dialog/oauth`,
      tokenURL: `${this.url}/facebook/oauth/access_token`,
      profileURL: `${this.url}/facebook/me`,
      debugTokenURL: `${this.url}/facebook/debug_token`,
    });
  }

  private async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) {
      chunks.push(chunk as Buffer);
    }
    const url = new URL(incoming.url ?? '/', this.url);
    const request: SeenRequest = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString(),
    };
    this.seen.push(request);
    const interference = this.interferences.get(request.path);
    if (interference !== undefined) {
      interference(response, request);
      return;
    }
    this.route(request, response);
  }

  private route(request: SeenRequest, response: ServerResponse): void {
    switch (`${request.method} ${request.path}`) {
      case 'GET /google/auth':
      case 'GET /github/login/oauth/authorize':
      case 'GET /facebook/dialog/oauth':
        this.askForConsent(request, response);
        return;
      case 'POST /google/token':
        this.exchange(request, response, (token, person) => ({
          status: 200,
          body: {
            access_token: token,
            expires_in: 3599,
            scope: 'openid https://www.googleapis.com/auth/userinfo.email',
            token_type: 'Bearer',
            id_token: this.issueIdToken(person),
          },
        }));
        return;
      case 'GET /google/oauth2/v3/userinfo':
        this.withBearer(request, response, ({ person }) => ({
          sub: person.id,
          picture: 'https://lh3.googleusercontent.com/a/default',
          ...(person.email === undefined ? {} : { email: person.email, email_verified: person.emailVerified }),
        }));
        return;
      case 'POST /google/tokeninfo':
        this.describeGoogleToken(request, response);
        return;
      case 'GET /google/certs':
        send(response, 200, {
          keys: [{ ...this.key.publicKey.export({ format: 'jwk' }), kid: this.keyId, alg: 'RS256', use: 'sig' }],
        });
        return;
      case 'POST /github/login/oauth/access_token':
        this.exchangeAtGithub(request, response);
        return;
      case 'GET /github/user':
        this.withBearer(request, response, ({ person }) => ({
          login: `user${person.id}`,
          id: Number(person.id),
          node_id: 'MDQ6VXNlcjE=',
          type: 'User',
          name: null,
          // The address of the public profile, which is not the one that counts.
          email: 'public@example.com',
        }));
        return;
      case 'GET /github/user/emails':
        this.withBearer(request, response, ({ person }) =>
          person.email === undefined
            ? []
            : [
                { email: 'other@example.com', primary: false, verified: true, visibility: null },
                { email: person.email, primary: true, verified: person.emailVerified, visibility: 'private' },
              ],
        );
        return;
      case 'GET /facebook/oauth/access_token':
      case 'POST /facebook/oauth/access_token':
        this.exchange(request, response, (token) => ({
          status: 200,
          body: { access_token: token, token_type: 'bearer', expires_in: 5_180_000 },
        }));
        return;
      case 'GET /facebook/me':
        this.describeFacebookPerson(request, response);
        return;
      case 'GET /facebook/debug_token':
        this.debugFacebookToken(request, response);
        return;
      default:
        if (request.method === 'POST' && /^\/github\/applications\/[^/]+\/token$/.test(request.path)) {
          this.checkGithubToken(request, response);
          return;
        }
        send(response, 404, { message: 'Not Found' });
    }
  }

  /** A page with two links, as a person would see it. The person is in the cookie `person`, as JSON. */
  private askForConsent(request: SeenRequest, response: ServerResponse): void {
    const back = (parameters: Record<string, string>): string => {
      const url = new URL(request.query.get('redirect_uri') ?? '');
      const state = request.query.get('state');
      for (const [name, value] of Object.entries({ ...parameters, ...(state === null ? {} : { state }) })) {
        url.searchParams.set(name, value);
      }
      return url.href.replaceAll('&', '&amp;');
    };
    const cookie = /person=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
    const person = JSON.parse(decodeURIComponent(cookie ?? 'null')) as FakePerson | null;
    const code = this.approve(
      new URL(`?${request.query.toString()}`, this.url).href,
      person ?? { id: '1', email: 'ada@example.com', emailVerified: true },
    );
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(
      `<!doctype html><title>Consent</title><a href="${back({ code })}">Allow</a> <a href="${back({ error: 'access_denied', error_description: 'The user denied the request' })}">Cancel</a>`,
    );
  }

  /** RFC 6749 §4.1.3, with RFC 7636 §4.6. */
  private exchange(
    request: SeenRequest,
    response: ServerResponse,
    success: (token: string, person: FakePerson) => { status: number; body: object },
  ): void {
    const issued = this.redeem(request);
    if (typeof issued === 'string') {
      send(response, issued === 'invalid_client' ? 401 : 400, { error: issued, error_description: 'Bad Request' });
      return;
    }
    const { status, body } = success(this.issueToken(issued.clientId, issued.person), issued.person);
    send(response, status, body);
  }

  private redeem(request: SeenRequest): IssuedCode | 'invalid_client' | 'invalid_grant' {
    const form = new URLSearchParams(request.body);
    if (form.get('client_id') !== CLIENT.clientId || form.get('client_secret') !== CLIENT.clientSecret) {
      return 'invalid_client';
    }
    const code = form.get('code') ?? '';
    const issued = this.codes.get(code);
    this.codes.delete(code);
    const verifier = form.get('code_verifier');
    const isBound = issued?.challenge === (verifier === null ? undefined : sha256(verifier));
    return issued?.clientId !== form.get('client_id') || issued.redirectUri !== form.get('redirect_uri') || !isBound
      ? 'invalid_grant'
      : issued;
  }

  /** GitHub says everything with a status of 200, as a form. */
  private exchangeAtGithub(request: SeenRequest, response: ServerResponse): void {
    const issued = this.redeem(request);
    response.setHeader('content-type', 'application/x-www-form-urlencoded; charset=utf-8');
    response.end(
      typeof issued === 'string'
        ? new URLSearchParams({
            error: issued === 'invalid_client' ? 'incorrect_client_credentials' : 'bad_verification_code',
            error_description: 'The code passed is incorrect or expired.',
            error_uri: 'https://docs.github.com/',
          }).toString()
        : new URLSearchParams({
            access_token: this.issueToken(issued.clientId, issued.person),
            scope: 'read:user,user:email',
            token_type: 'bearer',
          }).toString(),
    );
  }

  private withBearer(request: SeenRequest, response: ServerResponse, describe: (token: IssuedToken) => unknown): void {
    const token = this.tokens.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '');
    if (token === undefined) {
      send(response, 401, {
        error: 'invalid_request',
        error_description: 'Invalid Credentials',
        message: 'Bad credentials',
      });
      return;
    }
    send(response, 200, describe(token));
  }

  private describeGoogleToken(request: SeenRequest, response: ServerResponse): void {
    const token = this.tokens.get(new URLSearchParams(request.body).get('access_token') ?? '');
    if (token === undefined) {
      send(response, 400, { error: 'invalid_token', error_description: 'Invalid Value' });
      return;
    }
    const { clientId, person } = token;
    send(response, 200, {
      azp: clientId,
      aud: clientId,
      sub: person.id,
      scope: 'openid https://www.googleapis.com/auth/userinfo.email',
      exp: String(Math.floor(Date.now() / 1000) + 3599),
      expires_in: '3599',
      email: person.email,
      email_verified: String(person.emailVerified),
      access_type: 'online',
    });
  }

  private checkGithubToken(request: SeenRequest, response: ServerResponse): void {
    const credentials = `Basic ${Buffer.from(`${CLIENT.clientId}:${CLIENT.clientSecret}`).toString('base64')}`;
    const { access_token: accessToken } = JSON.parse(request.body) as { access_token: string };
    const token = this.tokens.get(accessToken);
    const clientId = request.path.split('/')[3];
    if (request.headers.authorization !== credentials || token === undefined || token.clientId !== clientId) {
      send(response, 404, { message: 'Not Found', documentation_url: 'https://docs.github.com/rest' });
      return;
    }
    send(response, 200, {
      id: 1,
      url: 'https://api.github.com/authorizations/1',
      token: accessToken,
      app: { name: 'Our app', url: 'http://our.app', client_id: clientId },
      scopes: ['read:user', 'user:email'],
      user: { login: `user${token.person.id}`, id: Number(token.person.id) },
    });
  }

  private describeFacebookPerson(request: SeenRequest, response: ServerResponse): void {
    const accessToken = request.query.get('access_token') ?? '';
    const token = this.tokens.get(accessToken);
    const proof = createHmac('sha256', CLIENT.clientSecret).update(accessToken).digest('hex');
    if (token === undefined || request.query.get('appsecret_proof') !== proof) {
      send(response, 400, {
        error: { message: 'Invalid OAuth access token.', type: 'OAuthException', code: 190, fbtrace_id: 'A' },
      });
      return;
    }
    const { id, email } = token.person;
    send(response, 200, { id, ...(email === undefined ? {} : { email }) });
  }

  private debugFacebookToken(request: SeenRequest, response: ServerResponse): void {
    const token = this.tokens.get(request.query.get('input_token') ?? '');
    if (request.query.get('access_token') !== `${CLIENT.clientId}|${CLIENT.clientSecret}`) {
      send(response, 400, { error: { message: 'Invalid access token.', type: 'OAuthException', code: 190 } });
      return;
    }
    send(response, 200, {
      data:
        token === undefined
          ? { error: { code: 190, message: 'Malformed access token' }, is_valid: false, scopes: [] }
          : { app_id: token.clientId, type: 'USER', is_valid: true, scopes: ['email'], user_id: token.person.id },
    });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(body));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
