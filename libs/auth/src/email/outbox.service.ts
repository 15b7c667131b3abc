import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import type { ClaimedOutboxMessage, NewOutboxMessage, OutboxLease } from '../storage/outbox.storage.js';
import { AUTH_STORAGE, type Storage } from '../storage/storage.js';
import { EmailComposer } from './email-composer.service.js';
import { PermanentDeliveryError, type EmailDelivery } from './email-delivery.js';
import type { OutboxContent } from './outbox-content.js';

/** How many messages are sent at once. */
const MAX_CONCURRENCY = 10;

/** How long a new message waits at least, in milliseconds. */
const MIN_WAKE_DELAY_MS = 20;

/** How long a new message waits at most, in milliseconds. */
const MAX_WAKE_DELAY_MS = 100;

/** How long a message stays with a process that does not say that it is still sending, in milliseconds. */
const LEASE_MS = 120_000;

/** How often a process says so, in milliseconds. */
const LEASE_RENEWAL_MS = 30_000;

/** The wait between attempts to remove a message that was sent, in milliseconds. */
const REMOVAL_RETRY_MS = 1000;

/** How long one attempt may take, in milliseconds. */
const ATTEMPT_TIMEOUT_MS = 300_000;

/** The wait after the first failure, in milliseconds; it doubles with each one. */
const FIRST_BACKOFF_MS = 5_000;

/** The longest wait after a failure, in milliseconds: 30 minutes. */
const MAX_BACKOFF_MS = 1_800_000;

/** How long a closing app waits for messages that are being sent, in milliseconds. */
const CLOSING_TIMEOUT_MS = 10_000;

/** A longer time would make Node's timers fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Sends what waits in the outbox: at once what this process puts there, and from time to time what failed or what another
 * process left. Each message is sent at least once, and twice only if a process dies while it sends it.
 */
@Injectable()
export class OutboxService implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly logger = new Logger('Mail');
  private readonly delivery: EmailDelivery | undefined;
  private timer: NodeJS.Timeout | undefined;
  private wakeTimer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private readonly sending = new Set<Promise<void>>();
  private isWanted = false;
  private isStopping = false;

  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_STORAGE) private readonly storage: Storage,
    @Inject(EmailComposer) private readonly composer: EmailComposer,
  ) {
    this.delivery = config.email.delivery;
  }

  onApplicationBootstrap(): void {
    const { pollIntervalMs } = this.config.email.outbox;
    if (this.delivery !== undefined && pollIntervalMs > 0) {
      this.timer = setInterval(
        () => {
          void this.start();
        },
        Math.min(pollIntervalMs, MAX_TIMER_MS),
      );
      this.timer.unref();
    }
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    clearTimeout(this.wakeTimer);
    const timeout = new AbortController();
    await Promise.race([
      Promise.all([this.running, ...this.sending]),
      delay(CLOSING_TIMEOUT_MS, undefined, { signal: timeout.signal, ref: false }).catch(() => undefined),
    ]);
    timeout.abort();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.delivery?.close?.();
  }

  /**
   * Makes a message, for a transaction that puts it into the outbox with what it is about. {@link wake} afterwards sends it
   * at once.
   * @returns undefined if the app sends no mail.
   */
  createMessage(content: OutboxContent): NewOutboxMessage | undefined {
    return this.delivery === undefined ? undefined : { id: randomUUID(), content, createdAt: this.config.clock.now() };
  }

  /** Puts a message into the outbox. It is sent after this has returned. */
  async enqueue(content: OutboxContent): Promise<void> {
    const message = this.createMessage(content);
    if (message !== undefined) {
      await this.storage.outbox.insert(message);
      this.wake();
    }
  }

  /**
   * Sends in the background what is due. It begins a moment later, and not always the same: what is done for a message must not
   * be seen in the time of the answer to whoever asked for it.
   */
  wake(): void {
    if (this.delivery === undefined || this.isStopping || this.config.email.outbox.pollIntervalMs === 0) {
      return;
    }
    this.wakeTimer ??= setTimeout(
      () => {
        this.wakeTimer = undefined;
        void this.start();
      },
      randomInt(MIN_WAKE_DELAY_MS, MAX_WAKE_DELAY_MS),
    ).unref();
  }

  /** Sends what is due now, and waits until each message was taken or has failed. What fails is said in the log. */
  async deliverDue(): Promise<void> {
    await this.start();
    await Promise.all(this.sending);
  }

  /** Looks into the outbox, after the look that is under way if there is one, which may have come too early. */
  private async start(): Promise<void> {
    this.isWanted = true;
    this.running ??= this.run();
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.isWanted && !this.isStopping) {
      this.isWanted = false;
      try {
        await this.startDue();
      } catch (error) {
        this.logger.warn(`The outbox could not be read, and it will be tried again: ${messageOf(error)}`);
      }
    }
    // In the same turn as the question above, so that nobody waits for a look that has ended.
    this.running = undefined;
  }

  /** Begins to send what is due, no more than a few messages at once, so that one that hangs does not hold the others. */
  private async startDue(): Promise<void> {
    while (!this.isStopping) {
      const limit = MAX_CONCURRENCY - this.sending.size;
      if (limit === 0) {
        await Promise.race(this.sending);
        continue;
      }
      const leaseId = randomUUID();
      const now = this.config.clock.now();
      const messages = await this.storage.outbox.claimDue({ leaseId, now, leaseUntil: now + LEASE_MS, limit });
      if (messages.length === 0) {
        return;
      }
      for (const message of messages) {
        const sending = this.deliver(message, { id: message.id, leaseId }).finally(() => {
          this.sending.delete(sending);
        });
        this.sending.add(sending);
      }
    }
  }

  private async deliver(message: ClaimedOutboxMessage, lease: OutboxLease): Promise<void> {
    try {
      await this.send(message, lease);
    } catch (error) {
      await this.handleFailure(message, lease, error).catch((failure: unknown) => {
        // The lease ends by itself, and the message is tried again then.
        this.logger.warn(`The outbox could not be written: ${messageOf(failure)}`);
      });
      return;
    }
    await this.removeSent(lease);
  }

  /** Does not let go before the database has taken it, since the message would be sent once more. */
  private async removeSent(lease: OutboxLease): Promise<void> {
    for (;;) {
      try {
        await this.storage.outbox.remove(lease);
        return;
      } catch (error) {
        this.logger.warn(`A message that was sent could not be removed from the outbox: ${messageOf(error)}`);
        if (this.isStopping) {
          return;
        }
        await delay(REMOVAL_RETRY_MS, undefined, { ref: false });
      }
    }
  }

  private async send({ id, content }: ClaimedOutboxMessage, lease: OutboxLease): Promise<void> {
    const message = await this.composer.compose(id, content);
    if (message === undefined || this.delivery === undefined) {
      return;
    }
    const renewal = setInterval(() => {
      this.storage.outbox.postpone(lease, this.config.clock.now() + LEASE_MS).catch((error: unknown) => {
        this.logger.warn(`A message that is being sent could not be kept from other processes: ${messageOf(error)}`);
      });
    }, LEASE_RENEWAL_MS);
    renewal.unref();
    try {
      await withTimeout(this.delivery.send(message));
    } finally {
      clearInterval(renewal);
    }
  }

  private async handleFailure(message: ClaimedOutboxMessage, lease: OutboxLease, error: unknown): Promise<void> {
    const { id, content, attempts, createdAt } = message;
    const now = this.config.clock.now();
    const what = `The message ${id} (${content.kind}) could not be sent`;
    if (error instanceof PermanentDeliveryError || now - createdAt >= this.config.email.outbox.giveUpAfterMs) {
      if (await this.storage.outbox.giveUp(lease)) {
        this.logger.error(
          `${what} at attempt ${String(attempts)}, and was given up: ${messageOf(error)}. It stays in the table nestward_outbox for 7 days.`,
        );
      }
      return;
    }
    const wait = getBackoffMs(attempts);
    await this.storage.outbox.postpone(lease, now + wait);
    this.logger.warn(
      `${what} at attempt ${String(attempts)}, and will be tried again in ${String(Math.ceil(wait / 1000))} seconds: ${messageOf(error)}`,
    );
  }
}

/** Doubles with each attempt, and varies by a quarter so that messages do not all come back at the same instant. */
function getBackoffMs(attempts: number): number {
  const base = Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(attempts - 1, 20), MAX_BACKOFF_MS);
  return Math.round(base * (0.75 + Math.random() * 0.5));
}

async function withTimeout(sending: Promise<void>): Promise<void> {
  const timeout = new AbortController();
  try {
    await Promise.race([
      sending,
      delay(ATTEMPT_TIMEOUT_MS, undefined, { signal: timeout.signal, ref: false }).then(() => {
        throw new Error(`No answer within ${String(ATTEMPT_TIMEOUT_MS / 1000)} seconds`);
      }),
    ]);
  } finally {
    timeout.abort();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
