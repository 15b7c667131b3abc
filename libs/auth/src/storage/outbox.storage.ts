import type { OutboxContent } from '../email/outbox-content.js';

/** A message that is to be sent. Times are milliseconds since the Unix epoch. */
export interface NewOutboxMessage {
  readonly id: string;
  readonly content: OutboxContent;
  readonly createdAt: number;
}

/** A message that one node has taken upon itself to send. */
export interface ClaimedOutboxMessage extends NewOutboxMessage {
  /** How often it has been claimed, this time included. */
  readonly attempts: number;
}

/** A message, and proof that it is claimed: another node that claimed it since has another lease. */
export interface OutboxLease {
  readonly id: string;
  readonly leaseId: string;
}

/**
 * Messages between the transaction that wants them sent and the mail server that has taken them. A claim is a lease: where
 * the process dies that holds it, the message falls due again.
 */
export interface OutboxStorage {
  /** Adds a message that is due at once. */
  insert(message: NewOutboxMessage): Promise<void>;

  /**
   * Claims messages that are due at `now`, those that have waited longest first. Of two nodes at the same instant, one
   * gets each message.
   *
   * @param leaseUntil when they fall due again, unless the lease is renewed.
   */
  claimDue(claim: {
    readonly leaseId: string;
    readonly now: number;
    readonly leaseUntil: number;
    readonly limit: number;
  }): Promise<ClaimedOutboxMessage[]>;

  /** Moves the end of a lease, or the time of the next attempt. @returns whether the lease was still held. */
  postpone(lease: OutboxLease, dueAt: number): Promise<boolean>;

  /** Keeps a message from being tried again. @returns whether the lease was still held. */
  giveUp(lease: OutboxLease): Promise<boolean>;

  /** Removes a message that has been sent. @returns whether the lease was still held. */
  remove(lease: OutboxLease): Promise<boolean>;

  /** Removes at most `limit` messages that were given up and created before `before`. @returns how many were removed. */
  removeGivenUp(before: number, limit: number): Promise<number>;
}
