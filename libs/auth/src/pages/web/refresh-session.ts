import { attemptRefreshingSession } from 'supertokens-web-js/recipe/session';
import { startAuthClient } from './auth-client.js';

const MARK = 'nestward-refreshed-at';

/** A page that asks again so soon would ask for ever. */
const PAUSE_MS = 10_000;

/** Renews a session whose access token has expired, and loads the page again, which knows the person then. */
export async function refreshSession(): Promise<void> {
  if (Date.now() - Number(sessionStorage.getItem(MARK)) < PAUSE_MS) {
    return;
  }
  startAuthClient();
  if (await attemptRefreshingSession()) {
    sessionStorage.setItem(MARK, String(Date.now()));
    location.reload();
  }
}
