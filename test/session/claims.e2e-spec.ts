import { Controller, Get, UseGuards } from '@nestjs/common';
import {
  BooleanClaim,
  InvalidClaimException,
  PrimitiveArrayClaim,
  PrimitiveClaim,
  Session,
  SessionGuard,
  VerifySession,
  type JsonObject,
  type SessionContainer,
  type SessionClaimValidator,
} from 'nestward';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { decodeClaims, parseFrontToken, SessionClient } from '../support/session-client.js';
import { expectNothingCleared } from './expectations.js';
import { SessionTestController } from './session-test.controller.js';

interface Facts {
  verified: boolean;
  roles: string[];
  plan: string | undefined;
}

const facts: Facts = { verified: true, roles: [], plan: undefined };
const fetches = { verified: 0, roles: 0, plan: 0 };

function fetchFact<Name extends keyof Facts>(name: Name): Facts[Name] {
  fetches[name]++;
  return facts[name];
}

const verifiedClaim = new BooleanClaim({
  key: 'verified',
  fetchValue: () => fetchFact('verified'),
  defaultMaxAgeInSeconds: 300,
});
const rolesClaim = new PrimitiveArrayClaim<string>({ key: 'roles', fetchValue: () => fetchFact('roles') });
const planClaim = new PrimitiveClaim<string>({ key: 'plan', fetchValue: () => fetchFact('plan') });

/** A validator that an app writes itself. */
const weekend: SessionClaimValidator = {
  id: 'weekend',
  validate: (payload) =>
    payload['sub'] === 'ada' ? { isValid: true } : { isValid: false, reason: { message: 'not on weekdays' } },
};

@Controller()
@UseGuards(SessionGuard)
class ClaimsController {
  @Get('global')
  getGlobal(): JsonObject {
    return {};
  }

  @Get('admin')
  @VerifySession({
    overrideGlobalClaimValidators: (validators) => [...validators, rolesClaim.validators.includes('admin')],
  })
  getAdmin(): JsonObject {
    return {};
  }

  @Get('any')
  @VerifySession({ overrideGlobalClaimValidators: () => [] })
  getAny(): JsonObject {
    return {};
  }

  @Get('chosen')
  @VerifySession({
    overrideGlobalClaimValidators: (_validators, session) =>
      Promise.resolve(session.getUserId() === 'ada' ? [] : [weekend, planClaim.validators.hasValue('pro')]),
  })
  getChosen(): JsonObject {
    return {};
  }

  @Get('optional-admin')
  @VerifySession({
    sessionRequired: false,
    overrideGlobalClaimValidators: () => [rolesClaim.validators.includes('admin')],
  })
  getOptionalAdmin(@Session() session: SessionContainer | undefined): JsonObject {
    return { hasSession: session !== undefined };
  }

  @Get('own')
  @VerifySession({ overrideGlobalClaimValidators: () => [] })
  throwOwn(): never {
    throw new InvalidClaimException([{ id: 'own', reason: { message: 'because' } }]);
  }
}

describe('claims of a request (contract §4)', () => {
  let testApp: TestApp;

  beforeAll(async () => {
    testApp = await startTestApp({
      controllers: [SessionTestController, ClaimsController],
      auth: {
        session: { claims: [verifiedClaim, rolesClaim], globalClaimValidators: [verifiedClaim.validators.isTrue()] },
      },
    });
  });

  afterAll(async () => {
    await testApp.close();
  });

  beforeEach(() => {
    Object.assign(facts, { verified: true, roles: ['reader'], plan: undefined });
    Object.assign(fetches, { verified: 0, roles: 0, plan: 0 });
  });

  async function signIn(userId = 'ada', mode: 'cookie' | 'header' = 'header'): Promise<SessionClient> {
    const client = new SessionClient(testApp.url, mode);
    await client.signIn(userId);
    return client;
  }

  it('§4 a claim’s value sits in the payload as {"v": value, "t": ms}, in the front token too', async () => {
    const client = await signIn();
    const t = testApp.clock.now();
    const expected = { verified: { v: true, t }, roles: { v: ['reader'], t } };
    expect(decodeClaims(client.accessToken)).toMatchObject(expected);
    expect(parseFrontToken(client.frontToken).up).toMatchObject(expected);
    expect(fetches).toEqual({ verified: 1, roles: 1, plan: 0 });
  });

  it('a claim without a value is left out', async () => {
    const client = await signIn();
    expect(decodeClaims(client.accessToken)).not.toHaveProperty('plan');
  });

  it.each(['cookie', 'header'] as const)(
    '§4 a claim validator fails: 403 invalid claim with id and reason, nothing cleared (%s mode)',
    async (mode) => {
      facts.verified = false;
      const client = await signIn('ada', mode);
      const answer = await client.get('/global');
      expect([answer.status, answer.body]).toEqual([
        403,
        {
          message: 'invalid claim',
          claimValidationErrors: [
            { id: 'verified', reason: { message: 'wrong value', expectedValue: true, actualValue: false } },
          ],
        },
      ]);
      expectNothingCleared(answer);
      expect((await client.get('/any')).status).toBe(200);
    },
  );

  it('all validators that fail are told, in their order', async () => {
    facts.verified = false;
    const answer = await (await signIn()).get('/admin');
    expect(answer.body).toMatchObject({ claimValidationErrors: [{ id: 'verified' }, { id: 'roles' }] });
  });

  it('overrideGlobalClaimValidators of a route takes the place of the global ones', async () => {
    const client = await signIn();
    expect((await client.get('/admin')).status).toBe(403);
    facts.roles = ['reader', 'admin'];
    expect((await (await signIn()).get('/admin')).status).toBe(200);
    facts.verified = false;
    expect((await (await signIn()).get('/admin')).status).toBe(403);
    expect((await (await signIn()).get('/any')).status).toBe(200);
  });

  it('it may choose by the session, with an asynchronous function, and a validator of the app’s own', async () => {
    expect((await (await signIn('ada')).get('/chosen')).status).toBe(200);
    const answer = await (await signIn('eve')).get('/chosen');
    expect(answer.body).toMatchObject({
      claimValidationErrors: [
        { id: 'weekend', reason: { message: 'not on weekdays' } },
        { id: 'plan', reason: { message: 'value does not exist' } },
      ],
    });
  });

  it('an optional session is checked where there is one', async () => {
    expect((await new SessionClient(testApp.url).get('/optional-admin')).body).toEqual({ hasSession: false });
    expect((await (await signIn()).get('/optional-admin')).status).toBe(403);
  });

  it('§4 validators refetch what is too old: the client gets the new value with the same answer', async () => {
    const client = await signIn();
    facts.verified = false;
    testApp.clock.advance(300_000);
    expect((await client.get('/global')).status).toBe(200);
    expect(fetches.verified).toBe(1);
    testApp.clock.advance(1);
    const refused = await client.get('/global');
    expect(refused.status).toBe(403);
    expect(fetches.verified).toBe(2);
    expect(decodeClaims(client.accessToken)['verified']).toEqual({ v: false, t: testApp.clock.now() });
    expect(parseFrontToken(client.frontToken).up['verified']).toMatchObject({ v: false });
    // It is kept in the database: a refresh gives the same.
    await client.refresh();
    expect(decodeClaims(client.accessToken)['verified']).toMatchObject({ v: false });
    expect(fetches.verified).toBe(2);
  });

  it('§4 validators refetch what is missing', async () => {
    const client = await signIn('eve');
    facts.plan = 'pro';
    const answer = await client.get('/chosen');
    expect(answer.body).toMatchObject({ claimValidationErrors: [{ id: 'weekend' }] });
    expect(decodeClaims(client.accessToken)['plan']).toMatchObject({ v: 'pro' });
  });

  it('a fresh claim costs no fetch, and the answer has no new token', async () => {
    const client = await signIn();
    const answer = await client.get('/global');
    expect(answer.status).toBe(200);
    expectNothingCleared(answer);
    expect(fetches.verified).toBe(1);
  });

  it('an app may throw InvalidClaimException itself', async () => {
    const answer = await (await signIn()).get('/own');
    expect([answer.status, answer.body]).toEqual([
      403,
      { message: 'invalid claim', claimValidationErrors: [{ id: 'own', reason: { message: 'because' } }] },
    ]);
  });

  it('the token is verified before the claims: an expired one is to be refreshed', async () => {
    facts.verified = false;
    const client = await signIn();
    testApp.clock.advance(3_600_000);
    expect((await client.get('/global')).body).toEqual({ message: 'try refresh token' });
  });
});

describe('claims with other options', () => {
  it('§3 invalidClaimStatusCode takes the place of 403', async () => {
    const testApp = await startTestApp({
      controllers: [SessionTestController, ClaimsController],
      auth: { session: { globalClaimValidators: [weekend], invalidClaimStatusCode: 418 } },
    });
    const client = new SessionClient(testApp.url);
    await client.signIn('eve');
    expect((await client.get('/global')).status).toBe(418);
    await testApp.close();
  });

  it('a sign-in whose claim cannot be fetched fails, and leaves no session', async () => {
    const testApp = await startTestApp({
      controllers: [SessionTestController],
      nest: { logger: false },
      auth: {
        session: {
          claims: [
            new BooleanClaim({
              key: 'broken',
              fetchValue: () => {
                throw new Error('the database of the app is away');
              },
            }),
          ],
        },
      },
    });
    const client = new SessionClient(testApp.url, 'cookie');
    const answer = await client.signIn();
    expect(answer.status).toBe(500);
    expectNothingCleared(answer);
    await testApp.close();
  });
});
