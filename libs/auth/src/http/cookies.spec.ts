import fc from 'fast-check';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getCookieValues, setCookie, type CookieOptions } from './cookies.js';

const requestWith = (cookie: string | undefined) => ({ headers: cookie === undefined ? {} : { cookie } });

describe('getCookieValues', () => {
  it.each<[string | undefined, string[]]>([
    [undefined, []],
    ['', []],
    ['a=1', ['1']],
    ['b=2; a=1; c=3', ['1']],
    ['a=1;a=2;  a=3', ['1', '2', '3']],
    ['a', []],
    ['a=', ['']],
    ['=a', []],
    ['aa=1; ba=2; a-=3', []],
    ['A=1', []],
    ['a=b=c', ['b=c']],
    ['a = 1', ['1']],
    ['a="1 2"', ['1 2']],
    ['a="', ['"']],
    ['a=%7B%22b%22%3A1%7D', ['{"b":1}']],
    ['a=%', ['%']],
    ['a=%E0%A4%A', ['%E0%A4%A']],
    ['a=%ff', ['%ff']],
  ])('of %j', (header, expected) => {
    expect(getCookieValues(requestWith(header), 'a')).toEqual(expected);
  });

  it('takes any header, without an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (header) => {
        expect(Array.isArray(getCookieValues(requestWith(`a=1; ${header}; a=2`), 'a'))).toBe(true);
      }),
    );
  });

  it('reads what setCookie writes', () => {
    fc.assert(
      fc.property(fc.base64String(), (value) => {
        const response = new MemoryResponse();
        setCookie(response, 'a', value, OPTIONS);
        const [header = ''] = response.cookies;
        expect(getCookieValues(requestWith(header.split(';')[0]), 'a')).toEqual([value]);
      }),
    );
  });
});

const OPTIONS: CookieOptions = {
  path: '/',
  domain: undefined,
  secure: true,
  sameSite: 'lax',
  expiresAt: Date.UTC(2030, 0, 1),
};

/** The headers of a response, as Node keeps them. */
class MemoryResponse {
  private readonly headers = new Map<string, string | readonly string[]>();

  getHeader(name: string): string | readonly string[] | undefined {
    return this.headers.get(name);
  }

  setHeader(name: string, value: string | readonly string[]): void {
    this.headers.set(name, value);
  }

  removeHeader(name: string): void {
    this.headers.delete(name);
  }

  get cookies(): readonly string[] {
    return [this.headers.get('set-cookie') ?? []].flat();
  }
}

describe('setCookie', () => {
  it('writes an HttpOnly cookie with all that it is told', () => {
    const response = new MemoryResponse();
    setCookie(response, 'a', 'b', { ...OPTIONS, domain: '.example.com', path: '/x', sameSite: 'none' });
    expect(response.cookies).toEqual([
      'a=b; Domain=.example.com; Path=/x; Expires=Tue, 01 Jan 2030 00:00:00 GMT; HttpOnly; Secure; SameSite=None',
    ]);
    setCookie(response, 'c', '', { ...OPTIONS, secure: false, sameSite: 'strict', expiresAt: 0 });
    expect(response.cookies[1]).toBe('c=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Strict');
  });

  it('takes the place of the same cookie, which is the one of the same name, domain and path (RFC 6265 §5.3)', () => {
    const response = new MemoryResponse();
    response.setHeader('set-cookie', ['app=1', 'a=old; path=/; HttpOnly', 'a=other; Path=/other']);
    setCookie(response, 'a', 'new', OPTIONS);
    setCookie(response, 'a', 'elsewhere', { ...OPTIONS, domain: 'example.com' });
    setCookie(response, 'a', 'newest', OPTIONS);
    expect(response.cookies.map((cookie) => cookie.split(';')[0])).toEqual([
      'app=1',
      'a=other',
      'a=elsewhere',
      'a=newest',
    ]);
  });

  it('works on a response of Node itself', async () => {
    const server = createServer((_request, response: ServerResponse) => {
      response.setHeader('Set-Cookie', 'app=1');
      setCookie(response, 'a', 'b', OPTIONS);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const cookies = await new Promise((resolve) => {
      get({ port, host: '127.0.0.1' }, (answer) => {
        answer.resume();
        resolve(answer.headers['set-cookie']);
      });
    });
    expect(cookies).toEqual(['app=1', expect.stringMatching(/^a=b; /)]);
    await new Promise((resolve) => server.close(resolve));
  });
});
