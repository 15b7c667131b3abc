import { connect } from 'node:net';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { CookieClient } from '../support/cookie-client.js';
import { ProbeController } from './probe.controller.js';

/** Sends bytes as they are, since clients refuse to send some of these. @returns the status of the first answer. */
async function sendRaw(url: string, request: string | Buffer): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(answer) ?? [];
      if (status !== undefined) {
        socket.destroy();
        resolve(Number(status));
      }
    });
    socket.on('error', reject);
    socket.on('close', () => {
      reject(new Error(`No answer: ${answer}`));
    });
    socket.write(request);
  });
}

const rawRequest = (method: string, path: string, headers: readonly string[], body = ''): Buffer =>
  Buffer.from(
    [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers, '', body].join('\r\n'),
    'latin1',
  );

describe('bad input to sessions', () => {
  let test: TestApp;
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => {
    rejections.push(reason);
  };

  beforeAll(async () => {
    process.on('unhandledRejection', onRejection);
    test = await startTestApp({ controllers: [ProbeController] });
  });

  afterAll(async () => {
    await test.close();
    process.off('unhandledRejection', onRejection);
  });

  afterEach(() => {
    expect(rejections).toEqual([]);
  });

  const tokens: readonly (readonly [string, string])[] = [
    ['empty', ''],
    ['spaces', '   '],
    ['one dot', 'a.b'],
    ['many dots', 'a.b.c.d'],
    ['only dots', '..'],
    ['not base64', '§.§.§'],
    ['a header that is no JSON', 'YWJj.YWJj.YWJj'],
    ['a header that is null', 'bnVsbA.bnVsbA.'],
    ['a header that is a list', 'W10.W10.W10'],
    [
      '__proto__ in the claims',
      jwt({ alg: 'ES256', typ: 'JWT', version: '5', kid: 'd-x' }, '{"__proto__":{"sub":"x"}}'),
    ],
    [
      'claims of wrong types',
      jwt({ alg: 'ES256', typ: 'JWT', version: '5', kid: 'd-x' }, claims({ exp: '9999999999' })),
    ],
    ['no signature', jwt({ alg: 'ES256', typ: 'JWT', version: '5', kid: 'd-x' }, claims({}))],
    ['alg none', jwt({ alg: 'none', typ: 'JWT', version: '5', kid: 'd-x' }, claims({}))],
    ['a long one', 'a'.repeat(12_000)],
    ['a deeply nested one', jwt({ alg: 'ES256', typ: 'JWT', version: '5', kid: 'd-x' }, '['.repeat(5000))],
  ];

  it.each(tokens)('a bearer token and a cookie: %s', async (_name, token) => {
    for (const header of [`Authorization: Bearer ${token}`, `Cookie: sAccessToken=${token}`]) {
      expect(await sendRaw(test.url, rawRequest('GET', '/me', [header]))).toBe(401);
    }
    for (const header of [`Authorization: Bearer ${token}`, `Cookie: sRefreshToken=${token}`]) {
      const request = rawRequest('POST', '/auth/session/refresh', [header, 'Content-Length: 0']);
      expect(await sendRaw(test.url, request)).toBe(401);
    }
  });

  it('a bearer token of a million characters is refused by the server itself', async () => {
    const request = rawRequest('GET', '/me', [`Authorization: Bearer ${'a'.repeat(1_000_000)}`]);
    expect(await sendRaw(test.url, request)).toBe(431);
  });

  it.each([
    ['binary cookies', ['Cookie: sAccessToken=\x80\xff\xfe; \xff=\x80']],
    ['percent signs', ['Cookie: sAccessToken=%; sRefreshToken=%E0%A4%A']],
    ['quotes', ['Cookie: sAccessToken="; sRefreshToken=""']],
    ['no names', ['Cookie: =; ;;;=;sAccessToken']],
    ['two authorization headers', ['Authorization: Bearer a', 'Authorization: Bearer b']],
    ['two rid and st-auth-mode headers', ['rid: a', 'rid: b', 'st-auth-mode: cookie', 'st-auth-mode: header']],
    ['nonsense versions', [`fdi-version: ${'1.17,'.repeat(1000)}`]],
    ['__proto__ as a version', ['fdi-version: __proto__, constructor']],
    ['an anti-csrf token that nobody gave out', ['anti-csrf: \x80\xff']],
  ])('headers: %s', async (_name, headers) => {
    expect(await sendRaw(test.url, rawRequest('GET', '/me', headers))).toBe(401);
    const post = rawRequest('POST', '/auth/session/refresh', [...headers, 'Content-Length: 0']);
    expect(await sendRaw(test.url, post)).toBe(401);
  });

  it.each([
    ['no JSON', '{"a":'],
    ['a number', '5'],
    ['__proto__', '{"__proto__":{"isAdmin":true}}'],
  ])('a body that refresh does not want: %s', async (_name, body) => {
    const response = await fetch(`${test.url}/auth/session/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
  });

  it('leaves a good session as it was', async () => {
    const client = new CookieClient(test.url);
    await client.signUp();
    const [access = '', refresh = ''] = [client.cookies.get('sAccessToken'), client.cookies.get('sRefreshToken')];
    for (const changed of [
      `${refresh}A`,
      refresh.slice(0, -1),
      refresh.toUpperCase(),
      `${refresh}=`,
      `B${refresh.slice(1)}`,
    ]) {
      const request = rawRequest('POST', '/auth/session/refresh', [
        `Cookie: sRefreshToken=${changed}`,
        'Content-Length: 0',
      ]);
      expect(await sendRaw(test.url, request)).toBe(401);
    }
    for (const changed of [`${access}A`, `${access}=`, access.slice(0, -2), access.replace('.', '..')]) {
      expect(await sendRaw(test.url, rawRequest('GET', '/me', [`Cookie: sAccessToken=${changed}`]))).toBe(401);
    }
    expect((await client.send('/me')).status).toBe(200);
    expect((await client.refresh()).status).toBe(200);
  });
});

function jwt(header: unknown, payload: string): string {
  return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${Buffer.from(payload).toString('base64url')}.`;
}

function claims(overrides: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    sub: 'x',
    rsub: 'x',
    tId: 'public',
    sessionHandle: 'x',
    refreshTokenHash1: 'x',
    iss: 'x',
    iat: 1,
    exp: 9_999_999_999,
    ...overrides,
  });
}
