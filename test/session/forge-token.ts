import { decodeClaims, decodeHeader } from '../support/session-client.js';

/** A token with the header and the claims of another one, changed, and still with its signature. */
export function forgeToken(
  token: string,
  changes: { readonly header?: Readonly<Record<string, unknown>>; readonly claims?: Readonly<Record<string, unknown>> },
): string {
  const [, , signature = ''] = token.split('.');
  return [
    encode({ ...decodeHeader(token), ...changes.header }),
    encode({ ...decodeClaims(token), ...changes.claims }),
    signature,
  ].join('.');
}

/** A segment of a JWT. */
export function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
