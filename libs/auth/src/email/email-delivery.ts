import type { EmailMessage } from './email-message.js';

/** Hands messages to whoever brings them to people: `smtp()`, or an object of the app's own. */
export interface EmailDelivery {
  /**
   * Sends a message. It resolves when somebody else is responsible for the message, and rejects if it must be tried again;
   * {@link PermanentDeliveryError} says that trying again is no use. After five minutes without an answer the message is
   * tried again.
   */
  send(message: EmailMessage): Promise<void>;
  /** Lets go of connections when the app closes. Default: nothing. */
  close?(): void | Promise<void>;
}

/** A message that will never be taken, for example because its address does not exist. It is not tried again. */
export class PermanentDeliveryError extends Error {
  override readonly name = 'PermanentDeliveryError';
}
