import fc from 'fast-check';
import { ACCESS_MS, GRACE_MS, ModelSession, SESSION_MS } from './model-session.js';
import { hashOf, RotationWorld, runs, toAccess, toToken, type Attempt } from './rotation-world.js';

describe('the rotation of refresh tokens', () => {
  const world = new RotationWorld();
  const { clock } = world;

  beforeAll(() => world.start(), 60_000);

  afterAll(() => world.close());

  it('does with any token of a session, in any order and at any time, what the contract says', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('refresh' as const), which: fc.nat() }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('verify' as const), which: fc.nat() }) },
      // The newest tokens are what honest clients use, so that sessions get old enough to be interesting.
      { weight: 3, arbitrary: fc.constant({ kind: 'refresh' as const, which: 0 }) },
      { weight: 3, arbitrary: fc.constant({ kind: 'verify' as const, which: 0 }) },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('advance' as const),
          which: fc.constantFrom(1, GRACE_MS - 1, GRACE_MS, GRACE_MS + 1, ACCESS_MS, SESSION_MS / 2, SESSION_MS),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const { handle, token, access } = await world.create();
        const model = new ModelSession(clock, token);
        // The newest first.
        const tokens = [token];
        const accesses = [access];
        for (const { kind, which } of steps) {
          if (kind === 'advance') {
            clock.advance(which);
            continue;
          }
          if (kind === 'refresh') {
            const used = tokens[which % tokens.length] ?? token;
            const expected = model.refresh(used);
            const { outcome, session } = await world.refresh(used);
            expect(outcome).toBe(expected);
            if (session !== undefined) {
              const child = toToken(session, model.confirmed);
              tokens.unshift(child);
              accesses.unshift(toAccess(session, child));
            }
          } else {
            const used = accesses[which % accesses.length] ?? access;
            const expected = model.verify(used);
            const { outcome, session } = await world.verify(used);
            expect(outcome).toBe(expected);
            if (session !== undefined && session.getAccessToken() !== used.accessToken) {
              expect(used.of).toBe(model.confirmed);
              accesses.unshift(toAccess(session, used.of));
            }
          }
          if (model.exists) {
            // One token is confirmed, and it is the one that should be.
            expect(await world.readConfirmed(handle)).toBe(hashOf(model.confirmed));
          }
        }
      }),
      { numRuns: runs(3000) },
    );
  }, 120_000);

  /** What a client does that has only its newest tokens, over a network that loses answers. */
  const honestStep = fc.oneof(
    fc.record({ kind: fc.constant('refresh' as const), isLost: fc.boolean() }),
    fc.record({ kind: fc.constant('verify' as const), isLost: fc.boolean() }),
    // Several tabs refresh at once; all of them go on with what the cookie jar holds then, which is the last answer.
    fc.record({ kind: fc.constant('race' as const), tabs: fc.integer({ min: 2, max: 4 }) }),
    fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: SESSION_MS / 3 }) }),
  );

  it('never signs an honest client out, whatever answers are lost and however its tabs race', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(honestStep, { minLength: 1, maxLength: 30 }), async (steps) => {
        let { token, access } = await world.create();
        let idle = 0;
        for (const step of steps) {
          if (step.kind === 'advance') {
            // A client that is away for longer than its session lasts is signed out by that, and not by the rotation.
            idle += step.ms;
            if (idle < SESSION_MS * 0.9) {
              clock.advance(step.ms);
            }
            continue;
          }
          if (step.kind === 'verify') {
            const { outcome, session } = await world.verify(access);
            expect(['ok', 'try refresh token']).toContain(outcome);
            if (session !== undefined && !step.isLost) {
              access = toAccess(session, token);
            }
            continue;
          }
          const answers = await Promise.all(
            Array.from({ length: step.kind === 'race' ? step.tabs : 1 }, () => world.refresh(token)),
          );
          for (const { outcome } of answers) {
            expect(outcome).toBe('ok');
          }
          const last = answers.at(-1)?.session;
          if (last !== undefined && !(step.kind === 'refresh' && step.isLost)) {
            token = toToken(last, token);
            access = toAccess(last, token);
            idle = 0;
          }
        }
        expect((await world.refresh(token)).outcome).toBe('ok');
      }),
      { numRuns: runs(1000) },
    );
  }, 120_000);

  it('sees every thief: once owner and thief have both gone on, the second of them to come after the grace reveals it', async () => {
    const pause = fc.integer({ min: 0, max: 3 * GRACE_MS });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 3 }),
        pause,
        fc.integer({ min: GRACE_MS, max: 3 * GRACE_MS }),
        async (before, until, after) => {
          let { token } = await world.create();
          for (let index = 0; index < before; index++) {
            const { session } = await world.refresh(token);
            token = session === undefined ? token : toToken(session, token);
          }
          clock.advance(until);
          // Both hold the same token. One of them goes on and confirms what it got.
          const first = await world.refresh(token);
          expect(first.outcome).toBe('ok');
          if (first.session === undefined) {
            return;
          }
          const mine = toToken(first.session, token);
          expect((await world.verify(toAccess(first.session, mine))).outcome).toBe('ok');
          clock.advance(after);
          // The other one, whoever that is, comes after the grace: the session ends for both.
          expect((await world.refresh(token)).outcome).toBe('token theft detected');
          expect((await world.refresh(mine)).outcome).toBe('unauthorised');
        },
      ),
      { numRuns: runs(200) },
    );
  }, 60_000);

  it('confirms one of many children that are used at the same instant, in any order of the statements', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom('refresh' as const, 'verify' as const), { minLength: 2, maxLength: 5 }),
        async (scheduler, uses) => {
          const { handle, token } = await world.create();
          const children = [];
          for (const use of uses) {
            const { session } = await world.refresh(token);
            if (session !== undefined) {
              const child = toToken(session, token);
              children.push({ use, child, access: toAccess(session, child) });
            }
          }
          const answers = await world.race<Attempt[]>(
            scheduler,
            children.map(
              ({ use, child, access }) =>
                () =>
                  use === 'refresh' ? world.refresh(child) : world.verify(access),
            ),
          );
          for (const { outcome } of answers) {
            expect(outcome).toBe('ok');
          }
          const confirmed = await world.readConfirmed(handle);
          expect(children.filter(({ child }) => hashOf(child) === confirmed)).toHaveLength(1);
          // Whoever lost the race goes on as well, as long as the grace lasts.
          for (const { child } of children) {
            expect((await world.refresh(child)).outcome).toBe('ok');
          }
        },
      ),
      { numRuns: runs(400) },
    );
  }, 120_000);

  it('ends a session once and for all, whatever its other tokens do at the same instant', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, isRevoked) => {
        const { handle, token } = await world.create();
        const first = await world.refresh(token);
        if (first.session === undefined) {
          throw new Error('The first refresh should do');
        }
        const child = toToken(first.session, token);
        await world.verify(toAccess(first.session, child));
        clock.advance(GRACE_MS);
        const end = () => (isRevoked ? world.sessions.revokeSession(handle) : world.refresh(token));
        await world.race<unknown[]>(scheduler, [end, () => world.refresh(child), () => world.refresh(child)]);
        expect(await world.readConfirmed(handle)).toBeUndefined();
        expect((await world.refresh(child)).outcome).toBe('unauthorised');
      }),
      { numRuns: runs(200) },
    );
  }, 60_000);
});
