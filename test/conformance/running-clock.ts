import type { Clock } from 'nestward';

/** The machine's clock, which a test can move ahead. The browsers of a test look at the same one. */
export class RunningClock implements Clock {
  private offset = 0;

  now(): number {
    return Date.now() + this.offset;
  }

  advanceSeconds(seconds: number): void {
    this.offset += seconds * 1000;
  }
}
