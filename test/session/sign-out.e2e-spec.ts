import { BooleanClaim } from 'nestward';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { SessionClient } from '../support/session-client.js';
import { expectCleared, expectNothingCleared } from './expectations.js';
import { SessionTestController } from './session-test.controller.js';

const never = new BooleanClaim({ key: 'never', fetchValue: () => false });

describe.each(['cookie', 'header'] as const)('POST /signout in %s mode (contract §4)', (mode) => {
  let testApp: TestApp;

  beforeAll(async () => {
    testApp = await startTestApp({
      controllers: [SessionTestController],
      auth: { session: { globalClaimValidators: [never.validators.isTrue()] } },
    });
  });

  afterAll(async () => {
    await testApp.close();
  });

  async function signIn(): Promise<SessionClient> {
    const client = new SessionClient(testApp.url, mode);
    await client.signIn();
    return client;
  }

  it('§4 with a session: 200 {"status":"OK"}, tokens cleared, and the session is revoked', async () => {
    const client = await signIn();
    const other = client.copy();
    const answer = await client.signOut();
    expect([answer.status, answer.body]).toEqual([200, { status: 'OK' }]);
    expectCleared(answer);
    expect((await other.refresh()).body).toEqual({ message: 'unauthorised' });
  });

  it('§4 claims are not checked', async () => {
    const client = await signIn();
    expect((await client.post('/me')).status).toBe(403);
    expect((await client.signOut()).status).toBe(200);
  });

  it('§4 with an expired token: 401 try refresh token, and the session goes on', async () => {
    const client = await signIn();
    testApp.clock.advance(3_600_000);
    const answer = await client.signOut();
    expect([answer.status, answer.body]).toEqual([401, { message: 'try refresh token' }]);
    expectNothingCleared(answer);
    await client.refresh();
    expect((await client.signOut()).status).toBe(200);
  });

  it('without a session: 401 unauthorised, nothing cleared', async () => {
    const answer = await new SessionClient(testApp.url, mode).signOut();
    expect([answer.status, answer.body]).toEqual([401, { message: 'unauthorised' }]);
    expectNothingCleared(answer);
  });

  it('a second time with the same token: 200, and cleared again', async () => {
    const client = await signIn();
    const other = client.copy();
    await client.signOut();
    const answer = await other.signOut();
    expect([answer.status, answer.body]).toEqual([200, { status: 'OK' }]);
    expectCleared(answer);
  });

  it('other sessions of the user go on', async () => {
    const [here, there] = [await signIn(), await signIn()];
    await here.signOut();
    expect((await there.refresh()).status).toBe(200);
  });

  it('§9 exists below the tenant public, and below no other', async () => {
    const client = await signIn();
    expect((await client.request('/auth/acme/signout', { method: 'POST' })).status).toBe(400);
    expect((await client.request('/auth/public/signout', { method: 'POST' })).status).toBe(200);
  });
});
