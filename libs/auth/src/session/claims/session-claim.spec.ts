import fc from 'fast-check';
import { ConfigurationError } from '../../config/configuration.error.js';
import type { JsonObject, JsonValue } from '../../config/json.js';
import { PROTECTED_CLAIM_NAMES } from '../access-token-payload.js';
import { BooleanClaim } from './boolean-claim.js';
import { PrimitiveArrayClaim } from './primitive-array-claim.js';
import { PrimitiveClaim } from './primitive-claim.js';
import { SessionClaim, type ClaimFetchInput } from './session-claim.js';

const NOW = 1_700_000_000_000;
const input: ClaimFetchInput = {
  userId: 'user-1',
  recipeUserId: 'recipe-user-1',
  tenantId: 'public',
  accessTokenPayload: { sub: 'user-1' },
  getUser: () => Promise.resolve(undefined),
};

interface Plan extends Record<string, JsonValue> {
  tier: string;
  seats: number[];
}

/** A claim of an app's own, whose value is an object. */
class PlanClaim extends SessionClaim<Plan> {
  constructor(readonly plan: Plan) {
    super({ key: 'plan', fetchValue: () => plan });
  }

  protected override isValue(value: unknown): value is Plan {
    return typeof value === 'object' && value !== null && 'tier' in value;
  }
}

/** A claim whose value may be null. */
class NullableClaim extends SessionClaim<string | null> {
  protected override isValue(value: unknown): value is string | null {
    return value === null || typeof value === 'string';
  }
}

function role(
  fetchValue: () => string | undefined | Promise<string | undefined> = () => 'admin',
): PrimitiveClaim<string> {
  return new PrimitiveClaim<string>({ key: 'role', fetchValue });
}

describe('the key of a session claim', () => {
  it.each([...PROTECTED_CLAIM_NAMES, '__proto__', 'aud', 'nbf', 'jti'])(
    'cannot be %s, which the token needs itself',
    (key) => {
      const create = (): unknown => new PrimitiveClaim<string>({ key, fetchValue: () => 'x' });
      expect(create).toThrow(ConfigurationError);
      expect(create).toThrow(`'${key}'`);
      expect(() => new BooleanClaim({ key, fetchValue: () => true })).toThrow(ConfigurationError);
      expect(() => new PrimitiveArrayClaim<string>({ key, fetchValue: () => [] })).toThrow(ConfigurationError);
    },
  );

  it.each([
    ['', 'is empty:'],
    [undefined, 'is undefined:'],
    [null, 'is null:'],
    [7, 'is 7:'],
  ])('cannot be %j', (key, words) => {
    const create = (): unknown => Reflect.construct(PrimitiveClaim, [{ key, fetchValue: () => 'x' }]);
    expect(create).toThrow(ConfigurationError);
    expect(create).toThrow(words);
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', 'prototype', 'st-ev', 'SUB', 'v', 't', ' ', 'role.name'])(
    'can be %j, and means only an own property of the payload',
    (key) => {
      const claim = new PrimitiveClaim<string>({ key, fetchValue: () => 'x' });
      expect(claim.getValueFromPayload({})).toBeUndefined();
      expect(claim.getLastRefetchTime({})).toBeUndefined();
      expect(claim.getValueFromPayload(claim.addToPayload({}, 'x', NOW))).toBe('x');
      expect(claim.removeFromPayload(claim.addToPayload({}, 'x', NOW))).toEqual({});
    },
  );

  it('is read from the payload alone, not from what it inherits', () => {
    const payload = Object.create({ role: { v: 'admin', t: NOW } }) as JsonObject;
    expect(role().getValueFromPayload(payload)).toBeUndefined();
    expect(role().getLastRefetchTime(payload)).toBeUndefined();
  });
});

describe('the function that finds the value', () => {
  it.each([undefined, null, 'admin'])('cannot be %j', (fetchValue) => {
    const create = (): unknown => Reflect.construct(PrimitiveClaim, [{ key: 'role', fetchValue }]);
    expect(create).toThrow(ConfigurationError);
    expect(create).toThrow("fetchValue of the session claim 'role'");
  });

  it('is asked with the user, the login method, the tenant and the payload so far', async () => {
    const inputs: ClaimFetchInput[] = [];
    const claim = new PrimitiveClaim<string>({
      key: 'role',
      fetchValue: (given) => {
        inputs.push(given);
        return 'admin';
      },
    });
    await expect(claim.fetchValue(input)).resolves.toBe('admin');
    await claim.build(input, NOW);
    expect(inputs).toEqual([input, input]);
  });

  it('may answer at once or later', async () => {
    await expect(role(() => 'admin').build(input, NOW)).resolves.toEqual({ role: { v: 'admin', t: NOW } });
    await expect(role(() => Promise.resolve('admin')).build(input, NOW)).resolves.toEqual({
      role: { v: 'admin', t: NOW },
    });
  });

  it('adds nothing where it finds nothing', async () => {
    await expect(role(() => undefined).build(input, NOW)).resolves.toEqual({});
    await expect(role(() => Promise.resolve(undefined)).build(input, NOW)).resolves.toEqual({});
  });

  it("adds nothing where it finds a database's null", async () => {
    const fetchNull = JSON.parse('null') as string;
    await expect(role(() => fetchNull).build(input, NOW)).resolves.toEqual({});
  });

  it('may find null where the claim has it as a value', async () => {
    const claim = new NullableClaim({ key: 'nickname', fetchValue: () => null });
    const payload = await claim.build(input, NOW);
    expect(payload).toEqual({ nickname: { v: null, t: NOW } });
    expect(claim.getValueFromPayload(payload)).toBeNull();
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no database');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no database'))],
  ])('reaches the caller when it %s', async (_, fetchValue) => {
    const claim = role(fetchValue);
    await expect(claim.build(input, NOW)).rejects.toThrow('no database');
    await expect(claim.fetchValue(input)).rejects.toThrow('no database');
  });
});

describe('a value that the claim cannot hold', () => {
  it.each<[string, SessionClaim, unknown, string]>([
    ['PrimitiveClaim', role(), { name: 'admin' }, 'of type object'],
    ['PrimitiveClaim', role(), ['admin'], 'an array'],
    ['PrimitiveClaim', role(), Number.NaN, 'NaN'],
    ['PrimitiveClaim', role(), Number.POSITIVE_INFINITY, 'Infinity'],
    ['PrimitiveClaim', role(), 7n, 'of type bigint'],
    ['PrimitiveClaim', role(), null, 'null'],
    ['PrimitiveClaim', role(), undefined, 'undefined'],
    ['BooleanClaim', new BooleanClaim({ key: 'isAdmin', fetchValue: () => true }), 1, 'a number'],
    ['BooleanClaim', new BooleanClaim({ key: 'isAdmin', fetchValue: () => true }), 'secret', 'of type string'],
    ['PrimitiveArrayClaim', new PrimitiveArrayClaim({ key: 'roles', fetchValue: () => ['a'] }), 'a', 'of type string'],
    ['PrimitiveArrayClaim', new PrimitiveArrayClaim({ key: 'roles', fetchValue: () => ['a'] }), [null], 'an array'],
    ['PrimitiveArrayClaim', new PrimitiveArrayClaim({ key: 'roles', fetchValue: () => ['a'] }), [[]], 'an array'],
    ['PrimitiveArrayClaim', new PrimitiveArrayClaim({ key: 'roles', fetchValue: () => ['a'] }), [NaN], 'an array'],
  ])('is refused by a %2$s as a wrong type, without being told (%3$p)', (_, claim, value, words) => {
    const add = (): unknown => Reflect.apply(claim.addToPayload, claim, [{}, value, NOW]);
    expect(add).toThrow(TypeError);
    expect(add).toThrow(`The session claim '${claim.key}' cannot hold the value that it was given, which is ${words}.`);
  });

  it('is refused when it is fetched', async () => {
    const one = JSON.parse('1') as boolean;
    const claim = new BooleanClaim({ key: 'isAdmin', fetchValue: () => one });
    await expect(claim.build(input, NOW)).rejects.toThrow(TypeError);
  });
});

describe('a session claim in a payload', () => {
  it('is an object of the value and the time in milliseconds (contract §4)', () => {
    expect(role().addToPayload({}, 'admin', NOW)).toEqual({ role: { v: 'admin', t: NOW } });
  });

  it('replaces what was there, and leaves the payload that it was given as it was', () => {
    const payload: JsonObject = { plan: 'free', role: { v: 'user', t: 1 } };
    const copy = structuredClone(payload);
    const claim = role();
    expect(claim.addToPayload(payload, 'admin', NOW)).toEqual({ plan: 'free', role: { v: 'admin', t: NOW } });
    expect(claim.removeFromPayload(payload)).toEqual({ plan: 'free' });
    expect(claim.removeFromPayload(payload)).not.toHaveProperty('role');
    expect(claim.removeFromPayloadByMerge(payload)).toEqual({ plan: 'free', role: null });
    expect(payload).toEqual(copy);
  });

  it('is removed from a payload that has none', () => {
    expect(role().removeFromPayload({ plan: 'free' })).toEqual({ plan: 'free' });
    expect(role().removeFromPayloadByMerge({})).toEqual({ role: null });
    expect(role().getValueFromPayload({ role: null })).toBeUndefined();
  });

  it.each<JsonValue | undefined>([
    undefined,
    null,
    'admin',
    7,
    true,
    [],
    ['admin'],
    {},
    { t: NOW },
    { v: null, t: NOW },
    { v: {}, t: NOW },
    { v: ['admin'], t: NOW },
    { V: 'admin', t: NOW },
  ])('has no value in the place of %j', (entry) => {
    expect(role().getValueFromPayload({ role: entry })).toBeUndefined();
  });

  it.each<JsonValue>([null, '1700000000000', true, {}, [NOW]])('has no time in the place of %j', (time) => {
    const payload = { role: { v: 'admin', t: time } };
    expect(role().getLastRefetchTime(payload)).toBeUndefined();
    expect(role().getValueFromPayload(payload)).toBe('admin');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('has no time in the place of %p', (time) => {
    expect(role().getLastRefetchTime({ role: { v: 'admin', t: time } })).toBeUndefined();
  });

  it('has a value and a time', () => {
    const payload = { role: { v: '', t: 0 } };
    expect(role().getValueFromPayload(payload)).toBe('');
    expect(role().getLastRefetchTime(payload)).toBe(0);
  });

  it('takes a value of any shape that the app defines', async () => {
    const claim = new PlanClaim({ tier: 'pro', seats: [1] });
    const payload = await claim.build(input, NOW);
    expect(payload).toEqual({ plan: { v: { tier: 'pro', seats: [1] }, t: NOW } });
    expect(claim.getValueFromPayload(payload)).toEqual({ tier: 'pro', seats: [1] });
    expect(claim.getValueFromPayload({ plan: { v: { seats: [] }, t: NOW } })).toBeUndefined();
  });

  it('shares no list or object with the app that fetched it, nor with the app that reads it', async () => {
    const list = ['user'];
    const roles = new PrimitiveArrayClaim<string>({ key: 'roles', fetchValue: () => list });
    const plan = new PlanClaim({ tier: 'pro', seats: [1] });
    const payload = { ...(await roles.build(input, NOW)), ...(await plan.build(input, NOW)) };
    const before = structuredClone(payload);

    list.push('admin');
    plan.plan.seats.push(2);
    roles.getValueFromPayload(payload)?.push('admin');
    plan.getValueFromPayload(payload)?.seats.push(3);

    expect(payload).toEqual(before);
  });

  it('comes back out of a token as it was put in', () => {
    const claims = [
      fc.tuple(fc.constant(role() as SessionClaim), fc.string({ unit: 'binary' })),
      fc.tuple(
        fc.constant(new PrimitiveClaim<number>({ key: 'level', fetchValue: () => 1 }) as SessionClaim),
        fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
      ),
      fc.tuple(fc.constant(new BooleanClaim({ key: 'isAdmin', fetchValue: () => true }) as SessionClaim), fc.boolean()),
      fc.tuple(
        fc.constant(new PrimitiveArrayClaim<string | number>({ key: 'roles', fetchValue: () => [] }) as SessionClaim),
        fc.array(fc.oneof(fc.string(), fc.integer())),
      ),
    ];
    fc.assert(
      fc.property(
        fc.oneof(...claims),
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.nat(),
        ([claim, value], other, t) => {
          const rest = JSON.parse(JSON.stringify(other)) as JsonObject;
          const payload = JSON.parse(JSON.stringify(claim.addToPayload(rest, value, t))) as JsonObject;
          expect(claim.getValueFromPayload(payload)).toEqual(value);
          expect(claim.getLastRefetchTime(payload)).toBe(t);
          expect(claim.removeFromPayload(payload)).toEqual(claim.removeFromPayload(rest));
        },
      ),
    );
  });

  it('is never read as something that it cannot be, whatever the payload holds', () => {
    const entry = fc.oneof(fc.jsonValue(), fc.record({ v: fc.jsonValue(), t: fc.jsonValue() }, { requiredKeys: [] }));
    const isAdmin = new BooleanClaim({ key: 'key', fetchValue: () => true });
    const name = new PrimitiveClaim<string>({ key: 'key', fetchValue: () => 'x' });
    const roles = new PrimitiveArrayClaim<string>({ key: 'key', fetchValue: () => [] });
    fc.assert(
      fc.property(entry, (key) => {
        const payload = { key } as JsonObject;
        expect(['boolean', 'undefined']).toContain(typeof isAdmin.getValueFromPayload(payload));
        expect(['string', 'number', 'boolean', 'undefined']).toContain(typeof name.getValueFromPayload(payload));
        const list = roles.getValueFromPayload(payload);
        expect(list === undefined || Array.isArray(list)).toBe(true);
        expect(['number', 'undefined']).toContain(typeof name.getLastRefetchTime(payload));
      }),
    );
  });
});
