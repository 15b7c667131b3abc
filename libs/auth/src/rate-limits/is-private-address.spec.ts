import { getAddress } from '../http/get-address.js';
import { isPrivateAddress } from './is-private-address.js';

const isPrivate = (ip: string | undefined): boolean => isPrivateAddress(getAddress({ headers: {}, ip }));

describe('whether an address is of no public network', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.1.1',
    '100.64.0.1',
    '::ffff:10.0.0.1',
    '::1',
    'fe80::1',
    'fd12:3456:789a:1::1',
    undefined,
  ])('%s is of none', (ip) => {
    expect(isPrivate(ip)).toBe(true);
  });

  it.each([
    '203.0.113.1',
    '172.32.0.1',
    '11.0.0.1',
    '100.128.0.1',
    '::ffff:8.8.8.8',
    '2001:db8::1',
    '2a00::1',
    'fec0::1',
  ])('%s is of one', (ip) => {
    expect(isPrivate(ip)).toBe(false);
  });
});
