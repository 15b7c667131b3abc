import { Controller, Get, Module, Param } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SessionGuard } from 'nestward';
import { APP_GUARD } from '@nestjs/core';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { BrowserClient } from './browser-client.js';
import { FakeProviders, type FakePerson } from './fake-providers.js';

const ada: FakePerson = { id: '1001', email: 'ada@example.com', emailVerified: true };
const ORIGIN = 'http://localhost:3000';

/** The website's callback page, at the address of the API's callback. */
@Controller('auth/callback')
class CallbackPageController {
  @Get(':provider')
  show(@Param('provider') provider: string): string {
    return `the page for ${provider}`;
  }
}

/** It comes after the library's module: the routes of a root module's own controllers would come before. */
@Module({ controllers: [CallbackPageController] })
class WebsiteModule {}

let providers: FakeProviders;
let testApp: TestApp;

beforeAll(async () => {
  providers = await FakeProviders.start();
});
afterAll(() => providers.stop());
afterEach(() => testApp.close());

async function begin(browser: BrowserClient): Promise<URL> {
  const answer = await browser.visit(`${testApp.url}/auth/signin/google`);
  const authorisation = new URL(answer.headers.get('location') ?? '');
  const callback = new URL(`${testApp.url}/auth/callback/google`);
  expect(authorisation.searchParams.get('redirect_uri')).toBe(`${ORIGIN}/auth/callback/google`);
  callback.searchParams.set('code', providers.approve(authorisation.href, ada));
  callback.searchParams.set('state', authorisation.searchParams.get('state') ?? '');
  return callback;
}

describe('where website and API are one origin', () => {
  beforeEach(async () => {
    testApp = await startTestApp({
      appInfo: { apiDomain: ORIGIN, websiteDomain: ORIGIN },
      auth: { thirdParty: { providers: providers.all() } },
      imports: [WebsiteModule],
    });
  });

  it('takes the answer to a redirect that this browser began', async () => {
    const browser = new BrowserClient();
    const answer = await browser.visit((await begin(browser)).href);
    expect(answer.headers.get('location')).toBe(`${ORIGIN}/`);
    expect(browser.cookieNames).toContain('sAccessToken');
  });

  it.each(['?code=c&state=bWFkZSBieSB0aGUgZnJvbnRlbmQ=', '', `?code=c&state=${'A'.repeat(43)}`])(
    'leaves every other answer to the page of the website (%j)',
    async (query) => {
      const browser = new BrowserClient();
      await begin(browser);
      const answer = await browser.visit(`${testApp.url}/auth/callback/google${query}`);
      expect(answer.status).toBe(200);
      expect(await answer.text()).toBe('the page for google');
      expect(browser.cookieNames).not.toContain('sAccessToken');
    },
  );
});

it("leaves it to Fastify's own fallback, which serves a website's files", async () => {
  testApp = await startTestApp({
    appInfo: { apiDomain: ORIGIN, websiteDomain: ORIGIN },
    auth: { thirdParty: { providers: providers.all() } },
    adapter: () => new FastifyAdapter(),
  });
  const answer = await fetch(`${testApp.url}/auth/callback/google?code=c&state=s`);
  expect(answer.status).toBe(404);
});

it('needs no session where a guard guards the whole app', async () => {
  testApp = await startTestApp({
    auth: { thirdParty: { providers: providers.all() } },
    providers: [{ provide: APP_GUARD, useClass: SessionGuard }],
  });
  for (const path of ['signin/google', 'callback/google', 'loginmethods', 'authorisationurl?thirdPartyId=google']) {
    const { status } = await fetch(`${testApp.url}/auth/${path}`, { redirect: 'manual' });
    expect([200, 302]).toContain(status);
  }
});

it('refuses redirects where sessions travel in headers only', async () => {
  testApp = await startTestApp({
    auth: { thirdParty: { providers: providers.all() }, session: { getTokenTransferMethod: () => 'header' } },
  });
  const answer = await fetch(`${testApp.url}/auth/signin/google`, { redirect: 'manual' });
  expect(answer.status).toBe(400);
});
