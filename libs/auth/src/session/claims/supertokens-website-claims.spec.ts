import fc from 'fast-check';
import {
  BooleanClaim as ClientBooleanClaim,
  PrimitiveArrayClaim as ClientPrimitiveArrayClaim,
  PrimitiveClaim as ClientPrimitiveClaim,
  type SessionClaimValidator as ClientValidator,
} from 'supertokens-website';
import { DateProviderReference } from 'supertokens-website/utils/dateProvider/index.js';
import type { JsonObject } from '../../config/json.js';
import { BooleanClaim } from './boolean-claim.js';
import { PrimitiveArrayClaim } from './primitive-array-claim.js';
import { PrimitiveClaim } from './primitive-claim.js';
import type { SessionClaimValidator } from './session-claim-validator.js';

const NOW = 1_700_000_000_000;
const refresh = (): Promise<void> => Promise.resolve();

const role = new PrimitiveClaim<string>({ key: 'role', fetchValue: () => 'admin' });
const isAdmin = new BooleanClaim({ key: 'isAdmin', fetchValue: () => true });
const roles = new PrimitiveArrayClaim<string>({ key: 'roles', fetchValue: () => ['a'] });

const clientRole = new ClientPrimitiveClaim<string>({ id: 'role', refresh });
const clientIsAdmin = new ClientBooleanClaim({ id: 'isAdmin', refresh });
const clientRoles = new ClientPrimitiveArrayClaim<string>({ id: 'roles', refresh });

/** What the client finds in the front token: the payload went through JSON. */
function send(payload: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(payload)) as JsonObject;
}

/** What both sides say about a payload, as it travels. */
async function judge(validator: SessionClaimValidator, payload: JsonObject): Promise<unknown> {
  const context = { now: NOW };
  const result = await validator.validate(payload, context);
  return send({ id: validator.id, shouldFetch: await validator.shouldRefetch?.(payload, context), result });
}

async function judgeAsClient(validator: ClientValidator, payload: JsonObject): Promise<unknown> {
  const result = await validator.validate(send(payload), {});
  return send({
    id: validator.id,
    shouldFetch: await validator.shouldRefresh(send(payload), {}),
    result: result.isValid ? { isValid: true } : { isValid: false, reason: send(result.reason as JsonObject) },
  });
}

beforeAll(() => {
  // The client's clock is the server's, and without the threshold below which it refuses ages.
  DateProviderReference.init(() => ({
    now: () => NOW,
    getThresholdInSeconds: () => 0,
    setThresholdInSeconds: () => undefined,
    getClientClockSkewInMillis: () => 0,
    setClientClockSkewInMillis: () => undefined,
  }));
});

describe("the client's claims", () => {
  it('read the value and the time of a PrimitiveClaim', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), (value, time) => {
        const payload = send(role.addToPayload({ other: 1 }, value, time));
        expect(clientRole.getValueFromPayload(payload)).toBe(value);
        expect(clientRole.getLastFetchedTime(payload)).toBe(time);
      }),
    );
  });

  it.each([true, false])('read the value and the time of a BooleanClaim that is %p', (value) => {
    const payload = send(isAdmin.addToPayload({}, value, NOW));
    expect(clientIsAdmin.getValueFromPayload(payload)).toBe(value);
    expect(clientIsAdmin.getLastFetchedTime(payload)).toBe(NOW);
  });

  it('read the value and the time of a PrimitiveArrayClaim', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.nat(), (value, time) => {
        const payload = send(roles.addToPayload({}, value, time));
        expect(clientRoles.getValueFromPayload(payload)).toEqual(value);
        expect(clientRoles.getLastFetchedTime(payload)).toBe(time);
      }),
    );
  });

  it('find nothing where a claim was removed', () => {
    const payload = send(role.removeFromPayload(role.addToPayload({ other: 1 }, 'admin', NOW)));
    expect(clientRole.getValueFromPayload(payload)).toBeUndefined();
    expect(clientRole.getLastFetchedTime(payload)).toBeUndefined();
  });
});

describe("the client's validators and ours say the same about one payload", () => {
  const maxAges = fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined });
  const ids = fc.option(fc.constant('my-check'), { nil: undefined });
  const times = fc.integer({ min: NOW - 150_000, max: NOW });
  const letters = fc.constantFrom('a', 'b', 'c');
  const lists = fc.array(letters, { maxLength: 3 });

  it('PrimitiveClaim.hasValue', async () => {
    await fc.assert(
      fc.asyncProperty(fc.option(letters), letters, times, maxAges, ids, async (held, wanted, time, maxAge, id) => {
        const payload = held === null ? {} : role.addToPayload({}, held, time);
        expect(await judge(role.validators.hasValue(wanted, maxAge, id), payload)).toEqual(
          await judgeAsClient(clientRole.validators.hasValue(wanted, maxAge, id), payload),
        );
      }),
    );
  });

  it.each(['isTrue', 'isFalse'] as const)('BooleanClaim.%s', async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.option(fc.boolean()), times, maxAges, async (held, time, maxAge) => {
        const payload = held === null ? {} : isAdmin.addToPayload({}, held, time);
        expect(await judge(isAdmin.validators[name](maxAge), payload)).toEqual(
          await judgeAsClient(clientIsAdmin.validators[name](maxAge), payload),
        );
      }),
    );
  });

  it.each(['includes', 'excludes'] as const)('PrimitiveArrayClaim.%s', async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.option(lists), letters, times, maxAges, ids, async (held, wanted, time, maxAge, id) => {
        const payload = held === null ? {} : roles.addToPayload({}, held, time);
        expect(await judge(roles.validators[name](wanted, maxAge, id), payload)).toEqual(
          await judgeAsClient(clientRoles.validators[name](wanted, maxAge, id), payload),
        );
      }),
    );
  });

  it.each(['includesAll', 'includesAny', 'excludesAll'] as const)('PrimitiveArrayClaim.%s', async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.option(lists), lists, times, maxAges, ids, async (held, wanted, time, maxAge, id) => {
        // About a list that is missing, the client's includesAny says expectedToInclude: see below.
        fc.pre(name !== 'includesAny' || held !== null);
        const payload = held === null ? {} : roles.addToPayload({}, held, time);
        expect(await judge(roles.validators[name](wanted, maxAge, id), payload)).toEqual(
          await judgeAsClient(clientRoles.validators[name](wanted, maxAge, id), payload),
        );
      }),
    );
  });

  it('but includesAny, about a list that is missing, asks for one of the values where the client asks for all', async () => {
    const missing = { id: 'roles', shouldFetch: true };
    const message = 'value does not exist';
    expect(await judge(roles.validators.includesAny(['a', 'b']), {})).toEqual({
      ...missing,
      result: { isValid: false, reason: { message, expectedToIncludeAtLeastOneOf: ['a', 'b'] } },
    });
    expect(await judgeAsClient(clientRoles.validators.includesAny(['a', 'b']), {})).toEqual({
      ...missing,
      result: { isValid: false, reason: { message, expectedToInclude: ['a', 'b'] } },
    });
  });
});
