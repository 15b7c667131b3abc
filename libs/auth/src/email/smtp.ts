import { createTransport } from 'nodemailer';
import { z } from 'zod';
import { ConfigurationError } from '../config/configuration.error.js';
import { describeValue } from '../config/describe-value.js';
import { isLocalHost } from '../config/origin.js';
import { PermanentDeliveryError, type EmailDelivery } from './email-delivery.js';
import type { EmailMessage } from './email-message.js';

/** How to reach a mail server. */
export interface SmtpOptions {
  /** The server's name, such as `smtp.acme.com`. */
  readonly host: string;
  /** Default: 587, or 465 where `secure` is true (RFC 8314 §7.3). */
  readonly port?: number | undefined;
  /** Whether the connection begins with TLS, as on port 465. Default: whether the port is 465. */
  readonly secure?: boolean | undefined;
  /**
   * Whether a connection that does not begin with TLS must change to it by STARTTLS before anything is sent. Default: `true`,
   * but for a server on this machine.
   */
  readonly requireTls?: boolean | undefined;
  /** User name and password. Default: none. */
  readonly auth?: { readonly user: string; readonly pass: string } | undefined;
  /** The sender, such as `Acme <no-reply@acme.com>`. */
  readonly from: string;
}

/** How long the server may take to connect and to greet, in milliseconds. */
const CONNECTION_TIMEOUT_MS = 10_000;

/** How long the server may be silent, in milliseconds. */
const SOCKET_TIMEOUT_MS = 30_000;

const flag = z.boolean({ error: 'write true or false' });
const port = { error: 'write a port from 1 to 65535, or leave it out for 587' };
const text = (remedy: string) => z.string({ error: remedy }).trim().min(1, { error: remedy });

const smtpOptionsSchema = z.strictObject(
  {
    host: text("write the mail server's name, such as 'smtp.acme.com'"),
    port: z.int(port).min(1, port).max(65_535, port).optional(),
    secure: flag.optional(),
    requireTls: flag.optional(),
    auth: z
      .strictObject(
        { user: text('write the user name'), pass: text('write the password') },
        { error: 'write { user, pass }, or leave it out' },
      )
      .optional(),
    from: text("write the sender, such as 'Acme <no-reply@acme.com>'").regex(
      /^(?:[^<>\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/,
      { error: "write the sender, such as 'Acme <no-reply@acme.com>'" },
    ),
  },
  { error: ({ code }) => (code === 'unrecognized_keys' ? 'leave it out' : 'write smtp({ host, auth, from })') },
);

/**
 * Sends messages through a mail server.
 * @throws ConfigurationError with one sentence that names the option and what to write instead.
 */
export function smtp(options: SmtpOptions): EmailDelivery {
  assertValid(options);
  const secure = options.secure ?? options.port === 465;
  const host = options.host.trim();
  const transport = createTransport({
    host,
    port: options.port ?? (secure ? 465 : 587),
    secure,
    requireTLS: !secure && (options.requireTls ?? !isLocalHost(host)),
    ...(options.auth === undefined ? {} : { auth: { user: options.auth.user, pass: options.auth.pass } }),
    pool: true,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    greetingTimeout: CONNECTION_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async ({ id, to, subject, text: body, html }: EmailMessage) => {
      try {
        await transport.sendMail({
          from: options.from,
          // An object, because a text with commas would be several addresses.
          to: { name: '', address: to },
          subject,
          text: body,
          html,
          // The same at each attempt, by which mail programs know a duplicate.
          messageId: `<${id}@${domainOf(options.from)}>`,
          // RFC 3834 §5: keeps holiday notices from answering.
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
      } catch (error) {
        throw isRefusedRecipient(error)
          ? new PermanentDeliveryError('The mail server refuses the address', { cause: error })
          : error;
      }
    },
    close: () => {
      transport.close();
    },
  };
}

function assertValid(options: SmtpOptions): void {
  const [issue] = smtpOptionsSchema.safeParse(options).error?.issues ?? [];
  if (issue === undefined) {
    return;
  }
  const path = issue.path.map(String);
  const field = ['email: smtp()', ...path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])];
  const value = path.reduce<unknown>(
    (inner, key) => new Map(Object.entries(Object(inner) as object)).get(key),
    options,
  );
  const shown =
    issue.code === 'unrecognized_keys' ? 'not an option' : path.at(-1) === 'pass' ? 'not usable' : describeValue(value);
  throw new ConfigurationError(`${field.join('.')} is ${shown}: ${issue.message}.`);
}

function domainOf(from: string): string {
  return /@([^@\s>]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
}

/** A permanent answer (RFC 5321 §4.2.1) to the address, as opposed to one to us, such as a wrong password. */
function isRefusedRecipient(error: unknown): boolean {
  const { code, command, responseCode }: { code?: unknown; command?: unknown; responseCode?: unknown } =
    typeof error === 'object' && error !== null ? error : {};
  return (
    code === 'EENVELOPE' &&
    command === 'RCPT TO' &&
    typeof responseCode === 'number' &&
    responseCode >= 550 &&
    responseCode < 600
  );
}
