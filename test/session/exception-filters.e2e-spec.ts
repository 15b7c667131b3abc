import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter, type INestApplication } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { UnauthorisedException } from 'nestward';
import { startTestApp, type TestApp, type TestAppOptions } from '../support/create-app.js';
import { SessionClient } from '../support/session-client.js';
import { expectCleared } from './expectations.js';
import { SessionTestController } from './session-test.controller.js';

interface AnyResponse {
  status(code: number): { send(body: unknown): void };
}

/** A filter for everything, as many apps have it. */
@Catch()
class CatchAllFilter implements ExceptionFilter {
  catch(exception: unknown, host: ArgumentsHost): void {
    const status = exception instanceof HttpException ? exception.getStatus() : 500;
    host.switchToHttp().getResponse<AnyResponse>().status(status).send({ caughtBy: 'the app' });
  }
}

const WAYS: readonly (readonly [string, Pick<TestAppOptions, 'providers' | 'configure'>])[] = [
  ['an APP_FILTER', { providers: [{ provide: APP_FILTER, useClass: CatchAllFilter }] }],
  ['useGlobalFilters', { configure: (app: INestApplication) => app.useGlobalFilters(new CatchAllFilter()) }],
];

const ADAPTERS: readonly (readonly [string, Pick<TestAppOptions, 'adapter'>])[] = [
  ['Express', {}],
  ['Fastify', { adapter: () => new FastifyAdapter() }],
];

describe.each(ADAPTERS)('beside an app’s filter for everything, on %s', (_platform, adapter) => {
  describe.each(WAYS)('by %s', (_way, options) => {
    let testApp: TestApp;

    beforeAll(async () => {
      testApp = await startTestApp({ ...adapter, ...options, controllers: [SessionTestController] });
    });

    afterAll(async () => {
      await testApp.close();
    });

    it('the library’s exceptions are answered as the contract says', async () => {
      const client = new SessionClient(testApp.url, 'cookie');
      const required = await client.get('/me');
      expect([required.status, required.body]).toEqual([401, { message: 'unauthorised' }]);
      const refreshed = await client.refresh();
      expect([refreshed.status, refreshed.body]).toEqual([401, { message: 'unauthorised' }]);
      expectCleared(refreshed);
      await client.signIn();
      testApp.clock.advance(3_600_000);
      const expired = await client.get('/me');
      expect([expired.status, expired.body]).toEqual([401, { message: 'try refresh token' }]);
    });

    it('all others are the app’s', async () => {
      const answer = await new SessionClient(testApp.url).get('/nowhere');
      expect([answer.status, answer.body]).toEqual([404, { caughtBy: 'the app' }]);
    });
  });
});

/** A filter for one of the library's exceptions. */
@Catch(UnauthorisedException)
class SignInPageFilter implements ExceptionFilter<UnauthorisedException> {
  catch(_exception: UnauthorisedException, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<AnyResponse>().status(403).send({ signInAt: '/auth' });
  }
}

describe('an app’s filter for one of the library’s exceptions', () => {
  it.each<[string, Pick<TestAppOptions, 'providers' | 'configure'>]>([
    [
      'useGlobalFilters',
      { configure: (app: INestApplication) => app.useGlobalFilters(new SignInPageFilter(), new CatchAllFilter()) },
    ],
    [
      'APP_FILTER',
      {
        providers: [
          { provide: APP_FILTER, useClass: SignInPageFilter },
          { provide: APP_FILTER, useClass: CatchAllFilter },
        ],
      },
    ],
  ])('is asked first: by %s', async (_way, options) => {
    const testApp = await startTestApp({ ...options, controllers: [SessionTestController] });
    const client = new SessionClient(testApp.url);
    expect(await client.get('/me')).toMatchObject({ status: 403, body: { signInAt: '/auth' } });
    await client.signIn();
    testApp.clock.advance(3_600_000);
    expect(await client.get('/me')).toMatchObject({ status: 401, body: { message: 'try refresh token' } });
    expect(await client.get('/nowhere')).toMatchObject({ status: 404, body: { caughtBy: 'the app' } });
    await testApp.close();
  });
});
