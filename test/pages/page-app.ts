import type { AuthPagesOptions } from 'nestward/pages';
import { AuthPagesModule } from 'nestward/pages';
import type { EmailMessage } from 'nestward';
import { CHEAP_HASHING } from '../email-password/client.js';
import { startTestApp, type TestApp, type TestAppOptions } from '../support/create-app.js';

/** An app whose website is this app itself, with the pages. */
export interface PageApp extends TestApp {
  /** What it has sent. */
  readonly mails: readonly EmailMessage[];
  waitForMail(to: string): Promise<EmailMessage>;
}

/** Starts an app with the pages, cheap hashing, and mail that is kept here. */
export async function startPageApp(pages: AuthPagesOptions = {}, options: TestAppOptions = {}): Promise<PageApp> {
  const mails: EmailMessage[] = [];
  const waiting: ((mail: EmailMessage) => void)[] = [];
  const app = await startTestApp({
    ...options,
    appInfo: { apiDomain: 'http://localhost:3000', ...options.appInfo },
    auth: {
      ...options.auth,
      emailPassword: { passwordHashing: CHEAP_HASHING, ...options.auth?.emailPassword },
      email: {
        send: (mail) => {
          mails.push(mail);
          waiting.forEach((tell) => tell(mail));
          return Promise.resolve();
        },
      },
    },
    imports: [AuthPagesModule.forRoot(pages), ...(options.imports ?? [])],
  });
  return {
    ...app,
    mails,
    waitForMail: (to) =>
      new Promise((resolve) => {
        const tell = (mail: EmailMessage): void => {
          if (mail.to === to) {
            resolve(mail);
          }
        };
        mails.forEach(tell);
        waiting.push(tell);
      }),
  };
}

/** The path and the query of a link in a mail. */
export function pathOf({ link }: EmailMessage): string {
  const { pathname, search } = new URL(link);
  return pathname + search;
}
