import { normaliseAppInfo, type AppInfo } from './app-info.js';

const BASE = { appName: 'Acme', apiDomain: 'https://api.acme.com', websiteDomain: 'https://acme.com' };

const normalise = (appInfo: Partial<AppInfo>) => normaliseAppInfo({ ...BASE, ...appInfo } as AppInfo);

describe('appInfo is brought into one form (contract §1)', () => {
  it.each([
    ['https://api.acme.com', 'https://api.acme.com'],
    ['https://API.Acme.com/', 'https://api.acme.com'],
    ['https://api.acme.com/some/path?query=1#hash', 'https://api.acme.com'],
    ['https://api.acme.com:443', 'https://api.acme.com'],
    ['https://api.acme.com:8443/', 'https://api.acme.com:8443'],
    ['http://api.acme.com:80', 'http://api.acme.com'],
    ['  https://api.acme.com ', 'https://api.acme.com'],
    ['api.acme.com', 'https://api.acme.com'],
    ['api.acme.com:8443/x', 'https://api.acme.com:8443'],
    ['localhost', 'http://localhost'],
    ['localhost:3000/auth', 'http://localhost:3000'],
    ['localhost:443', 'http://localhost:443'],
    ['https://localhost:3000', 'https://localhost:3000'],
    ['127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['192.168.0.7', 'http://192.168.0.7'],
    ['[::1]:3000', 'http://[::1]:3000'],
    ['http://intranet:8080', 'http://intranet:8080'],
  ])('an origin: %s becomes %s', (given, expected) => {
    expect(normalise({ apiDomain: given }).apiDomain.value).toBe(expected);
    expect(normalise({ websiteDomain: given }).getWebsiteDomain(undefined).value).toBe(expected);
  });

  it.each([
    [undefined, '/auth'],
    ['/auth', '/auth'],
    ['auth', '/auth'],
    ['/auth/', '/auth'],
    ['//api///v1/', '/api/v1'],
    ['/', ''],
    ['', ''],
  ])('a base path: %j becomes %j', (given, expected) => {
    expect(normalise({ apiBasePath: given }).apiBasePath).toBe(expected);
    expect(normalise({ websiteBasePath: given }).websiteBasePath).toBe(expected);
  });

  it('a gateway path is part of what is handed out, and not of what is mounted', () => {
    const appInfo = normalise({ apiGatewayPath: 'gateway/', apiBasePath: '/v1/auth' });
    expect(appInfo.apiBasePath).toBe('/v1/auth');
    expect(appInfo.publicApiBasePath).toBe('/gateway/v1/auth');
    expect(appInfo.issuer).toBe('https://api.acme.com/gateway/v1/auth');
    expect(normalise({}).publicApiBasePath).toBe('/auth');
  });

  it.each([
    ['https://api.acme.com', 'acme.com'],
    ['https://acme.co.uk', 'acme.co.uk'],
    ['https://a.b.acme.co.uk', 'acme.co.uk'],
    // A public suffix of a company: its customers are different sites.
    ['https://one.github.io', 'one.github.io'],
    ['http://localhost:3000', 'localhost'],
    ['http://10.0.0.1', '10.0.0.1'],
    ['http://[::1]:3000', '::1'],
    ['http://intranet', 'intranet'],
  ])('the registrable domain of %s is %s', (given, expected) => {
    expect(normalise({ apiDomain: given }).apiDomain.topLevelDomain).toBe(expected);
  });

  it('an origin may stand in the place of websiteDomain, as a text or as a function of the request', () => {
    const fixed = normaliseAppInfo({ appName: 'Acme', apiDomain: 'api.acme.com', origin: 'acme.com/x' });
    expect(fixed.getWebsiteDomain(undefined).value).toBe('https://acme.com');
    expect(fixed.hasDynamicWebsiteDomain).toBe(false);
    const dynamic = normaliseAppInfo({
      appName: 'Acme',
      apiDomain: 'api.acme.com',
      origin: (request) => (request === undefined ? 'acme.com' : `${String(request.headers['x-tenant'])}.acme.com`),
    });
    expect(dynamic.hasDynamicWebsiteDomain).toBe(true);
    expect(dynamic.getWebsiteDomain(undefined).value).toBe('https://acme.com');
    expect(dynamic.getWebsiteDomain({ headers: { 'x-tenant': 'b' } }).value).toBe('https://b.acme.com');
  });

  it('an origin function that answers nonsense is told so', () => {
    const dynamic = normaliseAppInfo({ appName: 'Acme', apiDomain: 'api.acme.com', origin: () => 'javascript://x' });
    expect(() => dynamic.getWebsiteDomain(undefined)).toThrow(/^The result of appInfo\.origin\(\) is "javascript/);
  });
});
