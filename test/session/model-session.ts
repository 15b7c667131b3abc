import type { Clock } from 'nestward';

/** What becomes of a token, in the contract's words. */
export type Outcome = 'ok' | 'unauthorised' | 'try refresh token' | 'token theft detected';

/** A refresh token that was handed out. */
export interface Token {
  readonly refreshToken: string;
  readonly parent: Token | undefined;
}

/** An access token that was handed out. */
export interface Access {
  readonly accessToken: string;
  readonly of: Token;
  readonly isUnconfirmed: boolean;
  readonly expiresAt: number;
}

/** How long things last, in milliseconds. */
export const GRACE_MS = 10_000;
export const ACCESS_MS = 60_000;
export const SESSION_MS = 600_000;

/** What contract §4 says of one session, in as few words as it takes. */
export class ModelSession {
  private isAlive = true;
  private previous: Token | undefined;
  private confirmedAt: number;
  private expiresAt: number;

  constructor(
    private readonly clock: Clock,
    public confirmed: Token,
  ) {
    this.confirmedAt = clock.now();
    this.expiresAt = clock.now() + SESSION_MS;
  }

  refresh(token: Token): Outcome {
    if (!this.exists) {
      return 'unauthorised';
    }
    if (token !== this.confirmed && token.parent === this.confirmed) {
      this.confirm(token);
    } else if (token === this.confirmed || this.isRace(token)) {
      const next = this.clock.now() + SESSION_MS;
      this.expiresAt = next - this.expiresAt < SESSION_MS / 100 ? this.expiresAt : next;
    } else {
      this.isAlive = false;
      return 'token theft detected';
    }
    return 'ok';
  }

  verify({ of, isUnconfirmed, expiresAt }: Access): Outcome {
    if (expiresAt <= this.clock.now()) {
      return 'try refresh token';
    }
    if (!isUnconfirmed) {
      return 'ok';
    }
    if (!this.exists) {
      return 'unauthorised';
    }
    if (of.parent === this.confirmed) {
      this.confirm(of);
    }
    return of === this.confirmed || this.isRace(of) ? 'ok' : 'try refresh token';
  }

  /** Ends the session. */
  revoke(): void {
    this.isAlive = false;
  }

  get exists(): boolean {
    return this.isAlive && this.expiresAt > this.clock.now();
  }

  /** Another session, in the same state. */
  clone(): ModelSession {
    return Object.assign(new ModelSession(this.clock, this.confirmed), this);
  }

  private confirm(token: Token): void {
    this.previous = this.confirmed;
    this.confirmed = token;
    this.confirmedAt = this.clock.now();
    this.expiresAt = this.clock.now() + SESSION_MS;
  }

  private isRace(token: Token): boolean {
    return (
      this.previous !== undefined &&
      (token === this.previous || token.parent === this.previous) &&
      this.clock.now() - this.confirmedAt < GRACE_MS
    );
  }
}
