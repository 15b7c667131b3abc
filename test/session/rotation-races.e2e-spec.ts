import fc from 'fast-check';
import {
  ACCESS_MS,
  GRACE_MS,
  ModelSession,
  SESSION_MS,
  type Access,
  type Outcome,
  type Token,
} from './model-session.js';
import { hashOf, RotationWorld, runs, toAccess, toToken } from './rotation-world.js';

/** What can be done with a session at the same instant. */
type Operation =
  | { readonly kind: 'refresh'; readonly token: Token }
  | { readonly kind: 'verify'; readonly access: Access }
  | { readonly kind: 'revoke' };

/** What an operation came to. */
interface Effect {
  readonly outcome: Outcome | 'revoked';
  /** The hash of the token that a refresh's child hangs off. */
  readonly parent?: unknown;
  /** Whether a verify gave out a token without the parent claim. */
  readonly isConfirmed?: boolean;
}

describe('races of one session', () => {
  const world = new RotationWorld();
  const { clock } = world;

  beforeAll(() => world.start(), 60_000);

  afterAll(() => world.close());

  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('refresh' as const), which: fc.nat({ max: 3 }) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('verify' as const), which: fc.nat({ max: 3 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('advance' as const),
        which: fc.constantFrom(1, GRACE_MS - 1, GRACE_MS, ACCESS_MS, SESSION_MS),
      }),
    },
  );

  const choice = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('refresh' as const), which: fc.nat({ max: 5 }) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('verify' as const), which: fc.nat({ max: 5 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('revoke' as const), which: fc.constant(0) }) },
  );

  /** Does to a model what an operation does. */
  function applyTo(model: ModelSession, operation: Operation): Effect {
    switch (operation.kind) {
      case 'refresh': {
        const outcome = model.refresh(operation.token);
        return outcome === 'ok' ? { outcome, parent: hashOf(model.confirmed) } : { outcome };
      }
      case 'verify': {
        const outcome = model.verify(operation.access);
        const { of, isUnconfirmed } = operation.access;
        return outcome === 'ok' ? { outcome, isConfirmed: !isUnconfirmed || of === model.confirmed } : { outcome };
      }
      case 'revoke':
        model.revoke();
        return { outcome: 'revoked' };
    }
  }

  async function apply(handle: string, operation: Operation): Promise<Effect> {
    if (operation.kind === 'revoke') {
      await world.sessions.revokeSession(handle);
      return { outcome: 'revoked' };
    }
    const { outcome, session } = await (operation.kind === 'refresh'
      ? world.refresh(operation.token)
      : world.verify(operation.access));
    const parent = session?.getAccessTokenPayload()['parentRefreshTokenHash1'];
    if (session === undefined) {
      return { outcome };
    }
    return operation.kind === 'refresh' ? { outcome, parent } : { outcome, isConfirmed: parent === undefined };
  }

  it('whatever happens at the same instant, in any order of the statements, could have happened one by one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 6 }),
        fc.array(choice, { minLength: 2, maxLength: 4 }),
        fc.scheduler(),
        async (steps, choices, scheduler) => {
          const { handle, token, access } = await world.create();
          const model = new ModelSession(clock, token);
          const [tokens, accesses] = [[token], [access]];
          for (const { kind, which } of steps) {
            if (kind === 'advance') {
              clock.advance(which);
              continue;
            }
            const usedToken = tokens[which % tokens.length] ?? token;
            const usedAccess = accesses[which % accesses.length] ?? access;
            const expected = kind === 'refresh' ? model.refresh(usedToken) : model.verify(usedAccess);
            const { outcome, session } = await (kind === 'refresh'
              ? world.refresh(usedToken)
              : world.verify(usedAccess));
            expect(outcome).toBe(expected);
            if (session !== undefined) {
              const of = kind === 'refresh' ? toToken(session, model.confirmed) : usedAccess.of;
              accesses.unshift(toAccess(session, of));
              if (kind === 'refresh') {
                tokens.unshift(of);
              }
            }
          }
          const operations = choices.map(({ kind, which }): Operation => {
            switch (kind) {
              case 'refresh':
                return { kind, token: tokens[which % tokens.length] ?? token };
              case 'verify':
                return { kind, access: accesses[which % accesses.length] ?? access };
              case 'revoke':
                return { kind };
            }
          });

          const effects = await world.race<Effect[]>(
            scheduler,
            operations.map((operation) => () => apply(handle, operation)),
          );
          const confirmed = model.exists ? await world.readConfirmed(handle) : undefined;

          const explanations = permutationsOf(operations.map((_, index) => index)).map((order) => {
            const possible = model.clone();
            const expected: Effect[] = [];
            for (const index of order) {
              const operation = operations[index];
              if (operation !== undefined) {
                expected[index] = applyTo(possible, operation);
              }
            }
            return JSON.stringify([expected, possible.exists ? hashOf(possible.confirmed) : undefined]);
          });
          expect(explanations).toContain(JSON.stringify([effects, confirmed]));
        },
      ),
      { numRuns: runs(1500) },
    );
  }, 120_000);

  /** The browser of an honest person: one cookie jar, which every answer that arrives writes into. */
  interface Jar {
    token: Token;
    access: Access;
  }

  /** Uses what a jar holds as the SDK does: an access token that is not good any more is refreshed first. */
  async function use(jar: Jar): Promise<Outcome> {
    const first = await world.verify(jar.access);
    if (first.session !== undefined) {
      jar.access = toAccess(first.session, jar.access.of);
    }
    if (first.outcome !== 'try refresh token') {
      return first.outcome;
    }
    const refreshed = await world.refresh(jar.token);
    if (refreshed.session === undefined) {
      return refreshed.outcome;
    }
    take(jar, refreshed.session);
    const second = await world.verify(jar.access);
    if (second.session !== undefined) {
      jar.access = toAccess(second.session, jar.access.of);
    }
    return second.outcome;
  }

  function take(jar: Jar, session: Parameters<typeof toToken>[0]): void {
    jar.token = toToken(session, jar.token);
    jar.access = toAccess(session, jar.token);
  }

  const crowdStep = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ kind: 'use' as const }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('refresh' as const), isLost: fc.boolean() }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('race' as const),
        // Whether each tab's answer arrives.
        tabs: fc.tuple(fc.boolean(), fc.boolean()),
        scheduler: fc.scheduler(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 90_000 }) }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'steal' as const }) },
    { weight: 2, arbitrary: fc.constant({ kind: 'thief uses' as const }) },
  );

  // What the contract cannot tell from theft, honest clients here do not do either. Two tabs race, the jar keeps the token
  // of the one that lost, and nobody comes for longer than the grace: that is what a slow thief looks like, so that the tabs
  // use what the jar holds soon. And of three that race on one token, the third may come after the first two have each
  // refreshed and used what they got: its token is then not the previous one, but the one before.
  it('no honest client is signed out unless a thief has acted, and then one of the two is found out', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(crowdStep, { minLength: 1, maxLength: 25 }), async (steps) => {
        const { token, access } = await world.create();
        const jar: Jar = { token, access };
        let stolen: Jar | undefined;
        let hasThiefActed = false;
        const allowed = (): Outcome[] => (hasThiefActed ? ['ok', 'unauthorised', 'token theft detected'] : ['ok']);
        for (const current of steps) {
          switch (current.kind) {
            case 'advance':
              clock.advance(current.ms);
              // Somebody who stays away for long is signed out by that alone.
              expect(allowed()).toContain(await use(jar));
              break;
            case 'use':
              expect(allowed()).toContain(await use(jar));
              break;
            case 'refresh': {
              const { outcome, session } = await world.refresh(jar.token);
              expect(allowed()).toContain(outcome);
              if (session !== undefined && !current.isLost) {
                take(jar, session);
              }
              break;
            }
            case 'race': {
              const shared = jar.token;
              await world.race(
                current.scheduler,
                current.tabs.map((arrives) => async () => {
                  const { outcome, session } = await world.refresh(shared);
                  expect(allowed()).toContain(outcome);
                  if (session === undefined || !arrives) {
                    return;
                  }
                  // The tab goes on with its own answer, while others may write into the jar.
                  const own: Jar = { token: shared, access: jar.access };
                  take(own, session);
                  Object.assign(jar, own);
                  expect(allowed()).toContain((await world.verify(own.access)).outcome);
                }),
              );
              const { outcome, session } = await world.refresh(jar.token);
              expect(allowed()).toContain(outcome);
              if (session !== undefined) {
                take(jar, session);
              }
              expect(allowed()).toContain(await use(jar));
              break;
            }
            case 'steal':
              stolen = { ...jar };
              break;
            case 'thief uses':
              if (stolen !== undefined) {
                hasThiefActed = true;
                await use(stolen);
              }
              break;
          }
        }
        if (stolen === undefined) {
          return;
        }
        // Both come again after the access tokens have expired, and after the grace: they cannot both go on.
        for (let round = 0; round < 2; round++) {
          clock.advance(ACCESS_MS + GRACE_MS);
          const outcomes = [await use(jar), await use(stolen)];
          if (round === 1) {
            expect(outcomes).not.toEqual(['ok', 'ok']);
          }
        }
      }),
      { numRuns: runs(700) },
    );
  }, 120_000);
});

function permutationsOf<Item>(items: readonly Item[]): Item[][] {
  return items.length <= 1
    ? [[...items]]
    : items.flatMap((item, index) =>
        permutationsOf([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
      );
}
