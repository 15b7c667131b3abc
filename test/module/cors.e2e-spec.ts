import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AuthModule, getAllCORSHeaders, getCorsOptions } from 'nestward';
import { inMemoryStorage } from 'nestward/testing';
import { startTestApp, TEST_APP_INFO, type TestApp, type TestAppOptions } from '../support/create-app.js';

const WEBSITE = TEST_APP_INFO.websiteDomain;

@Controller()
class OpenController {
  @Get('open')
  get(): { ok: true } {
    return { ok: true };
  }
}

const ADAPTERS: readonly (readonly [string, Pick<TestAppOptions, 'adapter'>])[] = [
  ['Express', {}],
  ['Fastify', { adapter: () => new FastifyAdapter() }],
];

describe.each(ADAPTERS)('CORS on %s', (_name, adapter) => {
  const apps: TestApp[] = [];

  const start = async (options: TestAppOptions = {}): Promise<string> => {
    const test = await startTestApp({ controllers: [OpenController], ...adapter, ...options });
    apps.push(test);
    return test.url;
  };

  let url: string;

  beforeAll(async () => {
    url = await start();
  });

  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
  });

  const preflight = (target: string, origin = WEBSITE, headers = 'content-type,rid,x-own') =>
    fetch(target, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': headers,
      },
    });

  it.each([
    ['a good answer', '/open', 'GET', undefined, 200],
    ['401', '/auth/signout', 'POST', undefined, 401],
    ['404', '/nowhere', 'GET', undefined, 404],
    ['malformed JSON, which no route ever sees', '/auth/signin', 'POST', '{"', 400],
  ])('echoes the website’s origin, with credentials, on %s', async (_case, path, method, body, status) => {
    const response = await fetch(url + path, {
      method,
      headers: { origin: WEBSITE, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body }),
    });
    expect(response.status).toBe(status);
    expect(response.headers.get('access-control-allow-origin')).toBe(WEBSITE);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
    expect(response.headers.get('vary')).toContain('Origin');
  });

  it('answers the preflight of any route, with the SDKs’ headers and the ones that were asked for', async () => {
    const response = await preflight(`${url}/auth/signup`);
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(WEBSITE);
    expect(response.headers.get('access-control-allow-methods')).toContain('POST');
    const allowed = response.headers.get('access-control-allow-headers')?.split(', ');
    expect(allowed).toEqual(expect.arrayContaining(['content-type', 'x-own', ...getAllCORSHeaders()]));
  });

  it('tells a foreign origin nothing', async () => {
    for (const origin of ['https://evil.example', 'null', `${WEBSITE}.evil.example`, 'http://localhost:30000']) {
      for (const response of [
        await fetch(`${url}/open`, { headers: { origin } }),
        await preflight(`${url}/open`, origin),
      ]) {
        expect(response.headers.get('access-control-allow-origin')).toBeNull();
        expect(response.headers.get('access-control-allow-credentials')).toBeNull();
      }
    }
  });

  it('follows an origin that depends on the request', async () => {
    const dynamic = await start({
      appInfo: {
        websiteDomain: undefined,
        origin: (request) => (request?.headers['x-tenant'] === 'b' ? 'https://b.example' : 'https://a.example'),
      },
    });
    const response = await fetch(`${dynamic}/open`, { headers: { origin: 'https://b.example', 'x-tenant': 'b' } });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://b.example');
    const other = await fetch(`${dynamic}/open`, { headers: { origin: 'https://b.example' } });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('steps back from an app that calls enableCors, so that no header comes twice', async () => {
    const own = await start({
      configure: (app) => {
        app.enableCors({ origin: 'https://other.example' });
      },
    });
    const response = await fetch(`${own}/open`, { headers: { origin: WEBSITE } });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://other.example');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect((await preflight(`${own}/open`)).headers.get('access-control-allow-origin')).toBe('https://other.example');
  });

  it('getCorsOptions makes enableCors answer the same', async () => {
    const own = await start({
      configure: (app) => {
        app.enableCors(getCorsOptions(TEST_APP_INFO));
      },
    });
    const response = await preflight(`${own}/auth/signup`);
    expect(response.headers.get('access-control-allow-origin')).toBe(WEBSITE);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
    expect(response.headers.get('access-control-allow-headers')?.split(/, ?/)).toEqual([
      'content-type',
      ...getAllCORSHeaders(),
    ]);
  });

  it('is left alone with cors: false', async () => {
    const none = await start({ auth: { cors: false } });
    const response = await fetch(`${none}/open`, { headers: { origin: WEBSITE } });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('CORS', () => {
  it('getAllCORSHeaders names exactly what an app must allow besides content-type (contract §2)', () => {
    expect(new Set(getAllCORSHeaders())).toEqual(
      new Set(['anti-csrf', 'rid', 'fdi-version', 'authorization', 'st-auth-mode']),
    );
  });

  it('steps back from NestFactory.create(App, { cors: true })', async () => {
    @Module({ imports: [AuthModule.forRoot(TEST_APP_INFO, { storage: inMemoryStorage() })] })
    class CorsModule {}
    const app = await NestFactory.create(CorsModule, { logger: false, cors: true });
    await app.listen(0, '127.0.0.1');
    const response = await fetch(`${await app.getUrl()}/auth/jwt/jwks.json`, { headers: { origin: WEBSITE } });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    await app.close();
  });
});
