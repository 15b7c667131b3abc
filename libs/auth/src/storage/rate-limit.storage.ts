/** A counter of one window of time. */
export interface RateLimitCounter {
  readonly points: number;
  /** When the window ends, in milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** Points that are to be counted. */
export interface RateLimitAddition {
  readonly key: string;
  /** How many; no more than `maxPoints`. */
  readonly points: number;
  /** What the counter may not exceed. */
  readonly maxPoints: number;
  /** When the window ends if this addition begins one, in milliseconds since the Unix epoch. */
  readonly expiresAt: number;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** Counters of attempts, each with the end of its window. All nodes count in the same rows. */
export interface RateLimitStorage {
  /**
   * Counts points, unless there would be more than `maxPoints` then: nothing changes in that case. A counter that is not there
   * or has expired begins anew. One atomic step: of many at the same instant exactly as many succeed as there is room for.
   *
   * @returns the counter with the points in it, or undefined if there was no room.
   */
  add(addition: RateLimitAddition): Promise<RateLimitCounter | undefined>;

  /** Sets a counter, whatever it was before. */
  set(key: string, counter: RateLimitCounter): Promise<void>;

  /** @returns the counter, or undefined if there is none that is valid at `now`. */
  find(key: string, now: number): Promise<RateLimitCounter | undefined>;

  /**
   * Takes points back out of the window that they were counted in.
   * @param expiresAt identifies the window: the points of one that has ended are not taken out of the next.
   * @returns whether they were taken out.
   */
  giveBack(key: string, points: number, expiresAt: number): Promise<boolean>;

  /** @returns whether there was such a counter. */
  remove(key: string): Promise<boolean>;

  /** Removes counters that expired at `before` or earlier, no more than `limit`. @returns how many there were. */
  removeExpired(before: number, limit: number): Promise<number>;
}
