import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { AUTH_STORAGE, type Storage } from './storage.js';

/** How many rows one statement removes, so that none holds the database for long. */
const BATCH_SIZE = 1000;

/** How long a message that was given up is kept for somebody to look at, in milliseconds: 7 days. */
const GIVEN_UP_RETENTION_MS = 7 * 86_400_000;

/** Removes what has expired from the database in the background: sessions, counters of rate limits, tokens and given-up mail. */
@Injectable()
export class ExpiredRecordRemovalService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ExpiredRecordRemovalService.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private isStopping = false;

  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_STORAGE) private readonly storage: Storage,
  ) {}

  onApplicationBootstrap(): void {
    const interval = this.config.session.expiredSessionRemovalIntervalMs;
    if (interval > 0) {
      this.timer = setInterval(
        () => {
          this.running = this.running.then(() => this.removeOrWarn());
        },
        Math.min(interval, MAX_TIMER_MS),
      );
      this.timer.unref();
    }
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** Removes all sessions that have expired by now. @returns how many there were. */
  async removeExpiredSessions(): Promise<number> {
    return this.removeInBatches((before) => this.storage.sessions.removeExpired(before, BATCH_SIZE));
  }

  /** Removes all counters of rate limits that have expired by now. @returns how many there were. */
  async removeExpiredRateLimits(): Promise<number> {
    return this.removeInBatches((before) => this.storage.rateLimits.removeExpired(before, BATCH_SIZE));
  }

  /** Removes all tokens that were sent by mail and have expired by now. @returns how many there were. */
  async removeExpiredOneTimeTokens(): Promise<number> {
    return this.removeInBatches((before) => this.storage.oneTimeTokens.removeExpired(before, BATCH_SIZE));
  }

  /** Removes all messages that were given up 7 days ago or earlier. @returns how many there were. */
  async removeGivenUpMessages(): Promise<number> {
    const kept = this.config.email.outbox.giveUpAfterMs + GIVEN_UP_RETENTION_MS;
    return this.removeInBatches((before) => this.storage.outbox.removeGivenUp(before - kept, BATCH_SIZE));
  }

  private async removeInBatches(removeBatch: (before: number) => Promise<number>): Promise<number> {
    const before = this.config.clock.now();
    let total = 0;
    for (;;) {
      const removed = await removeBatch(before);
      total += removed;
      if (removed < BATCH_SIZE || this.isStopping) {
        return total;
      }
    }
  }

  private async removeOrWarn(): Promise<void> {
    try {
      await this.removeExpiredSessions();
      await this.removeExpiredRateLimits();
      await this.removeExpiredOneTimeTokens();
      await this.removeGivenUpMessages();
    } catch (error) {
      this.logger.warn(`What has expired could not be removed, and it will be tried again: ${String(error)}`);
    }
  }
}

/** A longer time would make Node's timers fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
