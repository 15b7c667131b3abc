import fc from 'fast-check';
import { EmailPasswordService, EmailVerificationService, PasswordResetService } from 'nestward';
import { CHEAP_HASHING } from '../email-password/client.js';
import { startTestApp, type TestApp } from '../support/create-app.js';

const HOUR = 3600;
const LIFETIMES = { verification: 24 * HOUR, reset: HOUR } as const;

type Purpose = keyof typeof LIFETIMES;

/** A token, and all that its worth depends on. */
interface ModelToken {
  readonly token: string;
  readonly purpose: Purpose;
  readonly user: number;
  readonly email: string;
  readonly expiresAt: number;
  isDead: boolean;
}

interface ModelUser {
  readonly recipeUserId: string;
  email: string;
  isVerified: boolean;
}

type Step =
  | { readonly do: 'create'; readonly purpose: Purpose; readonly user: number }
  | { readonly do: 'use'; readonly token: number; readonly as: Purpose }
  | { readonly do: 'forge'; readonly token: number; readonly at: number }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'move'; readonly user: number; readonly address: number }
  | { readonly do: 'revoke'; readonly user: number };

const USERS = 2;
const purpose = fc.constantFrom<Purpose>('verification', 'reset');
const user = fc.nat(USERS - 1);
const token = fc.nat(7);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('create' as const), purpose, user }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('use' as const), token, as: purpose }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forge' as const), token, at: fc.nat(42) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      seconds: fc.constantFrom(1, HOUR - 1, HOUR, 23 * HOUR, 24 * HOUR),
    }),
  },
  // Two addresses a user, so that one can have its old one back.
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), user, address: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revoke' as const), user }) },
);

describe('tokens that are sent by mail', () => {
  let testApp: TestApp;
  let passwords: EmailPasswordService;
  let verification: EmailVerificationService;
  let reset: PasswordResetService;
  let runs = 0;

  beforeAll(async () => {
    testApp = await startTestApp({
      auth: { emailVerification: { mode: 'OPTIONAL' }, emailPassword: { passwordHashing: CHEAP_HASHING } },
    });
    passwords = testApp.app.get(EmailPasswordService);
    verification = testApp.app.get(EmailVerificationService);
    reset = testApp.app.get(PasswordResetService);
  });

  afterAll(async () => {
    await testApp.close();
  });

  /** Says in a few lines what contract §5 and §8 say of tokens, beside the app that does it. */
  class World {
    private readonly tokens: ModelToken[] = [];

    private constructor(
      private readonly users: readonly ModelUser[],
      private readonly run: number,
    ) {}

    static async create(): Promise<World> {
      const run = ++runs;
      const users: ModelUser[] = [];
      for (let index = 0; index < USERS; index++) {
        const email = addressOf(run, index, 0);
        const result = await passwords.signUp(email, 'passw0rd');
        users.push({ recipeUserId: result.status === 'OK' ? result.recipeUserId : '', email, isVerified: false });
      }
      return new World(users, run);
    }

    async take(next: Step): Promise<void> {
      switch (next.do) {
        case 'create':
          return this.create(next.purpose, next.user);
        case 'use':
          return this.use(this.tokens[next.token], next.as);
        case 'forge':
          return this.forge(this.tokens[next.token], next.at);
        case 'wait':
          testApp.clock.advanceSeconds(next.seconds);
          return;
        case 'move':
          return this.move(next.user, next.address);
        case 'revoke':
          return this.revoke(next.user);
      }
    }

    private async create(of: Purpose, index: number): Promise<void> {
      const owner = this.userAt(index);
      const created =
        of === 'reset'
          ? await reset.createToken(owner.recipeUserId)
          : await verification.createToken(owner.recipeUserId);
      if (of === 'verification' && owner.isVerified) {
        expect(created).toEqual({ status: 'EMAIL_ALREADY_VERIFIED_ERROR' });
        return;
      }
      expect(created.status).toBe('OK');
      this.tokens.push({
        token: created.status === 'OK' ? created.token : '',
        purpose: of,
        user: index,
        email: owner.email,
        expiresAt: testApp.clock.now() + LIFETIMES[of] * 1000,
        isDead: false,
      });
    }

    private async use(model: ModelToken | undefined, as: Purpose): Promise<void> {
      if (model === undefined) {
        return;
      }
      const owner = this.userAt(model.user);
      const isGood = !model.isDead && model.purpose === as && testApp.clock.now() < model.expiresAt;
      const result =
        as === 'reset'
          ? await reset.resetPassword(model.token, 'new-passw0rd')
          : await verification.verifyWithToken(model.token);
      const { recipeUserId, email } = owner;
      expect(result).toEqual(
        isGood
          ? { status: 'OK', userId: recipeUserId, recipeUserId, email: model.email }
          : {
              status: as === 'reset' ? 'RESET_PASSWORD_INVALID_TOKEN_ERROR' : 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR',
            },
      );
      if (isGood) {
        expect(email).toBe(model.email);
        owner.isVerified = true;
        this.kill(model.user, as === 'reset' ? undefined : 'verification');
      }
      expect(await verification.isVerified(recipeUserId)).toBe(owner.isVerified);
    }

    private async forge(model: ModelToken | undefined, at: number): Promise<void> {
      if (model === undefined) {
        return;
      }
      const forged = model.token.slice(0, at) + (model.token[at] === 'A' ? 'B' : 'A') + model.token.slice(at + 1);
      expect((await verification.verifyWithToken(forged)).status).toBe('EMAIL_VERIFICATION_INVALID_TOKEN_ERROR');
      expect((await reset.resetPassword(forged, 'new-passw0rd')).status).toBe('RESET_PASSWORD_INVALID_TOKEN_ERROR');
    }

    private async move(index: number, address: number): Promise<void> {
      const owner = this.userAt(index);
      const email = addressOf(this.run, index, address);
      await passwords.updateEmailOrPassword({ recipeUserId: owner.recipeUserId, email });
      owner.isVerified &&= owner.email === email;
      owner.email = email;
      this.kill(index, undefined);
    }

    private async revoke(index: number): Promise<void> {
      await verification.revokeTokens(this.userAt(index).recipeUserId);
      this.kill(index, 'verification');
    }

    private kill(index: number, only: Purpose | undefined): void {
      for (const model of this.tokens) {
        model.isDead ||= model.user === index && (only === undefined || model.purpose === only);
      }
    }

    private userAt(index: number): ModelUser {
      const found = this.users[index];
      if (found === undefined) {
        throw new RangeError(`There is no user ${String(index)}`);
      }
      return found;
    }
  }

  const addressOf = (run: number, index: number, address: number): string =>
    `person-${String(run)}-${String(index)}-${String(address)}@example.com`;

  it('work once, for their own user and address, for what they were made for, and before their time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 20 }), async (steps) => {
        const world = await World.create();
        for (const next of steps) {
          await world.take(next);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('do not outlive a race with the change of what they are bound to', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), purpose, async (scheduler, of) => {
        const [email, other] = [addressOf(++runs, 0, 0), addressOf(runs, 0, 1)];
        const { recipeUserId } = { recipeUserId: '', ...(await passwords.signUp(email, 'passw0rd')) };
        const created =
          of === 'reset' ? await reset.createToken(recipeUserId) : await verification.createToken(recipeUserId);
        const text = created.status === 'OK' ? created.token : '';
        const outcomes = await Promise.all([
          scheduler.schedule(Promise.resolve()).then(async () => {
            const { status } =
              of === 'reset'
                ? await reset.resetPassword(text, 'new-passw0rd')
                : await verification.verifyWithToken(text);
            return status === 'OK';
          }),
          scheduler
            .schedule(Promise.resolve())
            .then(() => passwords.updateEmailOrPassword({ recipeUserId, email: other })),
          scheduler.waitIdle(),
        ]);
        // Whichever came first: the new address is not verified by a token that was sent to the old one.
        expect(await verification.isVerified(recipeUserId)).toBe(false);
        expect(
          (await passwords.signIn(other, outcomes[0] && of === 'reset' ? 'new-passw0rd' : 'passw0rd')).status,
        ).toBe('OK');
      }),
      { numRuns: 30 },
    );
  });
});
