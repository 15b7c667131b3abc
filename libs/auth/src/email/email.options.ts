import { z } from 'zod';
import { developmentMailbox } from './development-mailbox.js';
import type { EmailDelivery } from './email-delivery.js';
import { DEFAULT_EMAIL_TEMPLATES, type EmailTemplates } from './email-templates.js';

/** Options of the outbox, in which messages wait until a mail server has taken them. */
export interface EmailOutboxOptions {
  /**
   * How often the outbox is looked at for messages that failed or that another process left, in seconds. A new message is
   * sent at once. `0` turns sending off in this process, where another one does it. Default: 5.
   */
  pollInterval?: number | undefined;
  /** For how long a message is tried before it is given up, in seconds. Default: 86400 (1 day). */
  giveUpAfter?: number | undefined;
}

/** Messages of the app's own. */
export type EmailTemplateOptions = { readonly [Name in keyof EmailTemplates]?: EmailTemplates[Name] | undefined };

/** {@link EmailOutboxOptions} with every default in its place. */
export interface EmailOutboxConfig {
  readonly pollIntervalMs: number;
  readonly giveUpAfterMs: number;
}

/** How messages are written and sent. */
export interface EmailConfig {
  /** `undefined` where no message is sent: in production, with every feature that needs mail turned off. */
  readonly delivery: EmailDelivery | undefined;
  readonly templates: EmailTemplates;
  readonly outbox: EmailOutboxConfig;
}

const DELIVERY_REMEDY = 'write smtp({ host, auth, from }) or an object with a function send(message)';
const TEMPLATE_REMEDY = 'write a function that answers { subject, text, html }';
const secondsOrOff = { error: 'write a number of seconds, or 0 to turn it off' };
const seconds = { error: 'write a number of seconds greater than 0' };

/** Checks an {@link EmailDelivery}. */
export const emailDeliverySchema = z.custom<EmailDelivery>(
  (value) => typeof value === 'object' && value !== null && 'send' in value && typeof value.send === 'function',
  { error: DELIVERY_REMEDY },
);

const template = z.custom<(input: never) => unknown>((value) => typeof value === 'function', {
  error: TEMPLATE_REMEDY,
});
const templateNames = Object.keys(DEFAULT_EMAIL_TEMPLATES);

/** Checks the types of templates. */
export const emailTemplatesSchema = z.strictObject(
  Object.fromEntries(templateNames.map((name) => [name, template.optional()])),
  { error: unlessUnknownKey(`write an object with some of ${templateNames.join(', ')}`) },
);

/** Checks the types of {@link EmailOutboxOptions}. */
export const emailOutboxOptionsSchema = z.strictObject(
  {
    pollInterval: z.number(secondsOrOff).nonnegative(secondsOrOff).optional(),
    giveUpAfter: z.number(seconds).positive(seconds).optional(),
  },
  { error: unlessUnknownKey('write an object with pollInterval and giveUpAfter') },
);

/** An unknown key is reported by its own name elsewhere, so that this message is only for what is no object. */
function unlessUnknownKey(message: string) {
  return ({ code }: { readonly code: string }): string | undefined =>
    code === 'unrecognized_keys' ? undefined : message;
}

/** Puts the defaults in their places: a mailbox for development where nothing is configured, and none in production. */
export function normaliseEmailOptions(options: {
  readonly email?: EmailDelivery | undefined;
  readonly emailTemplates?: EmailTemplateOptions | undefined;
  readonly emailOutbox?: EmailOutboxOptions | undefined;
}): EmailConfig {
  const isProduction = process.env['NODE_ENV'] === 'production';
  const given = options.emailTemplates ?? {};
  return {
    delivery: options.email ?? (isProduction ? undefined : developmentMailbox()),
    templates: {
      verifyEmail: given.verifyEmail ?? DEFAULT_EMAIL_TEMPLATES.verifyEmail,
      resetPassword: given.resetPassword ?? DEFAULT_EMAIL_TEMPLATES.resetPassword,
      changeEmail: given.changeEmail ?? DEFAULT_EMAIL_TEMPLATES.changeEmail,
      passwordChanged: given.passwordChanged ?? DEFAULT_EMAIL_TEMPLATES.passwordChanged,
      emailChanged: given.emailChanged ?? DEFAULT_EMAIL_TEMPLATES.emailChanged,
      signUpAttempt: given.signUpAttempt ?? DEFAULT_EMAIL_TEMPLATES.signUpAttempt,
    },
    outbox: {
      pollIntervalMs: (options.emailOutbox?.pollInterval ?? 5) * 1000,
      giveUpAfterMs: (options.emailOutbox?.giveUpAfter ?? 86_400) * 1000,
    },
  };
}
