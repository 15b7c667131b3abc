import fc from 'fast-check';
import { ConfigurationError } from '../../config/configuration.error.js';
import type { JsonObject, JsonValue } from '../../config/json.js';
import { BooleanClaim } from './boolean-claim.js';
import { PrimitiveArrayClaim } from './primitive-array-claim.js';
import { PrimitiveClaim } from './primitive-claim.js';
import type { ClaimValidationResult, SessionClaimValidator } from './session-claim-validator.js';
import type { SessionClaim } from './session-claim.js';

const NOW = 1_700_000_000_000;
const context = { now: NOW };

interface Case {
  readonly name: string;
  readonly create: (
    defaultMaxAgeInSeconds?: number,
  ) => SessionClaim & { readonly defaultMaxAgeInSeconds: number | undefined };
  /** Makes the validator of such a claim. */
  readonly makeValidator: (claim: SessionClaim, maxAgeInSeconds?: number, id?: string) => SessionClaimValidator;
  readonly expected: JsonObject;
  readonly right: readonly JsonValue[];
  readonly wrong: readonly JsonValue[];
  readonly malformed: readonly JsonValue[];
}

function makeCase<Claim extends SessionClaim & { readonly defaultMaxAgeInSeconds: number | undefined }>(
  name: string,
  create: (defaultMaxAgeInSeconds: number | undefined) => Claim,
  makeValidator: (claim: Claim, maxAgeInSeconds?: number, id?: string) => SessionClaimValidator,
  rest: Pick<Case, 'expected' | 'right' | 'wrong' | 'malformed'>,
): Case {
  return { name, create, makeValidator: (claim, ...args) => makeValidator(claim as Claim, ...args), ...rest };
}

const createRole = (defaultMaxAgeInSeconds: number | undefined): PrimitiveClaim<string> =>
  new PrimitiveClaim<string>({ key: 'role', fetchValue: () => 'admin', defaultMaxAgeInSeconds });
const createLevel = (defaultMaxAgeInSeconds: number | undefined): PrimitiveClaim<number> =>
  new PrimitiveClaim<number>({ key: 'level', fetchValue: () => 0, defaultMaxAgeInSeconds });
const createIsAdmin = (defaultMaxAgeInSeconds: number | undefined): BooleanClaim =>
  new BooleanClaim({ key: 'isAdmin', fetchValue: () => true, defaultMaxAgeInSeconds });
const createRoles = (defaultMaxAgeInSeconds: number | undefined): PrimitiveArrayClaim<string> =>
  new PrimitiveArrayClaim<string>({ key: 'roles', fetchValue: () => ['a'], defaultMaxAgeInSeconds });

const noList = [null, 'a', 7, {}, [null], [['a']], [{}]];

const cases: readonly Case[] = [
  makeCase('PrimitiveClaim.hasValue', createRole, (claim, ...rest) => claim.validators.hasValue('admin', ...rest), {
    expected: { expectedValue: 'admin' },
    right: ['admin'],
    wrong: ['Admin', 'admin ', '', 'user', 1, true],
    malformed: [null, ['admin'], {}],
  }),
  makeCase('PrimitiveClaim.hasValue of 0', createLevel, (claim, ...rest) => claim.validators.hasValue(0, ...rest), {
    expected: { expectedValue: 0 },
    right: [0],
    wrong: [1, '0', '', false],
    malformed: [null, [0], {}],
  }),
  makeCase('BooleanClaim.isTrue', createIsAdmin, (claim, ...rest) => claim.validators.isTrue(...rest), {
    expected: { expectedValue: true },
    right: [true],
    wrong: [false],
    malformed: [1, 'true', null, [true], {}],
  }),
  makeCase('BooleanClaim.isFalse', createIsAdmin, (claim, ...rest) => claim.validators.isFalse(...rest), {
    expected: { expectedValue: false },
    right: [false],
    wrong: [true],
    malformed: [0, '', 'false', null, {}],
  }),
  makeCase('BooleanClaim.hasValue', createIsAdmin, (claim, ...rest) => claim.validators.hasValue(true, ...rest), {
    expected: { expectedValue: true },
    right: [true],
    wrong: [false],
    malformed: [1, 'true', null],
  }),
  makeCase('PrimitiveArrayClaim.includes', createRoles, (claim, ...rest) => claim.validators.includes('a', ...rest), {
    expected: { expectedToInclude: 'a' },
    right: [['a'], ['b', 'a'], ['a', 'a', 1]],
    wrong: [[], ['b'], ['A'], ['ab']],
    malformed: noList,
  }),
  makeCase('PrimitiveArrayClaim.excludes', createRoles, (claim, ...rest) => claim.validators.excludes('a', ...rest), {
    expected: { expectedToNotInclude: 'a' },
    right: [[], ['b'], ['A', 'ab']],
    wrong: [['a'], ['b', 'a']],
    malformed: noList,
  }),
  makeCase(
    'PrimitiveArrayClaim.includesAll',
    createRoles,
    (claim, ...rest) => claim.validators.includesAll(['a', 'b'], ...rest),
    {
      expected: { expectedToInclude: ['a', 'b'] },
      right: [
        ['a', 'b'],
        ['b', 'c', 'a'],
      ],
      wrong: [[], ['a'], ['b', 'c'], ['ab']],
      malformed: noList,
    },
  ),
  makeCase(
    'PrimitiveArrayClaim.includesAny',
    createRoles,
    (claim, ...rest) => claim.validators.includesAny(['a', 'b'], ...rest),
    {
      expected: { expectedToIncludeAtLeastOneOf: ['a', 'b'] },
      right: [['a'], ['c', 'b'], ['b', 'a']],
      wrong: [[], ['c'], ['ab']],
      malformed: noList,
    },
  ),
  makeCase(
    'PrimitiveArrayClaim.excludesAll',
    createRoles,
    (claim, ...rest) => claim.validators.excludesAll(['a', 'b'], ...rest),
    {
      expected: { expectedToNotInclude: ['a', 'b'] },
      right: [[], ['c'], ['ab']],
      wrong: [['a'], ['c', 'b'], ['a', 'b']],
      malformed: noList,
    },
  ),
];

const ageCases: readonly Case[] = [
  makeCase('PrimitiveClaim.maxAge', createRole, (claim, age = 60, id) => claim.validators.maxAge(age, id), {
    expected: {},
    right: ['admin', '', 0, false],
    wrong: [],
    malformed: [null, [], {}],
  }),
  makeCase('BooleanClaim.maxAge', createIsAdmin, (claim, age = 60, id) => claim.validators.maxAge(age, id), {
    expected: {},
    right: [true, false],
    wrong: [],
    malformed: [null, 0, 'true'],
  }),
  makeCase('PrimitiveArrayClaim.maxAge', createRoles, (claim, age = 60, id) => claim.validators.maxAge(age, id), {
    expected: {},
    right: [[], ['a']],
    wrong: [],
    malformed: noList,
  }),
];

function validate(validator: SessionClaimValidator, payload: JsonObject): ClaimValidationResult {
  return validator.validate(payload, context) as ClaimValidationResult;
}

function shouldRefetch(validator: SessionClaimValidator, payload: JsonObject): boolean {
  return validator.shouldRefetch?.(payload, context) as boolean;
}

describe.each([...cases, ...ageCases])('$name', ({ create, makeValidator, expected, right, wrong, malformed }) => {
  const claim = create();
  const { key } = claim;
  const [value] = right;
  const hold = (v: JsonValue | undefined, ageInMs = 0): JsonObject => ({ [key]: { v, t: NOW - ageInMs } });

  it.each(right.map((v) => [v]))('passes %j, and does not fetch it', (v) => {
    const validator = makeValidator(claim);
    expect(validate(validator, hold(v))).toEqual({ isValid: true });
    expect(shouldRefetch(validator, hold(v))).toBe(false);
  });

  if (wrong.length > 0) {
    it.each(wrong.map((v) => [v]))('fails %j as a wrong value, and does not fetch it', (v) => {
      const validator = makeValidator(claim);
      expect(validate(validator, hold(v))).toEqual({
        isValid: false,
        reason: { message: 'wrong value', ...expected, actualValue: v },
      });
      expect(shouldRefetch(validator, hold(v))).toBe(false);
    });
  }

  it.each([{}, { [key]: null }, { [key]: 'admin' }, ...malformed.map((v) => hold(v))])(
    'fails %j as missing, and fetches it',
    (payload) => {
      const validator = makeValidator(claim);
      const result = validate(validator, payload);
      expect(JSON.parse(JSON.stringify(result))).toEqual({
        isValid: false,
        reason: { message: 'value does not exist', ...expected },
      });
      expect(shouldRefetch(validator, payload)).toBe(true);
    },
  );

  it('passes at its greatest age, and fails a millisecond later', () => {
    const validator = makeValidator(claim, 60);
    expect(shouldRefetch(validator, hold(value, 60_000))).toBe(false);
    expect(validate(validator, hold(value, 60_000))).toEqual({ isValid: true });
    expect(shouldRefetch(validator, hold(value, 60_001))).toBe(true);
    expect(validate(validator, hold(value, 60_001))).toEqual({
      isValid: false,
      reason: { message: 'expired', ageInSeconds: 60.001, maxAgeInSeconds: 60 },
    });
  });

  it('passes a value of this very millisecond where the greatest age is 0', () => {
    const validator = makeValidator(claim, 0);
    expect(validate(validator, hold(value))).toEqual({ isValid: true });
    expect(shouldRefetch(validator, hold(value))).toBe(false);
    expect(validate(validator, hold(value, 1)).isValid).toBe(false);
    expect(shouldRefetch(validator, hold(value, 1))).toBe(true);
  });

  it('takes a value from a little ahead as new, and one from far ahead as too old', () => {
    const validator = makeValidator(claim, 60);
    expect(shouldRefetch(validator, hold(value, -60_000))).toBe(false);
    expect(validate(validator, hold(value, -60_000))).toEqual({ isValid: true });
    expect(shouldRefetch(validator, hold(value, -60_001))).toBe(true);
    expect(validate(validator, hold(value, -60_001))).toEqual({
      isValid: false,
      reason: { message: 'expired', ageInSeconds: -60.001, maxAgeInSeconds: 60 },
    });
  });

  it.each([undefined, null, 'yesterday', Number.NaN])('takes a value with the time %p as too old', (t) => {
    const validator = makeValidator(claim, 60);
    const payload = { [key]: { v: value, t } };
    expect(shouldRefetch(validator, payload)).toBe(true);
    expect(JSON.parse(JSON.stringify(validate(validator, payload)))).toEqual({
      isValid: false,
      reason: { message: 'expired', maxAgeInSeconds: 60 },
    });
  });

  it.each([-1e12, 0, 1e12, undefined])(
    'lets a value have any age (%p ms) where the greatest is Infinity',
    (ageInMs) => {
      const validator = makeValidator(create(1), Number.POSITIVE_INFINITY);
      const payload = ageInMs === undefined ? { [key]: { v: value } } : hold(value, ageInMs);
      expect(validate(validator, payload)).toEqual({ isValid: true });
      expect(shouldRefetch(validator, payload)).toBe(false);
    },
  );

  it("names the claim, and is named after it or by the caller's id", () => {
    expect(makeValidator(claim).claim).toBe(claim);
    expect(makeValidator(claim).id).toBe(key);
    expect(makeValidator(claim, 60, 'my-check').id).toBe('my-check');
  });

  it.each([-1, -0.001, Number.NaN, Number.NEGATIVE_INFINITY, '60', null])('refuses the greatest age %p', (age) => {
    const make = (): unknown => makeValidator(claim, age as number);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(
      `maxAgeInSeconds of the session claim '${key}' is ${typeof age === 'string' ? "'60'" : String(age)}:`,
    );
  });

  it('still works when it is spread or taken apart', () => {
    const validator = { ...makeValidator(claim), shouldRefetch: () => true };
    expect(validator.validate(hold(value), context)).toEqual({ isValid: true });
    const { validate: check } = makeValidator(claim);
    expect(check(hold(value), context)).toEqual({ isValid: true });
  });

  it('changes no payload', () => {
    const validator = makeValidator(claim, 60);
    for (const v of [...right, ...wrong, ...malformed]) {
      const payload = hold(v);
      const before = structuredClone(payload);
      shouldRefetch(validator, payload);
      validate(validator, payload);
      expect(payload).toEqual(before);
    }
  });
});

describe.each(cases)("$name and the claim's defaultMaxAgeInSeconds", ({ create, makeValidator, right: [value] }) => {
  const hold = (claim: SessionClaim, ageInMs: number): JsonObject => ({ [claim.key]: { v: value, t: NOW - ageInMs } });

  it('has no greatest age without one', () => {
    const claim = create();
    const validator = makeValidator(claim);
    expect(claim.defaultMaxAgeInSeconds).toBeUndefined();
    for (const ageInMs of [1e12, -1e12]) {
      expect(shouldRefetch(validator, hold(claim, ageInMs))).toBe(false);
      expect(validate(validator, hold(claim, ageInMs))).toEqual({ isValid: true });
    }
    expect(validate(validator, { [claim.key]: { v: value } })).toEqual({ isValid: true });
  });

  it('has it as its greatest age', () => {
    const claim = create(30);
    const validator = makeValidator(claim);
    expect(claim.defaultMaxAgeInSeconds).toBe(30);
    expect(validate(validator, hold(claim, 30_000))).toEqual({ isValid: true });
    expect(validate(validator, hold(claim, 30_001))).toEqual({
      isValid: false,
      reason: { message: 'expired', ageInSeconds: 30.001, maxAgeInSeconds: 30 },
    });
    expect(shouldRefetch(validator, hold(claim, 30_001))).toBe(true);
  });

  it.each([10, 60, 0])('prefers its own age of %d seconds', (maxAgeInSeconds) => {
    const claim = create(30);
    const validator = makeValidator(claim, maxAgeInSeconds);
    expect(shouldRefetch(validator, hold(claim, maxAgeInSeconds * 1000))).toBe(false);
    expect(shouldRefetch(validator, hold(claim, maxAgeInSeconds * 1000 + 1))).toBe(true);
  });

  it.each([-1, Number.NaN, '30', null])('refuses %p at boot', (age) => {
    const make = (): unknown => create(age as number);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow('defaultMaxAgeInSeconds of the session claim');
  });
});

describe('the order of what fails', () => {
  const role = createRole(undefined);

  it('is missing before expired, and expired before wrong', () => {
    const validator = role.validators.hasValue('admin', 60);
    expect(validate(validator, { role: { t: 0 } })).toMatchObject({ reason: { message: 'value does not exist' } });
    expect(validate(validator, { role: { v: 'user', t: 0 } })).toMatchObject({ reason: { message: 'expired' } });
    expect(validate(validator, { role: { v: 'user', t: NOW } })).toMatchObject({ reason: { message: 'wrong value' } });
  });

  it('ends with a value that was fetched now, whatever the greatest age', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double({ min: 0, noNaN: true }), fc.constant(undefined)), fc.integer(), (maxAge, now) => {
        const validator = role.validators.hasValue('admin', maxAge);
        const payload = role.addToPayload({}, 'admin', now);
        expect(validator.shouldRefetch?.(payload, { now })).toBe(false);
        expect(validator.validate(payload, { now })).toEqual({ isValid: true });
      }),
    );
  });

  it('asks to fetch whatever fails for another reason than a wrong value', () => {
    const entry = fc.oneof(
      fc.jsonValue(),
      fc.record({
        v: fc.constantFrom('admin', 'user', null),
        t: fc.integer({ min: NOW - 200_000, max: NOW + 200_000 }),
      }),
    );
    fc.assert(
      fc.property(entry, fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined }), (held, maxAge) => {
        const validator = role.validators.hasValue('admin', maxAge);
        const payload = { role: held } as JsonObject;
        const result = validate(validator, payload);
        const isSettled = result.isValid || result.reason['message'] === 'wrong value';
        expect(shouldRefetch(validator, payload)).toBe(!isSettled);
      }),
    );
  });
});

describe('the lists that a validator asks for', () => {
  const roles = createRoles(undefined);
  const hold = (...v: string[]): JsonObject => ({ roles: { v, t: NOW } });

  it('pass, or fail, when they are empty', () => {
    expect(validate(roles.validators.includesAll([]), hold())).toEqual({ isValid: true });
    expect(validate(roles.validators.excludesAll([]), hold('a'))).toEqual({ isValid: true });
    expect(validate(roles.validators.includesAny([]), hold('a'))).toEqual({
      isValid: false,
      reason: { message: 'wrong value', expectedToIncludeAtLeastOneOf: [], actualValue: ['a'] },
    });
  });

  it.each(['includesAll', 'includesAny', 'excludesAll'] as const)('are kept by %s as they were', (name) => {
    const values = ['a'];
    const validator = roles.validators[name](values);
    const before = [validate(validator, hold('a')), validate(validator, hold('b')), validate(validator, {})];
    values[0] = 'b';
    values.push('c');
    expect([validate(validator, hold('a')), validate(validator, hold('b')), validate(validator, {})]).toEqual(before);
  });

  it('agree with what sets say', () => {
    const list = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 });
    fc.assert(
      fc.property(list, list, (held, asked) => {
        const intersection = asked.filter((value) => new Set(held).has(value));
        const passes = (validator: SessionClaimValidator): boolean => validate(validator, hold(...held)).isValid;
        expect(passes(roles.validators.includesAll(asked))).toBe(intersection.length === asked.length);
        expect(passes(roles.validators.includesAny(asked))).toBe(intersection.length > 0);
        expect(passes(roles.validators.excludesAll(asked))).toBe(intersection.length === 0);
        for (const value of asked) {
          expect(passes(roles.validators.includes(value))).toBe(held.includes(value));
          expect(passes(roles.validators.excludes(value))).toBe(!held.includes(value));
        }
      }),
    );
  });
});

describe('the types of claims', () => {
  const role = new PrimitiveClaim<'admin' | 'user'>({ key: 'role', fetchValue: () => 'admin' });
  const isAdmin = createIsAdmin(undefined);
  const roles = createRoles(undefined);

  it('fit into lists of claims and of validators without a cast', () => {
    const claims: readonly SessionClaim[] = [role, isAdmin, roles];
    const primitive: PrimitiveClaim<boolean> = isAdmin;
    const validators: readonly SessionClaimValidator[] = [
      role.validators.hasValue('admin'),
      primitive.validators.hasValue(true),
      isAdmin.validators.isTrue(),
      roles.validators.includesAny(['a', 'b'] as const),
    ];
    expect(validators.map(({ claim }) => claim)).toEqual([role, isAdmin, isAdmin, roles]);
    expect(claims).toHaveLength(3);
  });

  it('take values of the claim, and no others', () => {
    function setClaimValue<Value extends JsonValue>(claim: SessionClaim<Value>, value: Value): JsonObject {
      return claim.addToPayload({}, value, NOW);
    }
    setClaimValue(isAdmin, true);
    setClaimValue(role, 'user');
    setClaimValue(roles, ['a']);
    // @ts-expect-error a number is no role
    setClaimValue(role, 1);
    // @ts-expect-error this is none of the roles
    role.validators.hasValue('owner');
    // @ts-expect-error a boolean claim has no strings
    isAdmin.validators.hasValue('true');
    // @ts-expect-error one value, not a list
    roles.validators.includes(['a']);
    // @ts-expect-error maxAge needs an age
    expect(() => role.validators.maxAge()).not.toThrow();
    const value: 'admin' | 'user' | undefined = role.getValueFromPayload({});
    const flag: boolean | undefined = isAdmin.getValueFromPayload({});
    const list: string[] | undefined = roles.getValueFromPayload({});
    expect([value, flag, list]).toEqual([undefined, undefined, undefined]);
  });
});
