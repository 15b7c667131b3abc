import { Logger } from '@nestjs/common';
import { ConfigurationError } from '../config/configuration.error.js';
import type { EmailDelivery } from './email-delivery.js';
import type { EmailMessage } from './email-message.js';

/** How many messages a mailbox keeps. */
const MAX_MESSAGES = 100;

/** A message in a {@link DevelopmentMailbox}. */
export interface ReceivedEmail extends EmailMessage {
  /** Milliseconds since the Unix epoch. */
  readonly receivedAt: number;
}

/** Where messages go while an app is developed. */
export interface DevelopmentMailbox extends EmailDelivery {
  /** The last 100 messages, newest first. */
  readonly messages: readonly ReceivedEmail[];
}

/**
 * Keeps messages in the memory of the process in the place of sending them, and says each in one line of the log, with its
 * link. It is what an app has that configures no `email`.
 * @throws ConfigurationError if `NODE_ENV` is `production`, where nobody would get the messages.
 */
export function developmentMailbox(): DevelopmentMailbox {
  if (process.env['NODE_ENV'] === 'production') {
    throw new ConfigurationError(
      'developmentMailbox() sends no mail, and NODE_ENV is production: write email: smtp({ host, auth, from }) there.',
    );
  }
  const logger = new Logger('Mail');
  const messages: ReceivedEmail[] = [];
  return {
    messages,
    send: async (message) => {
      const isKnown = messages.some(({ id }) => id === message.id);
      if (!isKnown) {
        messages.unshift({ ...message, receivedAt: Date.now() });
        messages.splice(MAX_MESSAGES);
      }
      logger.log(`To ${message.to}: ${message.subject} ${message.link}`);
      return Promise.resolve();
    },
  };
}
