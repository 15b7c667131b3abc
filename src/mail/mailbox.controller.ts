import { Controller, Get, Header, Inject, NotFoundException, Param } from '@nestjs/common';
import type { ReceivedEmail } from 'nestward';
import { Mail } from './mail.js';
import { renderMailbox, renderMessage, withLinksToTheTop } from './mailbox.page.js';

/** Pages load their style sheet and show a message in a frame, and nothing else. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A message may have inline styles. Its links open in the place of the whole page, and only when somebody clicks them. */
const MESSAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation";

/** What the app would have sent, for whoever develops it. There is none of it with a mail server, or in production. */
@Controller('dev/mailbox')
export class MailboxController {
  constructor(@Inject(Mail) private readonly mail: Mail) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', PAGE_POLICY)
  @Header('Cache-Control', 'no-store')
  list(): string {
    return renderMailbox(this.getMessages());
  }

  @Get(':id')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', PAGE_POLICY)
  @Header('Cache-Control', 'no-store')
  show(@Param('id') id: string): string {
    return renderMessage(this.getMessage(id));
  }

  @Get(':id/html')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', MESSAGE_POLICY)
  @Header('Cache-Control', 'no-store')
  html(@Param('id') id: string): string {
    return withLinksToTheTop(this.getMessage(id).html);
  }

  private getMessages(): readonly ReceivedEmail[] {
    if (this.mail.mailbox === undefined) {
      throw new NotFoundException();
    }
    return this.mail.mailbox.messages;
  }

  private getMessage(id: string): ReceivedEmail {
    const message = this.getMessages().find((candidate) => candidate.id === id);
    if (message === undefined) {
      throw new NotFoundException();
    }
    return message;
  }
}
