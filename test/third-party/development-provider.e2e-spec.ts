import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ConfigurationError, developmentProvider } from 'nestward';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { BrowserClient } from './browser-client.js';

const API = 'http://localhost:3001';

describe.each([
  ['Express', undefined],
  ['Fastify', () => new FastifyAdapter()],
] as const)('developmentProvider() on %s', (_name, adapter) => {
  let testApp: TestApp;

  beforeEach(async () => {
    testApp = await startTestApp({
      ...(adapter === undefined ? {} : { adapter }),
      auth: { thirdParty: { providers: [developmentProvider()] } },
    });
  });
  afterEach(() => testApp.close());

  /** Goes to the page of the pretended provider, and answers its address here. */
  async function openPage(browser: BrowserClient): Promise<string> {
    const answer = await browser.visit(`${testApp.url}/auth/signin/development`);
    const location = answer.headers.get('location') ?? '';
    expect(location.startsWith(`${API}/auth/dev/authorize?`)).toBe(true);
    return location.replace(API, testApp.url);
  }

  async function decide(page: string, fields: Record<string, string>): Promise<Response> {
    const url = new URL(page);
    return fetch(`${url.origin}${url.pathname}`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams([...url.searchParams, ...Object.entries(fields)]),
    });
  }

  it('shows a page that nothing of another site can get into', async () => {
    const page = await openPage(new BrowserClient());
    const answer = await fetch(`${page}&evil=%22%3E%3Cscript%3E`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await answer.text();
    expect(html).toContain('Who do you want to be?');
    expect(html).not.toContain('<script>');
  });

  it('signs in whoever the person says they are, each time as the same user', async () => {
    const users: unknown[] = [];
    for (const email of ['ada@example.com', 'Ada@example.com', 'grace@example.com']) {
      const browser = new BrowserClient();
      const decision = await decide(await openPage(browser), { decision: 'allow', email, email_verified: 'yes' });
      expect(decision.status).toBe(303);
      const back = await browser.visit((decision.headers.get('location') ?? '').replace(API, testApp.url));
      expect(back.headers.get('location')).toBe('http://localhost:3000/');
      const frontToken = Buffer.from(back.headers.get('front-token') ?? '', 'base64').toString();
      users.push((JSON.parse(frontToken) as { uid: string }).uid);
    }
    expect(users[0]).toBe(users[1]);
    expect(users[2]).not.toBe(users[0]);
  });

  it.each([
    ['cancels', { decision: 'deny' }, 'access_denied'],
    ['gives no email', { decision: 'allow', email: '' }, 'no_email_given_by_provider'],
  ])('leads a person who %s to the sign-in page', async (_what, fields, error) => {
    const browser = new BrowserClient();
    const decision = await decide(await openPage(browser), fields);
    const back = await browser.visit((decision.headers.get('location') ?? '').replace(API, testApp.url));
    expect(back.headers.get('location')).toBe(`http://localhost:3000/auth?error=${error}`);
    expect(browser.cookieNames).toStrictEqual([]);
  });

  it.each([
    ['redirect_uri', 'https://evil.example.com/'],
    ['redirect_uri', 'http://localhost:3001/auth/callback/development/../other'],
    ['client_id', 'somebody-else'],
    ['response_type', 'token'],
  ])('does not work for another %s (%s)', async (name, value) => {
    const page = new URL(await openPage(new BrowserClient()));
    page.searchParams.set(name, value);
    expect((await fetch(page)).status).toBe(400);
    expect((await decide(page.href, { decision: 'allow' })).status).toBe(400);
  });
});

describe('developmentProvider()', () => {
  it('has no page where it is not configured', async () => {
    const testApp = await startTestApp();
    expect((await fetch(`${testApp.url}/auth/dev/authorize`)).status).toBe(404);
    await testApp.close();
  });

  it('refuses to start in production', () => {
    const environment = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      expect(() => developmentProvider()).toThrow(ConfigurationError);
      expect(() => developmentProvider()).toThrow(/leave it out of thirdParty\.providers there\.$/);
    } finally {
      process.env['NODE_ENV'] = environment;
    }
  });
});
