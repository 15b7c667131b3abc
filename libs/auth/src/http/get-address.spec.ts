import fc from 'fast-check';
import { isIP } from 'node:net';
import { getAddress } from './get-address.js';

const addressOf = (ip: string | undefined): string => getAddress({ headers: {}, ip });

describe('the address that a request is counted for', () => {
  it.each([
    ['IPv4', '203.0.113.7', '203.0.113.7'],
    ['IPv4 with a port, as some proxies name it', '203.0.113.7:50123', '203.0.113.7'],
    ['IPv4 inside of IPv6', '::ffff:203.0.113.7', '203.0.113.7'],
    ['IPv4 inside of IPv6, in hexadecimal', '0:0:0:0:0:FFFF:cb00:7107', '203.0.113.7'],
    ['IPv4 inside of IPv6, with a port', '[::ffff:203.0.113.7]:443', '203.0.113.7'],
    ['IPv6', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['another IPv6 address of the same network', '2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['an IPv6 address of the network beside it', '2001:db8:1:3::', '2001:db8:1:3::/64'],
    ['IPv6 with zeros and capitals', '2001:0DB8:0001:0002:0000:0000:0000:0001', '2001:db8:1:2::/64'],
    ['IPv6 with its zeros left out in the first half', '2001:db8::5:6:7:8', '2001:db8:0:0::/64'],
    ['IPv6 with zeros at its beginning', '::5:6:7:8:9', '0:0:0:5::/64'],
    ['IPv6 with IPv4 at its end', '2001:db8:1:2:3:4:203.0.113.7', '2001:db8:1:2::/64'],
    ['IPv6 with a port', '[2001:db8:1:2::9]:443', '2001:db8:1:2::/64'],
    ['IPv6 with a zone', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['the loopback of IPv6', '::1', '0:0:0:0::/64'],
  ])('%s', (_, ip, expected) => {
    expect(addressOf(ip)).toBe(expected);
  });

  it.each([undefined, '', 'unix:', 'unknown', '1.2.3', '1.2.3.4.5', 'x'.repeat(10_000), '::ffff:1.2.3.4:80', '[]'])(
    'one for all that are no addresses: %j',
    (ip) => {
      expect(addressOf(ip)).toBe('unknown');
    },
  );

  it('the same for every way to write an IPv6 address, and for every address of its network', () => {
    fc.assert(
      fc.property(fc.ipV6(), (ip) => {
        const address = addressOf(ip);
        const network = address.replace('/64', '');
        expect(isIP(network)).not.toBe(0);
        expect(addressOf(network.replace('::', ':1:2:a:ffff'))).toBe(address);
        expect(addressOf(ip.toUpperCase())).toBe(address);
      }),
    );
  });
});
