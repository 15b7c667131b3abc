/** What the server tells the script, in an attribute of `<html>`. */
export interface PageData {
  readonly appName: string;
  /** Undefined where it is the website's own origin. */
  readonly apiDomain?: string;
  readonly apiBasePath: string;
  /** The sign-in page, which sends on whoever is signed in. */
  readonly home: string;
  /** Only on the callback page. */
  readonly messages?: Readonly<Record<ProviderMessage, string>>;
  /** Only on the callback page: what hooks answer, in the language of the page. */
  readonly translations?: Readonly<Record<string, string>>;
}

/** Why a sign-in with a provider did not work. */
export type ProviderMessage =
  'accessDenied' | 'invalidState' | 'noEmail' | 'providerError' | 'providerUnavailable' | 'notAllowed' | 'unreachable';

/** Reads what the server tells the script. */
export function readPageData(): PageData {
  return JSON.parse(document.documentElement.dataset['script'] ?? '{}') as PageData;
}
