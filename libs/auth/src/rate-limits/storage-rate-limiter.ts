import { RateLimiterRes } from 'rate-limiter-flexible';
import RateLimiterStoreAbstract from 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js';
import type { Clock } from '../config/clock.js';
import type { RateLimitCounter, RateLimitStorage } from '../storage/rate-limit.storage.js';
import type { RateLimit } from './rate-limits.options.js';

/** What a {@link StorageRateLimiter} needs. */
export interface StorageRateLimiterOptions extends Readonly<RateLimit> {
  /** Keeps the counters of one limit from those of another. */
  readonly name: string;
  readonly storage: RateLimitStorage;
  readonly clock: Clock;
}

/** An attempt that may go on. */
export interface CountedOutcome {
  readonly status: 'COUNTED';
  /** Makes the attempt one that was never counted. */
  giveBack(): Promise<void>;
}

/** Whether an attempt may go on. */
export type RateLimitOutcome = CountedOutcome | { readonly status: 'REFUSED'; readonly retryAfterMs: number };

/** An answer that also knows the window that it counted in. */
class CounterRes extends RateLimiterRes {
  constructor(
    remainingPoints: number,
    msBeforeNext: number,
    readonly counter: RateLimitCounter,
    isFirstInDuration: boolean,
  ) {
    super(remainingPoints, msBeforeNext, counter.points, isFirstInDuration);
  }
}

/**
 * A limiter of `rate-limiter-flexible` on the app's own database, with the app's clock. Attempts that it refuses are not
 * counted, and nothing is kept in memory: all nodes see the same at any time.
 */
export class StorageRateLimiter extends RateLimiterStoreAbstract {
  private readonly storage: RateLimitStorage;
  private readonly clock: Clock;

  constructor({ name, points, duration, storage, clock }: StorageRateLimiterOptions) {
    super({ keyPrefix: name, points, duration, storeClient: storage });
    this.storage = storage;
    this.clock = clock;
  }

  /** Counts an attempt before it is made. */
  async count(key: string): Promise<RateLimitOutcome> {
    try {
      const answer = await this.consume(key);
      return {
        status: 'COUNTED',
        giveBack: async () => {
          if (answer instanceof CounterRes) {
            await this.storage.giveBack(this.getKey(key), 1, answer.counter.expiresAt);
          }
        },
      };
    } catch (error) {
      if (error instanceof RateLimiterRes) {
        return { status: 'REFUSED', retryAfterMs: error.msBeforeNext };
      }
      throw error;
    }
  }

  // What follows is what the package asks of a store.

  protected async _upsert(
    key: string,
    points: number,
    durationMs: number,
    isReplaced: boolean,
  ): Promise<RateLimitCounter> {
    const now = this.clock.now();
    const expiresAt = now + Math.ceil(durationMs);
    if (isReplaced) {
      await this.storage.set(key, { points, expiresAt });
      return { points, expiresAt };
    }
    const counter = await this.storage.add({ key, points, maxPoints: this.points, expiresAt, now });
    if (counter !== undefined) {
      return counter;
    }
    const full = await this.storage.find(key, now);
    // Gone in the meantime, it is good to ask again at once.
    return { points: this.points + points, expiresAt: full?.expiresAt ?? now };
  }

  protected async _get(key: string): Promise<RateLimitCounter | null> {
    return (await this.storage.find(key, this.clock.now())) ?? null;
  }

  protected async _delete(key: string): Promise<boolean> {
    return this.storage.remove(key);
  }

  protected _getRateLimiterRes(_key: string, changedPoints: number, counter: RateLimitCounter): RateLimiterRes {
    return new CounterRes(
      Math.max(this.points - counter.points, 0),
      Math.max(counter.expiresAt - this.clock.now(), 0),
      counter,
      counter.points === changedPoints,
    );
  }
}
