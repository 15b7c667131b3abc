import { Inject, Injectable } from '@nestjs/common';
import { developmentMailbox, smtp, type DevelopmentMailbox, type EmailDelivery } from 'nestward';
import { Environment } from '../config/environment.js';

/** What brings messages to people: the mail server of the environment, or outside production a mailbox in memory. */
@Injectable()
export class Mail {
  /** `undefined` in production without a mail server, where the library says what to set. */
  readonly delivery: EmailDelivery | undefined;
  /** What `/dev/mailbox` shows. */
  readonly mailbox: DevelopmentMailbox | undefined;

  constructor(@Inject(Environment) { smtp: options }: Environment) {
    this.mailbox = options === undefined && process.env['NODE_ENV'] !== 'production' ? developmentMailbox() : undefined;
    this.delivery = options === undefined ? this.mailbox : smtp(options);
  }
}
