import type { BrowserContext, Locator, Page } from 'playwright-core';

/** A person who uses the demo: what they see and do in one tab. */
export class DemoPage {
  /** What the page complained about, apart from requests that were answered with an error on purpose. */
  readonly complaints: string[] = [];

  readonly email: Locator;
  readonly password: Locator;
  readonly alert: Locator;
  readonly log: Locator;

  constructor(
    readonly page: Page,
    readonly origin: string,
  ) {
    this.email = page.getByRole('textbox', { name: 'Email' });
    this.password = page.getByLabel('Password', { exact: true });
    this.alert = page.getByRole('alert');
    this.log = page.getByRole('log', { name: 'What happened' });
    page.setDefaultTimeout(30_000);
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.complaints.push(message.text());
      }
    });
  }

  static async open(context: BrowserContext, origin: string, path: string): Promise<DemoPage> {
    const demo = new DemoPage(await context.newPage(), origin);
    await demo.goto(path);
    return demo;
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(this.origin + path);
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** Fills in the form and sends it. */
  async submit(button: 'Sign in' | 'Create account', email: string, password: string): Promise<void> {
    await this.email.fill(email);
    await this.password.fill(password);
    await this.button(button).click();
  }

  /** Signs up, from the sign-in page. */
  async signUp(email: string, password: string): Promise<void> {
    await this.isAuth();
    await this.page.getByRole('link', { name: 'Create an account' }).click();
    await this.submit('Create account', email, password);
    await this.isHome(email);
  }

  /** Signs in, from the sign-in page. */
  async signIn(email: string, password: string): Promise<void> {
    await this.isAuth();
    await this.submit('Sign in', email, password);
    await this.isHome(email);
  }

  /** Waits for the page of a signed-in person. */
  async isHome(email: string): Promise<void> {
    await this.page.waitForURL(`${this.origin}/`);
    await this.heading(`Hello, ${email}`).waitFor();
  }

  /** Waits for the sign-in page. */
  async isAuth(): Promise<void> {
    await this.page.waitForURL(`${this.origin}/auth`);
    await this.heading('Welcome back').waitFor();
  }

  heading(name: string): Locator {
    return this.page.getByRole('heading', { name, exact: true });
  }

  /** Waits until an element has the focus. */
  async isFocused(locator: Locator): Promise<void> {
    await locator.and(this.page.locator(':focus')).waitFor();
  }

  /** Waits for a line in the log. */
  async isLogged(text: string): Promise<void> {
    await this.log.getByText(text, { exact: true }).first().waitFor();
  }

  /** What a screen reader says after the name of a field: the texts that `aria-describedby` points to. */
  async descriptionOf(field: Locator): Promise<string> {
    const ids = (await field.getAttribute('aria-describedby')) ?? '';
    const texts = await Promise.all(ids.split(' ').map((id) => this.page.locator(`#${id}`).textContent()));
    return texts.filter((text) => text !== '').join(' ');
  }

  /** The definition beside a term on the page. */
  async fact(term: string): Promise<string> {
    const definition = this.page.locator('dl > div').filter({ hasText: term }).locator('dd');
    return (await definition.textContent())?.trim() ?? '';
  }

  /** The access token payload that the page shows. */
  async payload(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.page.locator('#payload').innerText()) as Record<string, unknown>;
  }
}
