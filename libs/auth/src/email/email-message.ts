import type { EmailKind } from './outbox-content.js';

/** A message as it is handed to an {@link EmailDelivery}. It may hold a link that lets whoever has it in: keep it out of logs. */
export interface EmailMessage {
  /** The same whenever the message is sent again, so that a service can drop duplicates. */
  readonly id: string;
  /** What the message is about, for a delivery that has templates of its own. */
  readonly kind: EmailKind;
  /** One address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The link that the message is about, as text and HTML have it. */
  readonly link: string;
}
