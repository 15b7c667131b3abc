import { appendToHeader, getHeaderValues, setHeader, type HttpResponse } from './http-response.js';

/** What Express's response and Fastify's reply do alike. */
class Headers {
  protected readonly values = new Map<string, string | readonly string[]>();

  getHeader(name: string): string | readonly string[] | undefined {
    return this.values.get(name.toLowerCase());
  }

  removeHeader(name: string): void {
    this.values.delete(name.toLowerCase());
  }
}

class ExpressLike extends Headers {
  setHeader(name: string, value: string | readonly string[]): void {
    this.values.set(name.toLowerCase(), value);
  }
}

class FastifyLike extends Headers {
  readonly raw = {};

  header(name: string, value: string | readonly string[]): void {
    const present = name === 'set-cookie' ? [this.getHeader(name) ?? []].flat() : [];
    this.values.set(name.toLowerCase(), present.length === 0 ? value : [...present, value].flat());
  }
}

describe.each<[string, () => HttpResponse]>([
  ['Express', () => new ExpressLike()],
  ['Fastify', () => new FastifyLike()],
])('response headers on %s', (_name, createResponse) => {
  it('setHeader takes the place of a header, and of set-cookie too', () => {
    const response = createResponse();
    setHeader(response, 'set-cookie', ['a=1', 'b=2']);
    setHeader(response, 'set-cookie', ['c=3']);
    setHeader(response, 'x-a', '1');
    setHeader(response, 'x-a', '2');
    expect(getHeaderValues(response, 'set-cookie')).toEqual(['c=3']);
    expect(getHeaderValues(response, 'x-a')).toEqual(['2']);
    expect(getHeaderValues(response, 'x-b')).toEqual([]);
  });

  it.each<[string | readonly string[] | undefined, string[], string]>([
    [undefined, ['a'], 'a'],
    [undefined, ['a', 'b', 'A'], 'a, b'],
    ['', ['a'], 'a'],
    ['X-App', ['a', 'b'], 'X-App, a, b'],
    ['X-App,Front-Token', ['front-token', 'a'], 'X-App, Front-Token, a'],
    [['X-App', 'a, b'], ['b', 'c'], 'X-App, a, b, c'],
    ['*', ['a'], '*, a'],
  ])('appendToHeader: %j and %j', (present, words, expected) => {
    const response = createResponse();
    if (present !== undefined) {
      setHeader(response, 'vary', present);
    }
    appendToHeader(response, 'vary', words);
    expect(getHeaderValues(response, 'vary')).toEqual([expected]);
    appendToHeader(response, 'vary', words);
    expect(getHeaderValues(response, 'vary')).toEqual([expected]);
  });
});
