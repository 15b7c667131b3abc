import { isIP } from 'node:net';
import type { HttpRequest } from './http-request.js';

/** Whom a request is counted for, by the place that it comes from: an IPv4 address, or the network of an IPv6 address. */
export type ClientAddress = string & { readonly __brand: 'ClientAddress' };

/** What all requests share that come from no IP address, as over a Unix socket. */
const UNKNOWN_ADDRESS = 'unknown' as ClientAddress;

/**
 * The address that a request is counted for, from the framework's `request.ip`: the connection's, or the one that a proxy names
 * which the app trusts (Express: `app.set('trust proxy', …)`, Fastify: `trustProxy`). Headers are not read here.
 *
 * IPv6 counts by its first 64 bits, since one customer has at least all addresses below them (RFC 6177); IPv4 inside of IPv6
 * counts as IPv4.
 */
export function getAddress({ ip = '' }: HttpRequest): ClientAddress {
  const address = withoutPort(ip).replace(/%.*$/, '');
  switch (isIP(address)) {
    case 4:
      return address as ClientAddress;
    case 6:
      return fromGroups(readIPv6(address)) as ClientAddress;
    default:
      return UNKNOWN_ADDRESS;
  }
}

/** Some proxies name the port too, and each connection has another one. */
function withoutPort(address: string): string {
  const [, bracketed, plain] = /^\[([^\]]*)\](?::\d+)?$|^([\d.]+):\d+$/.exec(address) ?? [];
  return bracketed ?? plain ?? address;
}

function fromGroups(groups: readonly number[]): string {
  const isIPv4 = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isIPv4
    ? groups
        .slice(6)
        .flatMap((group) => [group >> 8, group & 0xff])
        .join('.')
    : `${groups
        .slice(0, 4)
        .map((group) => group.toString(16))
        .join(':')}::/64`;
}

/** The eight groups of a valid IPv6 address. */
function readIPv6(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const [first, last] = [readGroups(head), readGroups(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array<number>(zeros).fill(0), ...last];
}

function readGroups(text: string): number[] {
  return text
    .split(':')
    .filter((group) => group !== '')
    .flatMap((group) => {
      const [a, b, c, d] = group.split('.').map(Number);
      return a === undefined || b === undefined || c === undefined || d === undefined
        ? [Number.parseInt(group, 16)]
        : [a * 256 + b, c * 256 + d];
    });
}
