import { BlockList, isIPv4 } from 'node:net';
import type { ClientAddress } from '../http/get-address.js';

const PRIVATE = new BlockList();
// RFC 1122, RFC 1918, RFC 3927, RFC 6598
PRIVATE.addSubnet('127.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('10.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('172.16.0.0', 12, 'ipv4');
PRIVATE.addSubnet('192.168.0.0', 16, 'ipv4');
PRIVATE.addSubnet('169.254.0.0', 16, 'ipv4');
PRIVATE.addSubnet('100.64.0.0', 10, 'ipv4');
// RFC 4291, RFC 4193; of the loopback's network the address alone, since IPv4 would be taken for a part of it.
PRIVATE.addAddress('::', 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');

/** Whether an address is of no public network, as that of a proxy before the app often is; or is none at all. */
export function isPrivateAddress(address: ClientAddress): boolean {
  const host = address.replace('/64', '');
  return address === 'unknown' || PRIVATE.check(host, isIPv4(host) ? 'ipv4' : 'ipv6');
}
