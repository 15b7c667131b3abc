import { normaliseAppInfo } from '../config/app-info.js';
import { normaliseSessionOptions, type SessionOptions } from './session.options.js';

const normalise = (apiDomain: string, websiteDomain: string, options: SessionOptions = {}) =>
  normaliseSessionOptions(options, normaliseAppInfo({ appName: 'Acme', apiDomain, websiteDomain }));

describe('the derived defaults of sessions (contract §3)', () => {
  it.each<[string, string, 'none' | 'lax', boolean]>([
    ['https://api.acme.com', 'https://acme.com', 'lax', true],
    ['https://acme.com', 'https://www.acme.com', 'lax', true],
    ['https://api.acme.com', 'https://acme.dev', 'none', true],
    ['https://api.acme.co.uk', 'https://other.co.uk', 'none', true],
    ['https://one.github.io', 'https://two.github.io', 'none', true],
    ['https://api.acme.com', 'http://acme.com', 'none', true],
    ['http://api.acme.com', 'http://acme.com', 'lax', false],
    ['http://localhost:3001', 'http://localhost:3000', 'lax', false],
    ['http://127.0.0.1:3001', 'http://localhost:3000', 'none', false],
    ['https://localhost:3001', 'http://localhost:3000', 'none', true],
  ])('API %s and website %s: SameSite=%s, Secure=%s', (apiDomain, websiteDomain, sameSite, secure) => {
    const config = normalise(apiDomain, websiteDomain);
    expect(config.getCookieSameSite(undefined)).toBe(sameSite);
    expect(config.cookieSecure).toBe(secure);
    expect(config.getAntiCsrfMode(undefined)).toBe(sameSite === 'none' ? 'VIA_CUSTOM_HEADER' : 'NONE');
    expect(config.cookieDomain).toBeUndefined();
  });

  it('what is given counts more than what is derived', () => {
    const config = normalise('https://api.acme.com', 'https://acme.dev', {
      cookieSameSite: 'strict',
      cookieSecure: false,
      antiCsrf: 'VIA_TOKEN',
    });
    expect(config.getCookieSameSite(undefined)).toBe('strict');
    expect(config.cookieSecure).toBe(false);
    expect(config.getAntiCsrfMode(undefined)).toBe('VIA_TOKEN');
  });

  it.each([
    ['https://api.acme.com', '.Acme.com', '.acme.com'],
    ['https://api.acme.com', 'api.acme.com', 'api.acme.com'],
    ['http://localhost:3001', '.localhost', 'localhost'],
    ['http://127.0.0.1:3001', '127.0.0.1', '127.0.0.1'],
  ])('a cookieDomain for %s: %s becomes %s', (apiDomain, cookieDomain, expected) => {
    expect(normalise(apiDomain, apiDomain, { cookieDomain }).cookieDomain).toBe(expected);
  });

  it('SameSite and anti-CSRF follow a website that depends on the request', () => {
    const config = normaliseSessionOptions(
      {},
      normaliseAppInfo({
        appName: 'Acme',
        apiDomain: 'https://api.acme.com',
        origin: (request) => (request?.headers.host === 'b' ? 'https://b.example' : 'https://acme.com'),
      }),
    );
    expect(config.getCookieSameSite({ headers: { host: 'a' } })).toBe('lax');
    expect(config.getCookieSameSite({ headers: { host: 'b' } })).toBe('none');
    expect(config.getAntiCsrfMode({ headers: { host: 'b' } })).toBe('VIA_CUSTOM_HEADER');
  });

  it('lifetimes are 1 hour, 100 days and 7 days, statuses 401 and 403, the grace 10 seconds', () => {
    expect(normalise('https://api.acme.com', 'https://acme.com')).toMatchObject({
      accessTokenLifetimeMs: 3_600_000,
      refreshTokenLifetimeMs: 100 * 24 * 3_600_000,
      signingKeyRotationIntervalMs: 7 * 24 * 3_600_000,
      refreshTokenGracePeriodMs: 10_000,
      sessionExpiredStatusCode: 401,
      invalidClaimStatusCode: 403,
      refreshTokenPath: '/auth/session/refresh',
      accessTokenPath: '',
    });
  });
});
