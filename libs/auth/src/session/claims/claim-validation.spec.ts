import fc from 'fast-check';
import type { JsonObject } from '../../config/json.js';
import { BooleanClaim } from './boolean-claim.js';
import { validateClaims, type ValidateClaimsInput, type ValidateClaimsOutcome } from './claim-validation.js';
import { PrimitiveArrayClaim } from './primitive-array-claim.js';
import { PrimitiveClaim } from './primitive-claim.js';
import type { SessionClaimValidator } from './session-claim-validator.js';
import { SessionClaim, type ClaimFetchInput } from './session-claim.js';

const NOW = 1_700_000_000_000;
const user = {
  userId: 'user-1',
  recipeUserId: 'recipe-user-1',
  tenantId: 'public',
  getUser: () => Promise.resolve(undefined),
};

function run(
  validators: readonly SessionClaimValidator[],
  accessTokenPayload: JsonObject = {},
  rest: Partial<ValidateClaimsInput> = {},
): Promise<ValidateClaimsOutcome> {
  return validateClaims({ ...user, validators, accessTokenPayload, now: NOW, ...rest });
}

/** A claim with what it was asked for. */
function spyOn(key: string, value: string | undefined): { claim: PrimitiveClaim<string>; inputs: ClaimFetchInput[] } {
  const inputs: ClaimFetchInput[] = [];
  const claim = new PrimitiveClaim<string>({
    key,
    fetchValue: (input) => {
      inputs.push(input);
      return value;
    },
  });
  return { claim, inputs };
}

describe('validateClaims', () => {
  it('has nothing to say without validators', async () => {
    expect(await run([], { sub: 'user-1' })).toEqual({ invalidClaims: [] });
  });

  it('fetches nothing where everything is there, and names no update', async () => {
    const { claim, inputs } = spyOn('role', 'admin');
    const outcome = await run([claim.validators.hasValue('user', 60)], claim.addToPayload({}, 'user', NOW - 60_000));
    expect(outcome).toEqual({ invalidClaims: [] });
    expect(outcome).not.toHaveProperty('accessTokenPayloadUpdate');
    expect(inputs).toEqual([]);
  });

  it('fetches what is missing, and then passes', async () => {
    const { claim, inputs } = spyOn('role', 'admin');
    const accessTokenPayload = { sub: 'user-1', other: 1 };
    expect(await run([claim.validators.hasValue('admin')], accessTokenPayload)).toEqual({
      invalidClaims: [],
      accessTokenPayloadUpdate: { role: { v: 'admin', t: NOW } },
    });
    expect(inputs).toEqual([{ ...user, accessTokenPayload }]);
    expect(accessTokenPayload).toEqual({ sub: 'user-1', other: 1 });
  });

  it('fetches what is too old, and gives it the time of now', async () => {
    const { claim } = spyOn('role', 'admin');
    const payload = claim.addToPayload({}, 'admin', NOW - 60_001);
    expect(await run([claim.validators.hasValue('admin', 60)], payload)).toEqual({
      invalidClaims: [],
      accessTokenPayloadUpdate: { role: { v: 'admin', t: NOW } },
    });
  });

  it('hands over what it fetched even where the value is wrong', async () => {
    const { claim } = spyOn('role', 'user');
    expect(await run([claim.validators.hasValue('admin', 60)], claim.addToPayload({}, 'admin', 0))).toEqual({
      invalidClaims: [{ id: 'role', reason: { message: 'wrong value', expectedValue: 'admin', actualValue: 'user' } }],
      accessTokenPayloadUpdate: { role: { v: 'user', t: NOW } },
    });
  });

  it('fails as missing where there is no value to fetch', async () => {
    const { claim } = spyOn('role', undefined);
    expect(await run([claim.validators.hasValue('admin')])).toEqual({
      invalidClaims: [{ id: 'role', reason: { message: 'value does not exist', expectedValue: 'admin' } }],
    });
  });

  it('fails as expired where the old value cannot be replaced', async () => {
    const { claim } = spyOn('role', undefined);
    const payload = claim.addToPayload({}, 'admin', NOW - 61_000);
    expect(await run([claim.validators.hasValue('admin', 60)], payload)).toEqual({
      invalidClaims: [{ id: 'role', reason: { message: 'expired', ageInSeconds: 61, maxAgeInSeconds: 60 } }],
    });
  });

  it.each([
    [1, 'admin'],
    [2, undefined],
  ])('fetches a claim once for all its validators (%d)', async (_, value) => {
    const { claim, inputs } = spyOn('role', value);
    const { hasValue, maxAge } = claim.validators;
    await run([hasValue('admin'), hasValue('user', 0), maxAge(60), { ...hasValue('x'), shouldRefetch: () => true }]);
    expect(inputs).toHaveLength(1);
  });

  it('fetches a claim for the one validator that finds it too old, and all of them see the new value', async () => {
    const { claim, inputs } = spyOn('role', 'user');
    const { hasValue } = claim.validators;
    const validators = [hasValue('admin', 3600, 'hour'), hasValue('user', 10, 'ten')];
    expect(await run(validators, claim.addToPayload({}, 'admin', NOW - 60_000))).toMatchObject({
      invalidClaims: [{ id: 'hour', reason: { message: 'wrong value' } }],
    });
    expect(inputs).toHaveLength(1);
  });

  it('shows a claim what was fetched for the claims before it', async () => {
    const role = spyOn('role', 'admin');
    const team = spyOn('team', 'a');
    const outcome = await run([role.claim.validators.hasValue('admin'), team.claim.validators.hasValue('a')], { x: 1 });
    expect(team.inputs[0]?.accessTokenPayload).toEqual({ x: 1, role: { v: 'admin', t: NOW } });
    expect(outcome.accessTokenPayloadUpdate).toEqual({ role: { v: 'admin', t: NOW }, team: { v: 'a', t: NOW } });
  });

  it('updates only what it fetched, so that it undoes nothing of another request', async () => {
    const role = spyOn('role', 'admin');
    const team = spyOn('team', 'a');
    const payload = team.claim.addToPayload({ plan: 'pro' }, 'a', 0);
    const outcome = await run([team.claim.validators.hasValue('a'), role.claim.validators.hasValue('admin')], payload);
    expect(Object.keys(outcome.accessTokenPayloadUpdate ?? {})).toEqual(['role']);
  });

  it('reports all that fail, in the order of the validators, under their own ids', async () => {
    const { claim } = spyOn('role', 'user');
    const isAdmin = new BooleanClaim({ key: 'isAdmin', fetchValue: () => false });
    const roles = new PrimitiveArrayClaim<string>({ key: 'roles', fetchValue: () => ['a'] });
    const { invalidClaims } = await run([
      roles.validators.includes('b', undefined, 'needs-b'),
      claim.validators.hasValue('user'),
      isAdmin.validators.isTrue(),
      claim.validators.hasValue('admin'),
    ]);
    expect(invalidClaims).toEqual([
      { id: 'needs-b', reason: { message: 'wrong value', expectedToInclude: 'b', actualValue: ['a'] } },
      { id: 'isAdmin', reason: { message: 'wrong value', expectedValue: true, actualValue: false } },
      { id: 'role', reason: { message: 'wrong value', expectedValue: 'admin', actualValue: 'user' } },
    ]);
  });

  it('fetches every claim before it checks the first one', async () => {
    const steps: string[] = [];
    const make = (key: string): SessionClaimValidator => {
      const claim = new PrimitiveClaim<string>({
        key,
        fetchValue: async () => {
          steps.push(`fetch ${key}`);
          await Promise.resolve();
          return 'x';
        },
      });
      return {
        ...claim.validators.hasValue('x'),
        validate: () => {
          steps.push(`check ${key}`);
          return { isValid: true };
        },
      };
    };
    await run([make('a'), make('b')]);
    expect(steps).toEqual(['fetch a', 'fetch b', 'check a', 'check b']);
  });

  it("takes an app's own validators, with or without a claim, at once or later", async () => {
    const { claim, inputs } = spyOn('role', 'admin');
    const reason = { message: 'no' };
    const context: unknown[] = [];
    const own: SessionClaimValidator[] = [
      { id: 'no claim', shouldRefetch: () => true, validate: () => ({ isValid: false, reason }) },
      { id: 'no shouldRefetch', claim, validate: () => Promise.resolve({ isValid: false, reason }) },
      { id: 'not now', claim, shouldRefetch: () => Promise.resolve(false), validate: () => ({ isValid: true }) },
      {
        id: 'sees the payload and the time',
        validate: (...args) => {
          context.push(...args);
          return { isValid: true };
        },
      },
    ];
    expect(await run(own, { x: 1 })).toEqual({
      invalidClaims: [
        { id: 'no claim', reason },
        { id: 'no shouldRefetch', reason },
      ],
    });
    expect(inputs).toEqual([]);
    expect(context).toEqual([{ x: 1 }, { now: NOW }]);

    const later: SessionClaimValidator = { ...own[2]!, shouldRefetch: () => Promise.resolve(true) };
    expect(await run([later])).toMatchObject({ accessTokenPayloadUpdate: { role: { v: 'admin' } } });
  });

  it("calls a validator's methods on the validator", async () => {
    class MinimumLevel implements SessionClaimValidator {
      readonly id = 'minimum-level';
      readonly claim = new PrimitiveClaim<number>({ key: 'level', fetchValue: () => 3 });
      constructor(private readonly minimum: number) {}
      shouldRefetch(payload: JsonObject): boolean {
        return this.claim.getValueFromPayload(payload) === undefined;
      }
      validate(payload: JsonObject): { isValid: true } | { isValid: false; reason: JsonObject } {
        const isValid = (this.claim.getValueFromPayload(payload) ?? 0) >= this.minimum;
        return isValid ? { isValid } : { isValid, reason: { message: 'too low', minimum: this.minimum } };
      }
    }
    expect((await run([new MinimumLevel(3)])).invalidClaims).toEqual([]);
    expect((await run([new MinimumLevel(4)])).invalidClaims).toEqual([
      { id: 'minimum-level', reason: { message: 'too low', minimum: 4 } },
    ]);
  });

  it("never lets a claim of the app's own shape write a protected name into what the validators see", async () => {
    class Intruder extends SessionClaim<string> {
      constructor() {
        super({ key: 'intruder', fetchValue: () => 'x' });
      }
      override addToPayload(payload: JsonObject): JsonObject {
        return { ...payload, sub: 'somebody-else', intruder: { v: 'x', t: NOW } };
      }
      protected override isValue(value: unknown): value is string {
        return typeof value === 'string';
      }
    }
    const seen: JsonObject[] = [];
    const claim = new Intruder();
    const validator: SessionClaimValidator = {
      id: 'intruder',
      claim,
      shouldRefetch: () => true,
      validate: (payload) => {
        seen.push(payload);
        return { isValid: true };
      },
    };
    await run([validator], { sub: 'user-1' });
    expect(seen).toEqual([{ sub: 'user-1', intruder: { v: 'x', t: NOW } }]);
  });

  it.each<[string, SessionClaimValidator]>([
    [
      'fetchValue',
      new PrimitiveClaim<string>({
        key: 'role',
        fetchValue: () => Promise.reject(new Error('broken')),
      }).validators.hasValue('admin'),
    ],
    [
      'shouldRefetch',
      {
        ...spyOn('role', 'admin').claim.validators.hasValue('admin'),
        shouldRefetch: () => {
          throw new Error('broken');
        },
      },
    ],
    ['validate', { id: 'x', validate: () => Promise.reject(new Error('broken')) }],
  ])('hands on what %s throws', async (_, validator) => {
    await expect(run([validator])).rejects.toThrow('broken');
  });

  it('agrees with a plain model, whatever is held, fetched and asked', async () => {
    const values = fc.constantFrom('a', 'b', undefined);
    const claims = fc.record({
      held: values,
      ageInMs: fc.integer({ min: -100_000, max: 100_000 }),
      fetched: values,
    });
    const checks = fc.record({
      claim: fc.nat({ max: 2 }),
      wanted: fc.constantFrom('a', 'b'),
      maxAge: fc.option(fc.integer({ min: 0, max: 90 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.tuple(claims, claims, claims), fc.array(checks, { maxLength: 6 }), async (states, asked) => {
        const spies = states.map(({ fetched }, index) => spyOn(`claim-${String(index)}`, fetched));
        const payload: JsonObject = { plan: 'pro' };
        states.forEach(({ held, ageInMs }, index) => {
          if (held !== undefined) {
            payload[`claim-${String(index)}`] = { v: held, t: NOW - ageInMs };
          }
        });
        const validators = asked.map(({ claim, wanted, maxAge }, index) =>
          spies[claim]!.claim.validators.hasValue(wanted, maxAge, String(index)),
        );

        const outcome = await run(validators, payload);

        const isNearEnough = (ageInMs: number, maxAge: number | undefined): boolean =>
          maxAge === undefined || Math.abs(ageInMs) <= maxAge * 1000;
        const isFetched = states.map(({ held, ageInMs }, index) =>
          asked.some(({ claim, maxAge }) => claim === index && (held === undefined || !isNearEnough(ageInMs, maxAge))),
        );
        const after = states.map(({ held, ageInMs, fetched }, index) =>
          isFetched[index] === true && fetched !== undefined ? { v: fetched, ageInMs: 0 } : { v: held, ageInMs },
        );
        expect(spies.map(({ inputs }) => inputs.length)).toEqual(isFetched.map(Number));
        expect(outcome.invalidClaims.map(({ id }) => id)).toEqual(
          asked.flatMap(({ claim, wanted, maxAge }, index) => {
            const { v, ageInMs } = after[claim]!;
            return v === wanted && isNearEnough(ageInMs, maxAge) ? [] : [String(index)];
          }),
        );
        expect(outcome.accessTokenPayloadUpdate ?? {}).toEqual(
          Object.fromEntries(
            states.flatMap(({ fetched }, index) =>
              isFetched[index] === true && fetched !== undefined
                ? [[`claim-${String(index)}`, { v: fetched, t: NOW }]]
                : [],
            ),
          ),
        );
      }),
    );
  });
});
