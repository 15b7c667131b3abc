import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { smtp, type EmailDelivery } from 'nestward';

/** A message as it arrived at the mail server. */
export interface ReceivedMail {
  readonly to: string;
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly messageId: string;
  readonly headers: ParsedMail['headers'];
  /** The first link of the text. */
  readonly link: URL;
}

/** What the server answers instead of taking a message. */
export interface Refusal {
  readonly at: 'RCPT' | 'DATA';
  readonly code: number;
}

/** A real SMTP server on loopback. */
export class MailServer {
  readonly mails: ReceivedMail[] = [];
  /** What happens to the next messages, in their order. */
  readonly refusals: Refusal[] = [];
  /** Waits before a message is taken. */
  beforeTaking: () => Promise<void> = () => Promise.resolve();
  private readonly waiting: (() => void)[] = [];
  private server: SMTPServer | undefined;
  port = 0;

  static async start(): Promise<MailServer> {
    const mailServer = new MailServer();
    await mailServer.resume();
    return mailServer;
  }

  /** A delivery to this server. */
  get delivery(): EmailDelivery {
    return smtp({ host: '127.0.0.1', port: this.port, from: 'Acme <no-reply@acme.com>' });
  }

  /** Listens, on the same port as before. */
  async resume(): Promise<void> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: (_address, _session, callback) => {
        callback(this.takeRefusal('RCPT'));
      },
      onData: (stream, _session, callback) => {
        this.take(stream).then(() => {
          callback();
        }, callback);
      },
    });
    server.on('error', () => {
      // A client that goes away is not this server's trouble.
    });
    await new Promise<void>((resolve, reject) => {
      server.server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (server.server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Stops listening. What has arrived stays. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    await new Promise<void>((resolve) => {
      if (server === undefined) {
        resolve();
      } else {
        server.close(resolve);
      }
    });
  }

  /** The messages to an address so far, in the order in which they arrived. */
  mailsTo(to: string, subject = ''): ReceivedMail[] {
    return this.mails.filter((mail) => mail.to === to.toLowerCase() && mail.subject.includes(subject));
  }

  /** Waits until an address has got this many messages, and answers the last one of them. */
  async waitForMail(to: string, subject = '', count = 1): Promise<ReceivedMail> {
    for (;;) {
      const mail = this.mailsTo(to, subject)[count - 1];
      if (mail !== undefined) {
        return mail;
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private takeRefusal(at: Refusal['at']): Error | null {
    if (this.refusals[0]?.at !== at) {
      return null;
    }
    const { code } = this.refusals.shift() ?? { code: 0 };
    return Object.assign(new Error('Not today'), { responseCode: code });
  }

  private async take(stream: NodeJS.ReadableStream): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) {
      chunks.push(Buffer.from(chunk));
    }
    const refusal = this.takeRefusal('DATA');
    if (refusal !== null) {
      throw refusal;
    }
    await this.beforeTaking();
    const { to, from, subject, text, html, messageId, headers } = await simpleParser(Buffer.concat(chunks));
    const link = /https?:\/\/\S+/.exec(text ?? '')?.[0] ?? 'none:';
    this.mails.push({
      to: (Array.isArray(to) ? to : [to]).map((address) => address?.text ?? '').join(),
      from: from?.text ?? '',
      subject: subject ?? '',
      text: text ?? '',
      html: html === false ? '' : (html ?? ''),
      messageId: messageId ?? '',
      headers,
      link: new URL(link),
    });
    for (const resolve of this.waiting.splice(0)) {
      resolve();
    }
  }
}

/** The token in a link. */
export function tokenOf({ link }: Pick<ReceivedMail, 'link'>): string {
  return link.searchParams.get('token') ?? '';
}
