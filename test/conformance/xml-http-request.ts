import type { Browser } from './browser.js';
import { fetchAs } from './browser-fetch.js';

type Listener = (event: unknown) => void;

type EventName = 'readystatechange' | 'load' | 'loadend' | 'error';

/** Makes the class `XMLHttpRequest` of a page: as much of it as an app that calls an API uses. */
export function createXmlHttpRequest(browser: Browser, page: URL): new () => object {
  return class XMLHttpRequest {
    readyState = 0;
    status = 0;
    statusText = '';
    responseText = '';
    responseType = '';
    withCredentials = false;
    onreadystatechange: Listener | null = null;
    onload: Listener | null = null;
    onloadend: Listener | null = null;
    onerror: Listener | null = null;
    readonly upload = {};
    private readonly requestHeaders = new Headers();
    private readonly listeners = new Map<string, Set<Listener>>();
    private responseHeaders = new Headers();
    private target = { method: 'GET', url: '' };

    get response(): string {
      return this.responseText;
    }

    open(method: string, url: string | URL): void {
      this.target = { method, url: String(url) };
      this.move(1);
    }

    setRequestHeader(name: string, value: string): void {
      this.requestHeaders.append(name, value);
    }

    addEventListener(type: string, listener: Listener): void {
      this.listeners.set(type, (this.listeners.get(type) ?? new Set()).add(listener));
    }

    removeEventListener(type: string, listener: Listener): void {
      this.listeners.get(type)?.delete(listener);
    }

    getResponseHeader(name: string): string | null {
      return this.responseHeaders.get(name);
    }

    getAllResponseHeaders(): string {
      return [...this.responseHeaders].map(([name, value]) => `${name}: ${value}\r\n`).join('');
    }

    send(body?: string | null): void {
      const { method, url } = this.target;
      fetchAs(browser, page, url, {
        method,
        headers: this.requestHeaders,
        credentials: this.withCredentials ? 'include' : 'same-origin',
        ...(typeof body === 'string' ? { body } : {}),
      })
        .then(async (response) => {
          this.status = response.status;
          this.responseHeaders = response.headers;
          this.responseText = await response.text();
          this.move(4);
          this.dispatch('load');
        })
        .catch(() => {
          this.move(4);
          this.dispatch('error');
        })
        .finally(() => {
          this.dispatch('loadend');
        });
    }

    private move(readyState: number): void {
      this.readyState = readyState;
      this.dispatch('readystatechange');
    }

    private dispatch(type: EventName): void {
      const event = { type, target: this };
      this[`on${type}`]?.(event);
      for (const listener of this.listeners.get(type) ?? []) {
        listener.call(this, event);
      }
    }
  };
}
