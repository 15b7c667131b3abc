import { build } from 'esbuild';
import { join } from 'node:path';
import type * as WebJs from 'supertokens-web-js';
import type * as EmailPassword from 'supertokens-web-js/recipe/emailpassword/index.js';
import type * as EmailVerification from 'supertokens-web-js/recipe/emailverification/index.js';
import type * as Session from 'supertokens-web-js/recipe/session/index.js';
import type * as Website from 'supertokens-website';
import type { BrowserTab } from './browser-tab.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** `supertokens-web-js`, as a page has it. */
export interface WebJsSdk {
  readonly SuperTokens: typeof WebJs;
  readonly EmailPassword: typeof EmailPassword;
  readonly EmailVerification: typeof EmailVerification;
  readonly Session: typeof Session;
}

const bundles = new Map<string, Promise<string>>();

/** Loads `supertokens-web-js` from npm into a page, in a bundle as an app's. */
export async function loadWebJs(tab: BrowserTab): Promise<WebJsSdk> {
  const script = await bundle(
    `import * as SuperTokens from 'supertokens-web-js';
     import * as EmailPassword from 'supertokens-web-js/recipe/emailpassword';
     import * as EmailVerification from 'supertokens-web-js/recipe/emailverification';
     import * as Session from 'supertokens-web-js/recipe/session';
     globalThis.sdk = { SuperTokens, EmailPassword, EmailVerification, Session };`,
  );
  tab.run(script);
  return tab.run('sdk') as WebJsSdk;
}

/** Loads `supertokens-website` from npm into a page. */
export async function loadWebsite(tab: BrowserTab): Promise<typeof Website> {
  tab.run(await bundle(`import * as sdk from 'supertokens-website'; globalThis.sdk = sdk;`));
  return tab.run('sdk') as typeof Website;
}

async function bundle(source: string): Promise<string> {
  const known = bundles.get(source);
  if (known !== undefined) {
    return known;
  }
  const made = build({
    stdin: { contents: source, resolveDir: ROOT },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
  }).then(({ outputFiles }) => outputFiles[0]?.text ?? '');
  bundles.set(source, made);
  return made;
}
