/** A browser without scripts: keeps cookies by name, host and path, and follows redirects when it is told to. */
export class BrowserClient {
  private readonly cookies = new Map<string, { readonly value: string; readonly path: string }>();

  constructor(private readonly headers: Readonly<Record<string, string>> = {}) {}

  /** Asks for a page, and stays there. */
  async visit(url: string): Promise<Response> {
    const { pathname } = new URL(url);
    const cookie = [...this.cookies]
      .filter(([, { path }]) => pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { ...this.headers, ...(cookie === '' ? {} : { cookie }) },
    });
    for (const header of response.headers.getSetCookie()) {
      this.keep(header);
    }
    return response;
  }

  get cookieNames(): string[] {
    return [...this.cookies.keys()];
  }

  getCookie(name: string): string | undefined {
    return this.cookies.get(name)?.value;
  }

  setCookie(name: string, value: string): void {
    this.cookies.set(name, { value, path: '/' });
  }

  private keep(header: string): void {
    const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
    const name = pair.slice(0, pair.indexOf('='));
    const attribute = (wanted: string): string | undefined =>
      attributes.find((item) => item.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    if (Date.parse(attribute('expires') ?? '') <= Date.now()) {
      this.cookies.delete(name);
    } else {
      this.cookies.set(name, { value: pair.slice(name.length + 1), path: attribute('path') ?? '/' });
    }
  }
}
