import type { BrowserContext, Locator, Page } from 'playwright-core';
import type { ReactSite } from './react-site.js';

/** A person who uses the React example: what they see and do in one tab. */
export class ReactPage {
  /** What the page complained about, apart from requests that were answered with an error on purpose. */
  readonly complaints: string[] = [];
  /** The API's answers to this tab, as `POST /auth/signin 200`. */
  readonly answers: string[] = [];

  readonly email: Locator;
  readonly password: Locator;

  private constructor(
    readonly page: Page,
    readonly site: ReactSite,
  ) {
    this.email = page.locator('input[name=email]');
    this.password = page.locator('input[name=password]');
    page.setDefaultTimeout(30_000);
    page.on('pageerror', ({ message }) => {
      // The SDK lets this go by when somebody signs out while it looks at the claims of the session.
      if (message !== 'No session exists') {
        this.complaints.push(message);
      }
    });
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.complaints.push(message.text());
      }
    });
    page.on('response', (response) => {
      const { origin, pathname } = new URL(response.url());
      if (origin === site.api.origin) {
        this.answers.push(`${response.request().method()} ${pathname} ${String(response.status())}`);
      }
    });
  }

  static async open(context: BrowserContext, site: ReactSite, path: string): Promise<ReactPage> {
    const tab = new ReactPage(await context.newPage(), site);
    await tab.goto(path);
    return tab;
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(this.site.origin + path);
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  text(text: string | RegExp): Locator {
    return this.page.getByText(text, { exact: true });
  }

  heading(name: string): Locator {
    return this.page.getByRole('heading', { name, exact: true });
  }

  /** Fills in the form that the prebuilt UI shows, and sends it. */
  async submit(fields: Record<string, string>): Promise<void> {
    for (const [name, value] of Object.entries(fields)) {
      await this.page.locator(`input[name=${name}]`).fill(value);
    }
    await this.page.locator('button[type=submit]').click();
  }

  async signUp(email: string, password: string): Promise<void> {
    await this.goto('/auth?show=signup');
    await this.page.getByText('Already have an account?').waitFor();
    await this.submit({ email, password });
  }

  async signIn(email: string, password: string): Promise<void> {
    await this.goto('/auth');
    await this.page.getByText('Not registered yet?').waitFor();
    await this.submit({ email, password });
  }

  /** Goes through the pretended provider, from the sign-in page. */
  async signInWithProvider(email: string, { vouchesForEmail = true } = {}): Promise<void> {
    await this.goto('/auth');
    await this.text('Continue with Development').click();
    await this.heading('Who do you want to be?').waitFor();
    await this.page.getByRole('textbox', { name: 'Email' }).fill(email);
    await this.page.getByRole('checkbox').setChecked(vouchesForEmail);
    await this.button('Continue').click();
  }

  /** Waits for the page of a signed-in person. */
  async isHome(email: string): Promise<void> {
    await this.page.waitForURL(`${this.site.origin}/`);
    await this.heading(`Hello, ${email}`).waitFor();
  }

  /** Waits for the sign-in page. */
  async isAuth(): Promise<void> {
    await this.page.waitForURL((url) => url.origin === this.site.origin && /^\/auth\/?$/.test(url.pathname));
    await this.page.getByText('Not registered yet?').waitFor();
  }

  /** Opens the newest message to this address with this subject in the demo's mailbox, and follows its link. */
  async followMail(email: string, subject: RegExp): Promise<void> {
    const messages = this.page.getByRole('listitem').filter({ hasText: email });
    const message = messages.getByRole('link', { name: subject }).first();
    await this.page.goto(`${this.site.api.origin}/dev/mailbox`);
    // Mail is sent after the answer to whoever asked for it.
    while ((await message.count()) === 0) {
      await this.page.reload();
    }
    await message.click();
    await this.page.frameLocator('iframe').getByRole('link').first().click();
    await this.page.waitForURL((url) => url.origin === this.site.origin);
  }

  /** The access token payload that the page shows. */
  async payload(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.page.locator('pre').textContent()) ?? '') as Record<string, unknown>;
  }
}
