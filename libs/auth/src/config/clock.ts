/** Tells the time. Everything in the library that depends on time asks the one clock of its {@link AuthConfig}. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };
