import { Controller, Delete, Get, HttpCode, Patch, Put, UseGuards } from '@nestjs/common';
import {
  PrimitiveClaim,
  Session,
  SessionContainer,
  SessionGuard,
  SessionService,
  UnauthorisedException,
  type JsonObject,
} from 'nestward';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { getCookie } from '../support/http-answer.js';
import { decodeClaims, parseFrontToken, SessionClient } from '../support/session-client.js';
import { expectCleared, expectNothingCleared } from './expectations.js';
import { SessionTestController } from './session-test.controller.js';

const DAY_MS = 24 * 3_600_000;

let plan = 'free';

const planClaim = new PrimitiveClaim<string>({ key: 'plan', fetchValue: () => plan });

/** Shows and changes what a session carries. */
@Controller()
@UseGuards(SessionGuard)
class ContainerController {
  @Get('facts')
  async getFacts(@Session() session: SessionContainer): Promise<JsonObject> {
    return {
      userId: session.getUserId(),
      recipeUserId: session.getRecipeUserId(),
      tenantId: session.getTenantId(),
      handle: session.getHandle(),
      accessToken: session.getAccessToken(),
      payload: session.getAccessTokenPayload(),
      timeCreated: await session.getTimeCreated(),
      expiry: await session.getExpiry(),
      data: await session.getSessionDataFromDatabase(),
    };
  }

  @Put('data')
  @HttpCode(204)
  async putData(@Session() session: SessionContainer): Promise<void> {
    await session.updateSessionDataInDatabase({ cart: ['coffee'] });
  }

  @Patch('claim')
  async patchClaim(@Session() session: SessionContainer): Promise<JsonObject> {
    const before = session.getClaimValue(planClaim);
    await session.fetchAndSetClaim(planClaim);
    const fetched = session.getClaimValue(planClaim);
    await session.setClaimValue(planClaim, 'gold');
    return { before, fetched, set: session.getClaimValue(planClaim) };
  }

  @Delete('claim')
  async deleteClaim(@Session() session: SessionContainer): Promise<JsonObject> {
    await session.removeClaim(planClaim);
    return { left: session.getClaimValue(planClaim) ?? null };
  }

  @Patch('twice')
  async patchTwice(@Session() session: SessionContainer): Promise<JsonObject> {
    await session.mergeIntoAccessTokenPayload({ first: 1 });
    await session.mergeIntoAccessTokenPayload({ second: 2 });
    return session.getAccessTokenPayload();
  }

  @Delete('changed')
  async changeAndRevoke(@Session() session: SessionContainer): Promise<JsonObject> {
    await session.mergeIntoAccessTokenPayload({ first: 1 });
    await session.revokeSession();
    return {};
  }

  @Get('claims')
  async assertClaims(@Session() session: SessionContainer): Promise<JsonObject> {
    await session.assertClaims([]);
    await session.assertClaims([planClaim.validators.hasValue('gold', 0)]);
    return {};
  }

  @Get('mutating')
  mutate(@Session() session: SessionContainer): JsonObject {
    const payload = session.getAccessTokenPayload();
    payload['sub'] = 'eve';
    payload['list'] = ['changed'];
    return session.getAccessTokenPayload();
  }
}

describe.each(['cookie', 'header'] as const)('the session in a handler, in %s mode', (mode) => {
  let testApp: TestApp;

  beforeAll(async () => {
    testApp = await startTestApp({ controllers: [SessionTestController, ContainerController] });
  });

  afterAll(async () => {
    await testApp.close();
  });

  async function signIn(body: Readonly<Record<string, unknown>> = {}): Promise<SessionClient> {
    const client = new SessionClient(testApp.url, mode);
    await client.signIn('ada', body);
    return client;
  }

  it('shows what it is', async () => {
    const client = await signIn({
      payload: { color: 'red' },
      data: { cart: ['tea'] },
      options: { recipeUserId: 'ada-google', tenantId: 'acme' },
    });
    const createdAt = testApp.clock.now();
    testApp.clock.advance(60_000);
    const answer = await client.get('/facts');
    expect(answer.body).toStrictEqual({
      userId: 'ada',
      recipeUserId: 'ada-google',
      tenantId: 'acme',
      handle: client.sessionHandle,
      accessToken: client.accessToken,
      payload: decodeClaims(client.accessToken),
      timeCreated: createdAt,
      expiry: createdAt + 100 * DAY_MS,
      data: { cart: ['tea'] },
    });
    expectNothingCleared(answer);
  });

  it('keeps data in the database, of which the client sees nothing', async () => {
    const client = await signIn({ data: { cart: ['tea'] } });
    const answer = await client.request('/data', { method: 'PUT' });
    expect(answer.status).toBe(204);
    expectNothingCleared(answer);
    expect((await client.get('/facts')).body).toMatchObject({ data: { cart: ['coffee'] } });
  });

  it('a changed payload re-signs the access token and sets the headers at once, with the same expiry', async () => {
    const client = await signIn({ payload: { color: 'red' } });
    const before = decodeClaims(client.accessToken);
    testApp.clock.advance(60_000);
    const answer = await client.post('/payload', {}, { color: null, size: 'XL', sub: 'eve' });
    const { color: _, ...rest } = before;
    const expected = { ...rest, iat: Number(before['iat']) + 60, size: 'XL' };
    expect(decodeClaims(client.accessToken)).toStrictEqual(expected);
    expect(answer.body).toStrictEqual(expected);
    expect(parseFrontToken(client.frontToken)).toStrictEqual({
      uid: 'ada',
      ate: Number(before['exp']) * 1000,
      up: expected,
    });
    expect(answer.headers.get('st-refresh-token')).toBeNull();
    if (mode === 'cookie') {
      expect(getCookie(answer, 'sAccessToken').attributes['path']).toBe('/');
      expect(answer.cookies).toHaveLength(1);
    }
    // What is in the database stays over refreshes.
    await client.refresh();
    expect(decodeClaims(client.accessToken)).toMatchObject({ sub: 'ada', size: 'XL' });
  });

  it('two changes in one request leave one token, which has both', async () => {
    const client = await signIn();
    const answer = await client.request('/twice', { method: 'PATCH' });
    expect(decodeClaims(client.accessToken)).toMatchObject({ first: 1, second: 2 });
    expect(answer.body).toStrictEqual(decodeClaims(client.accessToken));
    expect(answer.cookies).toHaveLength(mode === 'cookie' ? 1 : 0);
  });

  it('a change right after a refresh, which also confirms the session', async () => {
    const client = await signIn();
    await client.refresh();
    const answer = await client.request('/twice', { method: 'PATCH' });
    expect(answer.status).toBe(200);
    expect(decodeClaims(client.accessToken)).not.toHaveProperty('parentRefreshTokenHash1');
    expect((await client.refresh()).status).toBe(200);
    expect(decodeClaims(client.accessToken)).toMatchObject({ first: 1, second: 2 });
  });

  it('revokeSession clears the tokens of the answer, and what the same request had set before', async () => {
    const client = await signIn();
    const other = client.copy();
    expectCleared(await client.request('/changed', { method: 'DELETE' }));
    expect((await other.refresh()).status).toBe(401);
  });

  it('claims are fetched, set, read and removed', async () => {
    const client = await signIn();
    plan = 'silver';
    const answer = await client.request('/claim', { method: 'PATCH' });
    expect(answer.body).toEqual({ fetched: 'silver', set: 'gold' });
    expect(decodeClaims(client.accessToken)['plan']).toEqual({ v: 'gold', t: testApp.clock.now() });
    expect((await client.request('/claim', { method: 'DELETE' })).body).toEqual({ left: null });
    expect(decodeClaims(client.accessToken)).not.toHaveProperty('plan');
  });

  it('assertClaims fetches what is too old, gives it to the client, and throws what fails', async () => {
    const client = await signIn();
    plan = 'silver';
    const failed = await client.get('/claims');
    expect([failed.status, failed.body]).toEqual([
      403,
      {
        message: 'invalid claim',
        claimValidationErrors: [
          { id: 'plan', reason: { message: 'wrong value', expectedValue: 'gold', actualValue: 'silver' } },
        ],
      },
    ]);
    // Also the error carries the new token, so that the page sees what the server sees.
    expect(decodeClaims(client.accessToken)['plan']).toMatchObject({ v: 'silver' });
    plan = 'gold';
    testApp.clock.advance(1000);
    expect((await client.get('/claims')).status).toBe(200);
    expect(decodeClaims(client.accessToken)['plan']).toMatchObject({ v: 'gold' });
  });

  it('the payload is a copy: what a handler does to it reaches no other request', async () => {
    const client = await signIn({ payload: { list: [] } });
    for (let round = 0; round < 2; round++) {
      expect((await client.get('/mutating')).body).toMatchObject({ sub: 'ada', list: [] });
    }
  });

  it.each([
    ['GET', '/facts'],
    ['PUT', '/data'],
    ['PATCH', '/twice'],
    ['PATCH', '/claim'],
  ])('%s %s answers 401 unauthorised and clears, once the session has been revoked', async (method, path) => {
    const client = await signIn();
    await client.copy().post('/revoke');
    const answer = await client.request(path, { method });
    expect([answer.status, answer.body]).toEqual([401, { message: 'unauthorised' }]);
    expectCleared(answer);
  });
});

describe('a session without a response', () => {
  it('changes its own tokens, and tells that they are new', async () => {
    const testApp = await startTestApp();
    const sessions = testApp.app.get(SessionService);
    const created = await sessions.createNewSessionWithoutRequestResponse('ada');
    const { refreshToken } = created.getAllSessionTokensDangerously();
    await created.mergeIntoAccessTokenPayload({ color: 'red' });
    const changed = created.getAllSessionTokensDangerously();
    expect(changed).toMatchObject({ refreshToken, accessAndFrontTokenUpdated: true });
    expect(decodeClaims(changed.accessToken)).toMatchObject({ color: 'red' });
    expect(parseFrontToken(changed.frontToken).up).toEqual(decodeClaims(changed.accessToken));

    const verified = await sessions.getSessionWithoutRequestResponse(changed.accessToken);
    expect(verified.getAllSessionTokensDangerously()).toMatchObject({
      accessToken: changed.accessToken,
      refreshToken: undefined,
      accessAndFrontTokenUpdated: false,
    });
    // A child stays one when its payload changes: its first use is still to come.
    const refreshed = await sessions.refreshSessionWithoutRequestResponse(refreshToken ?? '');
    const parent = decodeClaims(refreshed.getAccessToken())['parentRefreshTokenHash1'];
    expect(parent).toBe(decodeClaims(created.getAccessToken())['refreshTokenHash1']);
    await refreshed.mergeIntoAccessTokenPayload({ size: 'XL' });
    expect(decodeClaims(refreshed.getAccessToken())).toMatchObject({ parentRefreshTokenHash1: parent, size: 'XL' });

    await verified.revokeSession();
    await expect(verified.getTimeCreated()).rejects.toThrow(UnauthorisedException);
    await testApp.close();
  });
});
