import type { INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SessionService } from 'nestward';
import { CHEAP_HASHING, form, get, getUserId, post, type Answer } from '../email-password/client.js';
import { createSharedDatabase } from '../email-password/shared-database.js';
import { startTestApp, type TestApp, type TestAppOptions } from '../support/create-app.js';
import { createTestStorage } from '../support/test-storage.js';
import { ProbeController } from './probe.controller.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';

/** Trusts the proxies that a test pretends to be. */
function trustProxy(app: INestApplication): void {
  (app.getHttpAdapter().getInstance() as { set(name: string, value: unknown): void }).set('trust proxy', true);
}

describe('the list of a user’s sessions', () => {
  let testApp: TestApp;
  let sessions: SessionService;
  let emails = 0;

  beforeAll(async () => {
    testApp = await start({ configure: trustProxy });
    sessions = testApp.app.get(SessionService);
  });

  afterAll(async () => {
    await testApp.close();
  });

  function start(options: TestAppOptions = {}): Promise<TestApp> {
    return startTestApp({
      controllers: [ProbeController],
      ...options,
      auth: { emailPassword: { passwordHashing: CHEAP_HASHING }, ...options.auth },
    });
  }

  const newEmail = (): string => `person-${String(++emails)}@example.com`;
  const from = (userAgent: string, address: string): Record<string, string> => ({
    'user-agent': userAgent,
    'x-forwarded-for': address,
  });
  const enter = (
    path: 'signup' | 'signin',
    email: string,
    headers: Record<string, string>,
    app = testApp,
  ): Promise<Answer> => post(`${app.url}/auth/${path}`, form({ email, password: 'passw0rd' }), headers);
  const refresh = (answer: Answer, headers: Record<string, string>): Promise<Answer> =>
    post(
      `${testApp.url}/auth/session/refresh`,
      {},
      {
        authorization: `Bearer ${answer.headers.get('st-refresh-token') ?? ''}`,
        ...headers,
      },
    );
  const visit = (answer: Answer, headers: Record<string, string>): Promise<Answer> =>
    get(`${testApp.url}/me`, {
      authorization: `Bearer ${answer.headers.get('st-access-token') ?? ''}`,
      ...headers,
    });

  it('names the device, the address and the times of each, last used first', async () => {
    const email = newEmail();
    const start = testApp.clock.now();
    const userId = getUserId(await enter('signup', email, from(FIREFOX, '192.0.2.1')));
    testApp.clock.advanceSeconds(60);
    await enter('signin', email, from(SAFARI, '2001:db8::7'));
    expect(await sessions.listSessions(userId)).toEqual([
      {
        sessionHandle: expect.any(String) as string,
        recipeUserId: userId,
        timeCreated: start + 60_000,
        lastSeen: start + 60_000,
        expiry: start + 60_000 + 8_640_000_000,
        ipAddress: '2001:db8::7',
        userAgent: SAFARI,
        device: { browser: 'Safari', os: 'iOS', type: 'mobile' },
      },
      {
        sessionHandle: expect.any(String) as string,
        recipeUserId: userId,
        timeCreated: start,
        lastSeen: start,
        expiry: start + 8_640_000_000,
        ipAddress: '192.0.2.1',
        userAgent: FIREFOX,
        device: { browser: 'Firefox', os: 'Linux', type: 'desktop' },
      },
    ]);
  });

  it.each(['a call', 'a refresh'])('follows a session that is used elsewhere, with %s after a refresh', async (use) => {
    const signedUp = await enter('signup', newEmail(), from(FIREFOX, '192.0.2.1'));
    testApp.clock.advanceSeconds(3600);
    const refreshed = await refresh(signedUp, from(FIREFOX, '192.0.2.1'));
    testApp.clock.advanceSeconds(5);
    const now = testApp.clock.now();
    const answer = await (use === 'a call' ? visit : refresh)(refreshed, from(SAFARI, '192.0.2.99'));
    expect(answer.status).toBe(200);
    expect(await sessions.listSessions(getUserId(signedUp))).toMatchObject([
      { lastSeen: now, ipAddress: '192.0.2.99', device: { browser: 'Safari' } },
    ]);
  });

  it('keeps what it knows when a client says nothing', async () => {
    const signedUp = await enter('signup', newEmail(), from(FIREFOX, '192.0.2.1'));
    const refreshed = await sessions.refreshSessionWithoutRequestResponse(
      signedUp.headers.get('st-refresh-token') ?? '',
    );
    await sessions.getSessionWithoutRequestResponse(refreshed.getAccessToken());
    expect(await sessions.listSessions(getUserId(signedUp))).toMatchObject([
      { ipAddress: '192.0.2.1', userAgent: FIREFOX },
    ]);
  });

  it('takes whatever a client says of itself for text, and no more than 512 characters of it', async () => {
    const evil = `<script>alert(1)</script>'; drop table x;-- ${'x'.repeat(600)}`;
    const signedUp = await enter('signup', newEmail(), { 'user-agent': evil, 'x-forwarded-for': '<b>1</b>' });
    const [session] = await sessions.listSessions(getUserId(signedUp));
    expect(session?.userAgent).toBe(evil.slice(0, 512));
    expect(session?.ipAddress).toBeUndefined();
    expect(session?.device).toEqual({ browser: undefined, os: undefined, type: 'unknown' });
  });

  it('has sessions of which nothing is known, and none that are over', async () => {
    const container = await sessions.createNewSessionWithoutRequestResponse('somebody');
    expect(await sessions.listSessions('somebody')).toMatchObject([
      { sessionHandle: container.getHandle(), ipAddress: undefined, userAgent: undefined },
    ]);
    await container.revokeSession();
    expect(await sessions.listSessions('somebody')).toEqual([]);
    expect(await sessions.listSessions('nobody')).toEqual([]);
  });

  it('loses all sessions but one when the others are revoked', async () => {
    const email = newEmail();
    const userId = getUserId(await enter('signup', email, from(FIREFOX, '192.0.2.1')));
    await enter('signin', email, from(SAFARI, '192.0.2.2'));
    await enter('signin', email, from(SAFARI, '192.0.2.3'));
    const [kept, ...others] = await sessions.listSessions(userId);
    const revoked = await sessions.revokeOtherSessions(userId, kept?.sessionHandle ?? '');
    expect(revoked.sort()).toEqual(others.map(({ sessionHandle }) => sessionHandle).sort());
    expect(await sessions.listSessions(userId)).toMatchObject([{ sessionHandle: kept?.sessionHandle }]);
    expect(await sessions.revokeOtherSessions('nobody', '')).toEqual([]);
  });

  it('knows neither device nor address where they are not to be recorded', async () => {
    const discreet = await start({ configure: trustProxy, auth: { session: { recordDevices: false } } });
    const userId = getUserId(await enter('signup', newEmail(), from(FIREFOX, '192.0.2.1'), discreet));
    const [session] = await discreet.app.get(SessionService).listSessions(userId);
    expect(session).toMatchObject({ ipAddress: undefined, userAgent: undefined, device: { type: 'unknown' } });
    await discreet.close();
  });

  it('shows nothing that was recorded before the option was turned off', async () => {
    const shared = createSharedDatabase();
    const storage = process.env['NESTWARD_TEST_STORAGE'] === 'postgres' ? createTestStorage() : shared.factory;
    const first = await start({ configure: trustProxy, auth: { storage } });
    const discreet = await start({ auth: { storage, session: { recordDevices: false } } });
    const userId = getUserId(await enter('signup', newEmail(), from(FIREFOX, '192.0.2.1'), first));
    const [session] = await discreet.app.get(SessionService).listSessions(userId);
    expect(session).toMatchObject({ ipAddress: undefined, userAgent: undefined, device: { type: 'unknown' } });
    await Promise.all([first.close(), discreet.close()]);
    shared.close();
  });

  it('works on Fastify', async () => {
    const fastify = await start({ adapter: () => new FastifyAdapter({ trustProxy: true }) });
    const userId = getUserId(await enter('signup', newEmail(), from(FIREFOX, '192.0.2.1'), fastify));
    expect(await fastify.app.get(SessionService).listSessions(userId)).toMatchObject([
      { ipAddress: '192.0.2.1', device: { browser: 'Firefox' } },
    ]);
    await fastify.close();
  });
});
