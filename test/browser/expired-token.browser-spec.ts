import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from './browser.js';
import { DemoPage } from './demo-page.js';
import { DemoProcess } from './demo-process.js';

const email = 'ada@example.org';
const password = 'correct horse 1';

describe('An expired access token in Chromium', () => {
  let demo: DemoProcess;
  let browser: Browser;
  let context: BrowserContext;
  let tab: DemoPage;
  let refreshes: number;

  const countRefreshes = (page: Page): void => {
    page.on('request', (request) => {
      refreshes += request.url().endsWith('/auth/session/refresh') ? 1 : 0;
    });
  };
  const isExpired = (one: DemoPage): Promise<void> => one.page.getByText('Expired. The next call renews it.').waitFor();

  beforeAll(async () => {
    [demo, browser] = await Promise.all([DemoProcess.start({ ACCESS_TOKEN_LIFETIME: '5' }), launchBrowser()]);
    const first = await browser.newContext();
    await (await DemoPage.open(first, demo.origin, '/auth')).signUp(email, password);
    await first.close();
  });

  afterAll(async () => {
    await browser.close();
    await demo.stop();
  });

  beforeEach(async () => {
    context = await browser.newContext();
    tab = await DemoPage.open(context, demo.origin, '/auth');
    await tab.signIn(email, password);
    refreshes = 0;
    countRefreshes(tab.page);
    await isExpired(tab);
  });

  afterEach(async () => {
    const { complaints } = tab;
    await context.close();
    expect(complaints).toEqual([]);
  });

  it('is renewed by the next call', async () => {
    await tab.button('Like').click();
    await tab.isLogged('POST /like-comment');
    expect(refreshes).toBeGreaterThanOrEqual(1);
    await tab.isLogged('POST /auth/session/refresh');
  });

  it('is renewed when the page is loaded again', async () => {
    const handle = await tab.fact('Session handle');
    const visited: string[] = [];
    tab.page.on('framenavigated', (frame) => visited.push(frame.url()));
    await tab.page.reload();
    await tab.isHome(email);
    expect(visited).toEqual([`${demo.origin}/`]);
    expect(await tab.fact('Session handle')).toBe(handle);
    expect(refreshes).toBe(1);
  });

  it('is renewed once for 20 calls at the same time', async () => {
    const statuses = await tab.page.evaluate<number[]>(
      `Promise.all(Array.from({ length: 20 }, () => fetch('/like-comment', { method: 'POST' }).then((r) => r.status)))`,
    );
    expect(statuses).toEqual(Array.from({ length: 20 }, () => 200));
    expect(refreshes).toBe(1);
  });

  it('is renewed in two tabs that ask at the same time, and neither is signed out', async () => {
    const second = await DemoPage.open(context, demo.origin, '/');
    await second.isHome(email);
    countRefreshes(second.page);
    for (let round = 0; round < 3; round++) {
      await Promise.all([tab, second].map(isExpired));
      await Promise.all([tab, second].map((one) => one.button('Like').click()));
      await Promise.all([tab, second].map((one) => one.page.getByText(/^in \d+ s$/).waitFor()));
    }
    expect(tab.page.url()).toBe(`${demo.origin}/`);
    expect(second.page.url()).toBe(`${demo.origin}/`);
  });
});
