import { Controller, Get, Post } from '@nestjs/common';
import {
  BooleanClaim,
  PrimitiveArrayClaim,
  PrimitiveClaim,
  Session,
  SessionService,
  VerifySession,
  type SessionContainer,
} from 'nestward';
import { CookieClient, readFrontToken } from '../support/cookie-client.js';
import { startTestApp, type TestApp } from '../support/create-app.js';

/** What the app would read from its own tables. */
const facts = { isVerified: false, role: 'reader', groups: ['a', 'b'] };
let fetches = 0;

const verified = new BooleanClaim({ key: 'verified', fetchValue: () => (fetches++, facts.isVerified) });
const role = new PrimitiveClaim({ key: 'role', fetchValue: () => facts.role, defaultMaxAgeInSeconds: 60 });
const groups = new PrimitiveArrayClaim({ key: 'groups', fetchValue: () => facts.groups });

@Controller()
class ClaimsController {
  @Get('guarded')
  @VerifySession()
  getGuarded(): { ok: true } {
    return { ok: true };
  }

  @Get('unchecked')
  @VerifySession({ overrideGlobalClaimValidators: () => [] })
  getUnchecked(): { ok: true } {
    return { ok: true };
  }

  @Get('editors')
  @VerifySession({ overrideGlobalClaimValidators: () => [role.validators.hasValue('editor', 60, 'must-edit')] })
  getEditors(): { ok: true } {
    return { ok: true };
  }

  @Get('groups')
  @VerifySession({
    overrideGlobalClaimValidators: async (global, session) =>
      Promise.resolve([...global, groups.validators.includes(session.getUserId())]),
  })
  getGroups(): { ok: true } {
    return { ok: true };
  }

  @Post('set')
  @VerifySession({ overrideGlobalClaimValidators: () => [] })
  async set(@Session() session: SessionContainer): Promise<object> {
    await session.setClaimValue(role, 'writer');
    await session.fetchAndSetClaim(groups);
    await session.removeClaim(verified);
    return {
      role: session.getClaimValue(role),
      groups: session.getClaimValue(groups),
      verified: session.getClaimValue(verified) ?? null,
    };
  }

  @Post('assert')
  @VerifySession({ overrideGlobalClaimValidators: () => [] })
  async assert(@Session() session: SessionContainer): Promise<object> {
    await session.assertClaims([role.validators.hasValue('nobody')]);
    return {};
  }
}

describe('claims of a session over HTTP (contract §4)', () => {
  let test: TestApp;
  let client: CookieClient;

  beforeEach(async () => {
    Object.assign(facts, { isVerified: false, role: 'reader', groups: ['a', 'b'] });
    fetches = 0;
    test = await startTestApp({
      controllers: [ClaimsController],
      auth: { session: { claims: [verified, role], globalClaimValidators: [verified.validators.isTrue(300)] } },
    });
    client = new CookieClient(test.url);
    await client.signUp();
  });

  afterEach(async () => {
    await test.close();
  });

  it('a new session has the configured claims, as {"<key>": {"v", "t"}}, where the client reads them', async () => {
    const response = await new CookieClient(test.url).signUp('other@example.com');
    expect(readFrontToken(response)?.up).toMatchObject({
      verified: { v: false, t: test.clock.now() },
      role: { v: 'reader', t: test.clock.now() },
    });
  });

  it('a claim validator fails: 403 invalid claim, with id and reason, and nothing cleared', async () => {
    const response = await client.send('/guarded');
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({
      message: 'invalid claim',
      claimValidationErrors: [
        { id: 'verified', reason: { message: 'wrong value', expectedValue: true, actualValue: false } },
      ],
    });
    expect(response.headers.getSetCookie()).toEqual([]);
    expect((await client.send('/unchecked')).status).toBe(200);
  });

  it('a value that is too old is fetched again, and the client gets it with the answer, also with an error', async () => {
    test.clock.advanceSeconds(301);
    const failed = await client.send('/guarded');
    expect(failed.status).toBe(403);
    expect(readFrontToken(failed)?.up).toMatchObject({ verified: { v: false, t: test.clock.now() } });
    facts.isVerified = true;
    expect((await client.send('/guarded')).status).toBe(403);
    test.clock.advanceSeconds(301);
    const good = await client.send('/guarded');
    expect(good.status).toBe(200);
    expect(readFrontToken(good)?.up).toMatchObject({ verified: { v: true, t: test.clock.now() } });
    const before = fetches;
    expect((await client.send('/guarded')).status).toBe(200);
    expect(fetches).toBe(before);
  });

  it('a route may have validators of its own, chosen by the session, and names of its own', async () => {
    const response = await client.send('/editors');
    expect(await response.json()).toMatchObject({ claimValidationErrors: [{ id: 'must-edit' }] });
    facts.isVerified = true;
    test.clock.advanceSeconds(301);
    const missing = (await (await client.send('/groups')).json()) as { claimValidationErrors: { id: string }[] };
    expect(missing.claimValidationErrors.map(({ id }) => id)).toEqual(['groups']);
  });

  it('a handler sets, fetches, removes and reads claims, and the new token is in the answer', async () => {
    const response = await client.send('/set', { method: 'POST' });
    expect(await response.json()).toEqual({ role: 'writer', groups: ['a', 'b'], verified: null });
    const payload = readFrontToken(response)?.up ?? {};
    expect(payload).toMatchObject({ role: { v: 'writer' }, groups: { v: ['a', 'b'] } });
    expect(payload).not.toHaveProperty('verified');
    // It outlives the access token, because the database has it as well.
    expect(readFrontToken(await client.refresh())?.up).toMatchObject({ role: { v: 'writer' } });
  });

  it('assertClaims in a handler answers as a route does', async () => {
    expect((await client.send('/assert', { method: 'POST' })).status).toBe(403);
  });

  it('sign-out does not check claims', async () => {
    expect((await client.send('/auth/signout', { method: 'POST' })).status).toBe(200);
  });

  it('invalidClaimStatusCode takes the place of 403', async () => {
    const other = await startTestApp({
      controllers: [ClaimsController],
      auth: { session: { globalClaimValidators: [verified.validators.isTrue()], invalidClaimStatusCode: 418 } },
    });
    const otherClient = new CookieClient(other.url);
    await otherClient.signUp();
    expect((await otherClient.send('/guarded')).status).toBe(418);
    await other.close();
  });

  it('SessionService does the same by handle, for code without a request', async () => {
    const sessions = test.app.get(SessionService);
    const session = await sessions.createNewSessionWithoutRequestResponse('ada');
    const handle = session.getHandle();
    expect(await sessions.validateClaimsForSessionHandle(handle)).toMatchObject({
      status: 'OK',
      invalidClaims: [{ id: 'verified' }],
    });
    expect(await sessions.setClaimValue(handle, verified, true)).toBe(true);
    expect(await sessions.validateClaimsForSessionHandle(handle)).toEqual({ status: 'OK', invalidClaims: [] });
    expect(await sessions.fetchAndSetClaim(handle, groups)).toBe(true);
    expect(await sessions.getClaimValue(handle, groups)).toEqual({ status: 'OK', value: ['a', 'b'] });
    expect(await sessions.removeClaim(handle, groups)).toBe(true);
    expect(await sessions.getClaimValue(handle, groups)).toEqual({ status: 'OK', value: undefined });

    await sessions.revokeSession(handle);
    expect(await sessions.validateClaimsForSessionHandle(handle)).toEqual({ status: 'SESSION_DOES_NOT_EXIST_ERROR' });
    expect(await sessions.getClaimValue(handle, groups)).toEqual({ status: 'SESSION_DOES_NOT_EXIST_ERROR' });
    expect(await sessions.fetchAndSetClaim(handle, groups)).toBe(false);
    expect(await sessions.setClaimValue(handle, verified, true)).toBe(false);
    expect(await sessions.removeClaim(handle, verified)).toBe(false);
  });
});
