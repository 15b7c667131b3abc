import { readCookies } from '../support/cookie-client.js';

/** What a server answered to a browser. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Where it sends the browser to. */
  readonly location: string | null;
}

/** A form of a page, as a browser without scripts knows it. */
export interface PageForm {
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** A browser without scripts: keeps cookies, reads forms and posts them as a browser does. */
export class PageClient {
  readonly cookies = new Map<string, string>();

  constructor(
    readonly url: string,
    /** What it sends with every request, such as its languages. */
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<PageAnswer> {
    return this.request(path, { headers });
  }

  /** Posts fields as a browser posts a form of a page that it got from the server. */
  async post(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<PageAnswer> {
    return this.request(path, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'same-origin', origin: 'null', ...headers },
      body: new URLSearchParams(fields),
    });
  }

  /** Opens a page, fills its first form in and sends it. */
  async submit(path: string, fields: Readonly<Record<string, string>>): Promise<PageAnswer> {
    const form = readForm(await this.get(path));
    return this.post(form.action, { ...form.fields, ...fields });
  }

  /** Follows a redirect to a path of the website. */
  async follow({ status, location }: PageAnswer): Promise<PageAnswer> {
    if (status !== 303 || location === null) {
      throw new Error(`There is no redirect to follow, but a ${String(status)}`);
    }
    return this.get(location);
  }

  async signUp(email = 'ada@example.com', password = 'correct horse 1'): Promise<PageAnswer> {
    return this.submit('/auth?show=signup', { email, password });
  }

  private async request(
    path: string,
    init: {
      readonly method?: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: URLSearchParams;
    },
  ): Promise<PageAnswer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(this.url + path, {
      ...init,
      redirect: 'manual',
      headers: { ...this.headers, ...(cookie === '' ? {} : { cookie }), ...init.headers },
    });
    for (const { name, value, attributes } of readCookies(response)) {
      if (Date.parse(attributes.get('expires') ?? '') <= 0) {
        this.cookies.delete(name);
      } else {
        this.cookies.set(name, value);
      }
    }
    const { status, headers } = response;
    return { status, headers, text: await response.text(), location: headers.get('location') };
  }
}

/** The forms of a page, in their order. */
export function readForms({ text }: PageAnswer): PageForm[] {
  return [...text.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, attributes = '', content = '']) => ({
    action: readAttribute(attributes, 'action') ?? '',
    fields: Object.fromEntries(
      [...content.matchAll(/<input\b([^>]*)>/g)].map(([, input = '']) => [
        readAttribute(input, 'name') ?? '',
        readAttribute(input, 'value') ?? '',
      ]),
    ),
  }));
}

/** The first form of a page. @throws Error if it has none. */
export function readForm(answer: PageAnswer): PageForm {
  const [form] = readForms(answer);
  if (form === undefined) {
    throw new Error(`The page has no form:\n${answer.text}`);
  }
  return form;
}

/** What the summary of errors lists; empty where it is not shown. */
export function readSummary({ text }: PageAnswer): string[] {
  const [, attributes = '', content = ''] = /<div\s+class="summary"([^>]*)>([\s\S]*?)<\/div>/.exec(text) ?? [];
  return /\shidden(?:\s|$)/.test(attributes)
    ? []
    : [...content.matchAll(/<li>([\s\S]*?)<\/li>/g)].map(([, item = '']) => readText(item));
}

/** What stands beside a field as its error. */
export function readFieldError({ text }: PageAnswer, id: string): string {
  const [, content = ''] = new RegExp(`<p id="${id}-error" class="field-error">([\\s\\S]*?)</p>`).exec(text) ?? [];
  return readText(content);
}

/** The heading of a page. */
export function readHeading({ text }: PageAnswer): string {
  return readText(/<h1\b[^>]*>([\s\S]*?)<\/h1>/.exec(text)?.[1] ?? '');
}

/** The title of a page. */
export function readTitle({ text }: PageAnswer): string {
  return readText(/<title>([\s\S]*?)<\/title>/.exec(text)?.[1] ?? '');
}

/** Where a link leads whose text is this. */
export function readLink({ text }: PageAnswer, label: string): string | undefined {
  for (const [, attributes = '', content = ''] of text.matchAll(/<a\b([^>]*)>([\s\S]*?)<\/a\s*>/g)) {
    if (readText(content) === label) {
      return readAttribute(attributes, 'href');
    }
  }
  return undefined;
}

function readAttribute(attributes: string, name: string): string | undefined {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1];
  return value === undefined ? undefined : decode(value);
}

function readText(content: string): string {
  return decode(content.replace(/<[^>]*>/g, ''))
    .replace(/\s+/g, ' ')
    .trim();
}

function decode(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_entity, name: string) => ENTITIES[name] ?? '');
}
