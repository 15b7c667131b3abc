import { CookieJar } from 'tough-cookie';
import { BrowserTab } from './browser-tab.js';
import { WebStorage } from './web-storage.js';

/** A request that left a browser. */
export interface SentRequest {
  readonly method: string;
  readonly origin: string;
  readonly path: string;
  readonly headers: Headers;
  readonly status: number;
}

/** The world of a browser. */
export interface BrowserOptions {
  /** Where the servers of origins really listen, by origin. */
  readonly network: Readonly<Record<string, string>>;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/**
 * As much of a browser as the frontend SDKs see: a cookie jar and a storage that its tabs share, and `fetch` and
 * `XMLHttpRequest` that keep to the rules of cookies (RFC 6265bis) and of CORS (Fetch standard). A real one takes seconds
 * to do what this one does in milliseconds; the demo has tests in Chromium.
 */
export class Browser {
  readonly jar = new CookieJar(undefined, { allowSpecialUseDomain: true });
  /** What has been sent so far, preflights included. */
  readonly requests: SentRequest[] = [];
  readonly tabs: BrowserTab[] = [];
  private readonly storages = new Map<string, WebStorage>();
  private readonly lostAnswers: string[] = [];

  constructor(readonly options: BrowserOptions) {}

  /** Opens a page; what it shares with the other tabs is what a browser's tabs share. */
  openTab(url: string): BrowserTab {
    const tab = new BrowserTab(this, new URL(url));
    this.tabs.push(tab);
    return tab;
  }

  storageOf(origin: string): WebStorage {
    const storage = this.storages.get(origin) ?? new WebStorage();
    this.storages.set(origin, storage);
    return storage;
  }

  /** Breaks the connection before the next answer of a path arrives; the server has done its part by then. */
  loseNextAnswer(path: string): void {
    this.lostAnswers.push(path);
  }

  /** Whether an answer gets lost; each loss happens once. */
  takeLoss(path: string): boolean {
    const index = this.lostAnswers.indexOf(path);
    if (index !== -1) {
      this.lostAnswers.splice(index, 1);
    }
    return index !== -1;
  }

  /** How often a path has been asked for, without preflights. */
  count(path: string): number {
    return this.requests.filter((request) => request.path === path && request.method !== 'OPTIONS').length;
  }
}
