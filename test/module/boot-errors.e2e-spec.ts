import { AuthModule, ConfigurationError, type AppInfo, type AuthOptions } from 'nestward';
import { TEST_APP_INFO } from '../support/create-app.js';

/** What an app that is not type-checked may pass. */
type Loose<T> = { [Key in keyof T]?: unknown } & Record<string, unknown>;

const boot = (appInfo: Loose<AppInfo>, options: Loose<AuthOptions> = {}) =>
  AuthModule.forRoot({ ...TEST_APP_INFO, ...appInfo } as unknown as AppInfo, options as AuthOptions);

const messageOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error('The boot went on');
};

/** One sentence: it ends with a full stop, and has none in between. */
const expectOneSentence = (message: string): void => {
  expect(message).toMatch(/^[^\n]+\.$/);
  expect(message.slice(0, -1)).not.toMatch(/\. [A-Z]/);
};

describe('a wrong configuration stops the boot with one sentence', () => {
  it.each<[string, Loose<AppInfo>, RegExp]>([
    ['no appName', { appName: undefined }, /^appInfo\.appName is missing: write the name/],
    ['an empty appName', { appName: ' ' }, /^appInfo\.appName is " ": write/],
    ['an appName that is no text', { appName: 5 }, /^appInfo\.appName is 5: write/],
    ['no apiDomain', { apiDomain: undefined }, /^appInfo\.apiDomain is missing.*write an origin such as 'https:/],
    [
      'an apiDomain of another scheme',
      { apiDomain: 'ftp://acme.com' },
      /^appInfo\.apiDomain is "ftp:.*neither http nor/,
    ],
    ['an apiDomain without a domain', { apiDomain: 'api' }, /^appInfo\.apiDomain is "api".*neither a scheme nor/],
    [
      'an apiDomain that is no URL',
      { apiDomain: 'http://a b' },
      /^appInfo\.apiDomain is "http:\/\/a b".*cannot be read/,
    ],
    ['a websiteDomain that is a number', { websiteDomain: 7 }, /^appInfo\.websiteDomain is 7/],
    ['no websiteDomain and no origin', { websiteDomain: undefined }, /^appInfo\.websiteDomain is missing/],
    ['both of them', { origin: 'https://acme.com' }, /^appInfo has both websiteDomain and origin: write one/],
    ['an apiBasePath with a parameter', { apiBasePath: '/:tenant/auth' }, /^appInfo\.apiBasePath is "\/:tenant\/auth"/],
    ['an apiBasePath with a query', { apiBasePath: '/auth?x=1' }, /^appInfo\.apiBasePath is .*write a path such as/],
    ['an apiBasePath that climbs', { apiBasePath: '/a/../b' }, /^appInfo\.apiBasePath is "\/a\/\.\.\/b"/],
    ['a websiteBasePath that is no text', { websiteBasePath: true }, /^appInfo\.websiteBasePath is true: write a path/],
    ['an apiGatewayPath that is a URL', { apiGatewayPath: 'https://x' }, /^appInfo\.apiGatewayPath is "https:\/\/x"/],
    ['a field that is no field', { apiDomian: 'x' }, /^appInfo\.apiDomian is not a field.*apiDomain/],
  ])('appInfo: %s', (_case, appInfo, expected) => {
    const message = messageOf(() => boot(appInfo));
    expect(message).toMatch(expected);
    expectOneSentence(message);
  });

  it('appInfo: credentials in a URL, without showing them', () => {
    const message = messageOf(() => boot({ apiDomain: 'https://user:hunter2@acme.com' }));
    expect(message).toMatch(/^appInfo\.apiDomain contains a user name or a password/);
    expect(message).not.toContain('hunter2');
  });

  it.each([undefined, null, 'Acme'])('appInfo: %j in its place', (appInfo) => {
    const message = messageOf(() => AuthModule.forRoot(appInfo as unknown as AppInfo));
    expect(message).toMatch(/needs an appInfo/);
    expectOneSentence(message);
  });

  it.each<[string, Loose<AuthOptions>, RegExp]>([
    ['an unknown option', { sesion: {} }, /^sesion is not an option/],
    ['an unknown option below', { session: { cookieSamesite: 'lax' } }, /^session\.cookieSamesite is not an option/],
    [
      'a storage that is none',
      { storage: 'postgres://x' },
      /^storage is "postgres:\/\/x": write a storage such as sqlite/,
    ],
    [
      'a storage that shows no password',
      { storage: 'postgres://ada:hunter2@db.example.com/auth' },
      /^storage is "postgres:\/\/…@db\.example\.com\/auth": write a storage/,
    ],
    ['migrateOnBoot', { migrateOnBoot: 'yes' }, /^migrateOnBoot is "yes": write true or false/],
    ['cors', { cors: {} }, /^cors is \{\}: write true or false/],
    ['clock', { clock: 5 }, /^clock is 5: write an object with a function now/],
    [
      'a lifetime of 0',
      { session: { accessTokenLifetime: 0 } },
      /^session\.accessTokenLifetime is 0: write a number of/,
    ],
    ['a lifetime in words', { session: { refreshTokenLifetime: '1d' } }, /^session\.refreshTokenLifetime is "1d"/],
    [
      'a negative grace',
      { session: { refreshTokenGracePeriod: -1 } },
      /^session\.refreshTokenGracePeriod is -1.*0 to turn/,
    ],
    [
      'a rotation of nothing',
      { session: { signingKeyRotationInterval: null } },
      /^session\.signingKeyRotationInterval/,
    ],
    [
      'another algorithm',
      { session: { signingAlgorithm: 'HS256' } },
      /^session\.signingAlgorithm is "HS256": write 'ES256'/,
    ],
    [
      'SameSite',
      { session: { cookieSameSite: 'Lax' } },
      /^session\.cookieSameSite is "Lax": write 'none', 'lax' or 'st/,
    ],
    ['antiCsrf', { session: { antiCsrf: true } }, /^session\.antiCsrf is true: write 'VIA_CUSTOM_HEADER'/],
    [
      'a status code',
      { session: { sessionExpiredStatusCode: 200 } },
      /^session\.sessionExpiredStatusCode is 200: write an/,
    ],
    ['equal status codes', { session: { sessionExpiredStatusCode: 403 } }, /are both 403: write different ones/],
    [
      'an access token that outlives its session',
      { session: { accessTokenLifetime: 60, refreshTokenLifetime: 30 } },
      /^session\.accessTokenLifetime is longer than session\.refreshTokenLifetime \(60 > 30 seconds\)/,
    ],
    [
      'a method that is none',
      { session: { getTokenTransferMethod: 'cookie' } },
      /^session\.getTokenTransferMethod is "coo/,
    ],
    ['claims', { session: { claims: {} } }, /^session\.claims is \{\}: write an array/],
    ['a cache of nothing', { session: { accessTokenCacheSize: 0 } }, /^session\.accessTokenCacheSize is 0/],
    [
      'a cookieDomain of nonsense',
      { session: { cookieDomain: 'a b' } },
      /^session\.cookieDomain is "a b": write a domain/,
    ],
    [
      'somebody else’s cookieDomain',
      { session: { cookieDomain: '.evil.com' } },
      /browsers refuse from http:\/\/localhost/,
    ],
    ['an accessTokenPath', { session: { accessTokenPath: '/a b' } }, /^session\.accessTokenPath is "\/a b"/],
    ['a short secret', { secret: 'short' }, /^NESTWARD_SECRET has 5 characters: write at least 32/],
  ])('options: %s', (_case, options, expected) => {
    const message = messageOf(() => boot({}, options));
    expect(message).toMatch(expected);
    expectOneSentence(message);
  });

  it('options: cookies that browsers refuse (contract §3)', () => {
    const message = messageOf(() => boot({ apiDomain: 'http://api.acme.com', websiteDomain: 'http://acme.dev' }));
    expect(message).toMatch(/Browsers refuse the session cookies.*write an https appInfo\.apiDomain/);
    expectOneSentence(message);
    expect(() => boot({ apiDomain: 'http://127.0.0.1:3001', websiteDomain: 'http://localhost:3000' })).not.toThrow();
  });
});
