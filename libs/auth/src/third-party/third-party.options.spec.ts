import { createAuthConfig } from '../config/auth-config.js';
import { ConfigurationError } from '../config/configuration.error.js';
import type { ThirdPartyOptions } from './third-party.options.js';
import { facebook } from './providers/facebook.js';
import { github } from './providers/github.js';
import { google } from './providers/google.js';
import { oauth2, type OAuth2Options } from './providers/oauth2.js';
import { oidc } from './providers/oidc.js';

const client = { clientId: 'id', clientSecret: 'very-secret' };
const appInfo = { appName: 'Test', apiDomain: 'http://localhost:3001', websiteDomain: 'http://localhost:3000' };

function boot(thirdParty: unknown): unknown {
  return createAuthConfig(appInfo, { thirdParty: thirdParty as ThirdPartyOptions });
}

describe('the options of social sign-in', () => {
  it('have defaults', () => {
    expect(createAuthConfig(appInfo).thirdParty).toStrictEqual({
      providers: [],
      requestTimeoutMs: 5000,
      accountLinking: 'none',
      beforeSignInUp: undefined,
      afterSignInUp: undefined,
    });
  });

  it.each([
    [[], 'thirdParty is []: write an object with the options of social sign-in.'],
    [{ provider: [] }, 'thirdParty.provider is not an option'],
    [{ providers: ['google'] }, 'thirdParty.providers.0 is not usable: write providers such as google('],
    [{ providers: [{ id: 'google', ...client }] }, 'thirdParty.providers.0 is not usable'],
    [{ providers: google(client) }, 'write providers such as google('],
    [
      { providers: [google(client), github(client), google(client)] },
      "thirdParty.providers.2.id is 'google' like that",
    ],
    [
      { providers: [oidc({ id: 'a/b', name: 'A', issuer: 'https://a.example.com', ...client })] },
      'is "a/b": write a name',
    ],
    [{ requestTimeout: 0 }, 'thirdParty.requestTimeout is 0: write a number of seconds greater than 0'],
    [
      { requestTimeout: 5000 },
      'thirdParty.requestTimeout is 5000: write a number of seconds greater than 0, and 60 at most',
    ],
    [{ accountLinking: true }, "thirdParty.accountLinking is true: write 'none' or 'verified-email'."],
    [{ beforeSignInUp: 'no' }, 'thirdParty.beforeSignInUp is "no": write a function.'],
  ])('%# stop the boot with a sentence that says what to write', (thirdParty, sentence) => {
    expect(() => boot(thirdParty)).toThrow(ConfigurationError);
    expect(() => boot(thirdParty)).toThrow(sentence);
    expect(() => boot(thirdParty)).not.toThrow('very-secret');
  });
});

describe.each([
  ['google', google],
  ['github', github],
  ['facebook', facebook],
] as const)('%s()', (name, make) => {
  it.each([
    [
      { clientId: '', clientSecret: 's' },
      `${name}().clientId is empty: write the client id from the provider's console`,
    ],
    [{ clientSecret: 's' }, `${name}().clientId is missing`],
    [{ clientId: 'id', clientSecret: '' }, `${name}().clientSecret is empty: write the client secret`],
    [{ clientId: 'id', clientSecret: '  ' }, `${name}().clientSecret is missing`],
    [{ clientId: 'id' }, `${name}().clientSecret is missing`],
    [undefined, `${name}() got undefined: write ${name}({ clientId, clientSecret }).`],
    [{ clients: [] }, `${name}().clients is empty`],
    [{ clients: [client, client] }, `${name}().clients.1.clientType is missing like that of another client`],
    [{ clients: [client, { ...client, clientType: '' }] }, `${name}().clients.1.clientType is empty`],
    [{ ...client, publicClient: true }, `${name}() is a publicClient with a clientSecret`],
    [{ ...client, scope: 'email' }, `${name}().scope is "email": write an array of strings`],
    [{ ...client, redirectUris: [''] }, `${name}().redirectUris is [""]: write an array of strings`],
  ])('%# stops the boot with a sentence that says what to write', (options, sentence) => {
    const call = () => make(options as typeof client);
    expect(call).toThrow(ConfigurationError);
    expect(call).toThrow(sentence);
    expect(call).not.toThrow('very-secret');
  });

  it('takes another scope', () => {
    expect(make({ ...client, scope: ['a', 'b'] }).clients).toMatchObject([{ scope: ['a', 'b'] }]);
  });
});

it('a public client needs a provider that takes PKCE', () => {
  expect(() => facebook({ clientId: 'id', publicClient: true })).toThrow(
    'which needs PKCE, and facebook does not take it',
  );
  expect(google({ clientId: 'id', publicClient: true }).clients).toMatchObject([{ clientSecret: undefined }]);
});

it.each([undefined, '', 'acme', 'ftp://acme.com', 'https://acme.com?x=1', 'https://'])(
  'oidc() refuses the issuer %j',
  (issuer) => {
    expect(() => oidc({ id: 'sso', name: 'Acme', issuer: issuer!, ...client })).toThrow(/write the issuer's URL/);
  },
);

it('oauth2() needs an id and both functions', () => {
  expect(() => oauth2({ ...client, name: 'X' } as OAuth2Options)).toThrow('oauth2().id is missing');
  expect(() => oauth2({ ...client, id: 'x', name: 'X' } as OAuth2Options)).toThrow(
    'lacks createStrategy or readProfile',
  );
});
