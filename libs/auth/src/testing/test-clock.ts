import type { Clock } from '../config/clock.js';

/** A clock that stands still until a test moves it: give it to `AuthOptions.clock`. */
export class TestClock implements Clock {
  /** @param time milliseconds since the Unix epoch. Default: the time of the machine. */
  constructor(private time = Date.now()) {}

  now(): number {
    return this.time;
  }

  /** Moves the clock ahead by milliseconds. */
  advance(milliseconds: number): void {
    this.time += milliseconds;
  }

  /** Moves the clock ahead by seconds. */
  advanceSeconds(seconds: number): void {
    this.advance(seconds * 1000);
  }
}
