import { Inject, Injectable, Logger } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import type { ClientAddress } from '../http/get-address.js';
import { AUTH_STORAGE, type Storage } from '../storage/storage.js';
import { isPrivateAddress } from './is-private-address.js';
import { KnownAddresses, type AccountAtAddress } from './known-addresses.js';
import { createRateLimitKey, toCountedEmail, type RateLimitKey } from './rate-limit-key.js';
import type { RateLimitName } from './rate-limits.options.js';
import { StorageRateLimiter, type CountedOutcome } from './storage-rate-limiter.js';
import { TooManyRequestsException } from './too-many-requests.exception.js';

/** An attempt that has been counted as if it had failed. */
export interface CountedAttempt {
  /** Says that it did not fail: it was never counted then. Otherwise there is nothing to say. */
  reportSuccess(): Promise<void>;
}

/** The limits that everybody at an address shares. */
const SHARED: ReadonlySet<RateLimitName> = new Set([
  'signInPerAddress',
  'signUpPerAddress',
  'emailExistsPerAddress',
  'passwordResetMailPerAddress',
]);

/** One limit, and who is counted. */
type Count = readonly [name: RateLimitName, key: RateLimitKey];

/**
 * Limits how often things may be tried. An attempt is counted before it is made, in one atomic step in the database, so that
 * attempts at the same instant on any node count as they would one by one.
 */
@Injectable()
export class RateLimitService {
  private readonly logger = new Logger('RateLimits');
  private readonly limiters = new Map<RateLimitName, StorageRateLimiter>();
  private readonly knownAddresses: KnownAddresses;
  private hasWarned = false;

  constructor(@Inject(AUTH_CONFIG) { rateLimits, clock }: AuthConfig, @Inject(AUTH_STORAGE) storage: Storage) {
    this.knownAddresses = new KnownAddresses(storage.rateLimits, clock);
    for (const name of Object.keys(rateLimits) as RateLimitName[]) {
      const limit = rateLimits[name];
      if (limit !== false) {
        this.limiters.set(name, new StorageRateLimiter({ ...limit, name, storage: storage.rateLimits, clock }));
      }
    }
  }

  /**
   * Counts a sign-in with a password, before the password is checked. Emails without an account count like all others.
   * @throws TooManyRequestsException if it must not be checked.
   */
  async limitSignIn({ email, address }: AccountAtAddress): Promise<CountedAttempt> {
    const counts = [accountAtAddress('signInPerAccountAndAddress', email, address), at('signInPerAddress', address)];
    const isAccountLimited = this.limiters.has('signInPerAccount');
    if (isAccountLimited && !(await this.knownAddresses.has({ email, address }))) {
      counts.push(account('signInPerAccount', email));
    }
    const attempt = await this.countAll(counts, address);
    return {
      reportSuccess: async () => {
        await Promise.all([attempt.reportSuccess(), this.reportOwner({ email, address })]);
      },
    };
  }

  /** Counts a sign-up. @throws TooManyRequestsException if there have been too many. */
  async limitSignUp(address: ClientAddress): Promise<void> {
    await this.countAll([at('signUpPerAddress', address)], address);
  }

  /** Counts a question whether an email has an account. @throws TooManyRequestsException if there have been too many. */
  async limitEmailExists(address: ClientAddress): Promise<void> {
    await this.countAll([at('emailExistsPerAddress', address)], address);
  }

  /**
   * Counts a request for a mail that resets a password, whether or not the email has an account.
   * @returns whether the mail may be sent. Where others have asked for so many that its owner has enough of them, nobody is
   * told.
   * @throws TooManyRequestsException if the address has asked too often.
   */
  async limitPasswordResetMail({ email, address }: AccountAtAddress): Promise<boolean> {
    await this.countAll(
      [
        accountAtAddress('passwordResetMailPerEmailAndAddress', email, address),
        at('passwordResetMailPerAddress', address),
      ],
      address,
    );
    return this.mayBeSent(account('passwordResetMailPerEmail', email));
  }

  /**
   * Counts a mail about a sign-up with an email that has an account.
   * @returns whether the mail may be sent.
   */
  async limitSignUpAttemptMail(email: string): Promise<boolean> {
    return this.mayBeSent(account('signUpAttemptMailPerEmail', email));
  }

  /**
   * Says that somebody has set a new password with a link from a mail: what was tried before at this address is forgotten, and
   * the address is known to be the owner's.
   */
  async reportPasswordReset({ email, address }: AccountAtAddress): Promise<void> {
    const [name, key] = accountAtAddress('signInPerAccountAndAddress', email, address);
    await Promise.all([this.limiters.get(name)?.delete(key), this.reportOwner({ email, address })]);
  }

  /** Says that somebody has signed up: the address is known to be the owner's. */
  async reportSignUp(pair: AccountAtAddress): Promise<void> {
    await this.reportOwner(pair);
  }

  /** Counts a mail that verifies an email. @throws TooManyRequestsException if there have been too many. */
  async limitVerificationMail(recipeUserId: string): Promise<void> {
    await this.countAll([['verificationMailPerLoginMethod', createRateLimitKey(recipeUserId)]]);
  }

  /**
   * Counts a mail to an address that somebody who is signed in wants to have.
   * @returns whether the mail may be sent.
   * @throws TooManyRequestsException if the login method has asked too often.
   */
  async limitEmailChangeMail(recipeUserId: string, newEmail: string): Promise<boolean> {
    await this.countAll([['emailChangeMailPerLoginMethod', createRateLimitKey(recipeUserId)]]);
    return this.mayBeSent(account('emailChangeMailPerEmail', newEmail));
  }

  /**
   * Counts a current password that somebody gives who is signed in, before it is checked.
   * @throws TooManyRequestsException if it must not be checked.
   */
  async limitReauthentication(recipeUserId: string): Promise<CountedAttempt> {
    return this.countAll([['reauthenticationPerLoginMethod', createRateLimitKey(recipeUserId)]]);
  }

  /** Counts a mail that nobody is told about if it is not sent. */
  private async mayBeSent([name, key]: Count): Promise<boolean> {
    const outcome = await this.limiters.get(name)?.count(key);
    return outcome?.status !== 'REFUSED';
  }

  private async reportOwner(pair: AccountAtAddress): Promise<void> {
    if (this.limiters.has('signInPerAccount')) {
      await this.knownAddresses.add(pair);
    }
  }

  /**
   * Counts an attempt in all of some limits, or in none. The narrowest comes first: who has reached it uses up nothing that
   * others share.
   */
  private async countAll(counts: readonly Count[], address?: ClientAddress): Promise<CountedAttempt> {
    const counted: CountedOutcome[] = [];
    const giveAllBack = async (): Promise<void> => {
      await Promise.all(counted.map((outcome) => outcome.giveBack()));
    };
    for (const [name, key] of counts) {
      const outcome = await this.limiters.get(name)?.count(key);
      if (outcome?.status === 'REFUSED') {
        await giveAllBack();
        this.warnOfProxy(name, address);
        throw new TooManyRequestsException(Math.max(Math.ceil(outcome.retryAfterMs / 1000), 1));
      }
      if (outcome !== undefined) {
        counted.push(outcome);
      }
    }
    return { reportSuccess: giveAllBack };
  }

  /** An app that does not trust its proxy takes all people for one. */
  private warnOfProxy(name: RateLimitName, address: ClientAddress | undefined): void {
    if (!this.hasWarned && SHARED.has(name) && address !== undefined && isPrivateAddress(address)) {
      this.hasWarned = true;
      this.logger.warn(
        `The limit ${name} was reached by the address ${address}, which is not a public one: if it is that of a proxy before this app, let the app trust it, as by app.set('trust proxy', 1), or all people count as one.`,
      );
    }
  }
}

function at(name: RateLimitName, address: ClientAddress): Count {
  return [name, createRateLimitKey(address)];
}

function account(name: RateLimitName, email: string): Count {
  return [name, createRateLimitKey(toCountedEmail(email))];
}

function accountAtAddress(name: RateLimitName, email: string, address: ClientAddress): Count {
  return [name, createRateLimitKey(toCountedEmail(email), address)];
}
