import type { Clock } from '../config/clock.js';
import type { ClientAddress } from '../http/get-address.js';
import type { RateLimitStorage } from '../storage/rate-limit.storage.js';
import { createRateLimitKey, toCountedEmail } from './rate-limit-key.js';

const DAY_MS = 86_400_000;

/** How long an address stays known after a sign-in, in milliseconds: 90 days. */
const LIFETIME_MS = 90 * DAY_MS;

/** An email, and where somebody says that it is theirs. */
export interface AccountAtAddress {
  readonly email: string;
  readonly address: ClientAddress;
}

/** Remembers from which addresses the owner of an email has signed in. */
export class KnownAddresses {
  constructor(
    private readonly storage: RateLimitStorage,
    private readonly clock: Clock,
  ) {}

  /** Whether the owner of the email has signed in from the address within the last 90 days. */
  async has(pair: AccountAtAddress): Promise<boolean> {
    return (await this.storage.find(keyOf(pair), this.clock.now())) !== undefined;
  }

  /** Knows the address for 90 days from now. */
  async add(pair: AccountAtAddress): Promise<void> {
    const [key, now] = [keyOf(pair), this.clock.now()];
    const known = await this.storage.find(key, now);
    // Sign-ins of one day need not write one after the other.
    if (known === undefined || known.expiresAt < now + LIFETIME_MS - DAY_MS) {
      await this.storage.set(key, { points: 1, expiresAt: now + LIFETIME_MS });
    }
  }
}

function keyOf({ email, address }: AccountAtAddress): string {
  return `knownAddress:${createRateLimitKey(toCountedEmail(email), address)}`;
}
