import { fileURLToPath } from 'node:url';
import type { Response } from 'express';

/** Where the build puts what browsers load. */
export const webDirectory = fileURLToPath(new URL('../web/', import.meta.url));

/** Answers with the home page. What it loads is below `/assets`. */
export function sendHomePage(response: Response): void {
  // Whether it is the right one depends on the session, so no copy may be kept.
  response.setHeader('Cache-Control', 'no-store');
  response.sendFile('home.html', { root: webDirectory, cacheControl: false });
}
