import { setMaxListeners } from 'node:events';
import { createContext, runInContext, type Context } from 'node:vm';
import type { Browser } from './browser.js';
import { fetchAs } from './browser-fetch.js';
import { createXmlHttpRequest } from './xml-http-request.js';

/** A page in a browser, with globals of its own: what one SDK keeps in its modules, another tab's does not see. */
export class BrowserTab {
  private readonly context: Context;
  private readonly events = new EventTarget();
  /** What the page has written to its console as a warning or an error. */
  readonly complaints: string[] = [];

  constructor(
    private readonly browser: Browser,
    readonly location: URL,
  ) {
    // Whoever waits for the lock of the tabs listens.
    setMaxListeners(0, this.events);
    this.context = createContext(this.createGlobals());
    this.run('globalThis.window = globalThis.self = globalThis');
    const pageDate = this.run('Date') as DateConstructor;
    pageDate.now = () => browser.options.now();
    browser.storageOf(location.origin).onChange(() => {
      this.events.dispatchEvent(new Event('storage'));
    });
  }

  /** Runs a script in the page. @returns what it comes to. */
  run(script: string): unknown {
    return runInContext(script, this.context);
  }

  /** The page's own `fetch`, which an SDK may have wrapped. */
  async fetch(input: string, init?: RequestInit): Promise<Response> {
    const { fetch: pageFetch } = this.context as { fetch: typeof fetch };
    return pageFetch(input, init);
  }

  /** Calls an API by the page's `XMLHttpRequest`, which an SDK may have wrapped. */
  async callByXhr(method: string, url: string): Promise<{ status: number; text: string }> {
    const { XMLHttpRequest } = this.context as {
      XMLHttpRequest: new () => {
        status: number;
        responseText: string;
        onload: (() => void) | null;
        onerror: ((event: unknown) => void) | null;
        open(method: string, url: string): void;
        send(): void;
      };
    };
    const xhr = new XMLHttpRequest();
    return new Promise((resolve, reject) => {
      xhr.onload = () => {
        resolve({ status: xhr.status, text: xhr.responseText });
      };
      xhr.onerror = () => {
        reject(new Error('The request failed'));
      };
      xhr.open(method, url);
      xhr.send();
    });
  }

  /** The cookies that the page's scripts see. */
  get cookie(): string {
    return this.browser.jar.getCookieStringSync(this.location.href, { http: false });
  }

  private createGlobals(): Record<string, unknown> {
    const { browser, location, events } = this;
    const complain = (...words: unknown[]): void => {
      this.complaints.push(words.map(String).join(' '));
    };
    return {
      location,
      document: {
        get cookie(): string {
          return browser.jar.getCookieStringSync(location.href, { http: false });
        },
        set cookie(value: string) {
          browser.jar.setCookieSync(value, location.href, { http: false, ignoreError: true });
        },
      },
      localStorage: browser.storageOf(location.origin),
      navigator: { userAgent: 'test' },
      console: { log: () => undefined, debug: () => undefined, warn: complain, error: complain },
      fetch: (input: string | URL | Request, init?: RequestInit) => fetchAs(browser, location, input, init),
      XMLHttpRequest: createXmlHttpRequest(browser, location),
      ProgressEvent: class ProgressEvent extends Event {},
      Headers,
      Request,
      Response,
      URL,
      URLSearchParams,
      TextEncoder,
      TextDecoder,
      AbortController,
      Event,
      atob,
      btoa,
      crypto,
      setTimeout,
      clearTimeout,
      setInterval,
      clearInterval,
      addEventListener: events.addEventListener.bind(events),
      removeEventListener: events.removeEventListener.bind(events),
      dispatchEvent: events.dispatchEvent.bind(events),
    };
  }
}
