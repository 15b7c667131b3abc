import { jest } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration } from 'oidc-provider';

/** A real OpenID Connect provider on loopback, whose people sign in without a page: everybody says yes. */
export class OidcServer {
  private constructor(
    private readonly server: Server,
    readonly issuer: string,
  ) {}

  /** @param redirectUris what the client `app` may use. */
  static async start(redirectUris: string[], configuration: Configuration = {}): Promise<OidcServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const issuer = `http://127.0.0.1:${String(port)}`;
    // It warns of keys and a memory that are for development only, which is what this is.
    const silenced = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const provider = new Provider(issuer, {
      clients: ['app', 'another-app'].map((clientId) => ({
        client_id: clientId,
        client_secret: `secret of ${clientId}: 100% + & = ?`,
        redirect_uris: redirectUris,
        token_endpoint_auth_method: configuration.clientAuthMethods?.[0] ?? 'client_secret_basic',
      })),
      claims: { email: ['email', 'email_verified'] },
      pkce: { required: () => true },
      ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
      features: { devInteractions: { enabled: false } },
      cookies: { keys: ['a key for tests'] },
      findAccount: (_context, id) => ({
        accountId: id,
        claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: id !== 'unproven' }),
      }),
      interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
      ...configuration,
    });
    silenced.mockRestore();
    const handle = provider.callback();
    server.on('request', (request, response) => {
      if (request.url?.startsWith('/interaction/') !== true) {
        void handle(request, response);
        return;
      }
      void (async () => {
        const details = await provider.interactionDetails(request, response);
        const { client_id: clientId, scope, login_hint: accountId } = details.params as Record<string, string>;
        const grant = new provider.Grant({ accountId: accountId ?? 'ada', clientId: clientId ?? '' });
        grant.addOIDCScope(scope ?? '');
        await provider.interactionFinished(request, response, {
          login: { accountId: accountId ?? 'ada' },
          consent: { grantId: await grant.save() },
        });
      })();
    });
    return new OidcServer(server, issuer);
  }

  /** Says yes at the provider. @returns the address that the person comes back to. */
  async approve(authorisationUrl: string): Promise<URL> {
    const cookies = new Map<string, string>();
    let url = new URL(authorisationUrl);
    while (url.origin === this.issuer) {
      const response = await fetch(url, {
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      });
      for (const header of response.headers.getSetCookie()) {
        const [pair = ''] = header.split(';');
        cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
      const location = response.headers.get('location');
      if (location === null) {
        throw new Error(`The provider answered ${String(response.status)}: ${await response.text()}`);
      }
      url = new URL(location, url);
    }
    return url;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** The secret that a client of {@link OidcServer} has; it has what must be encoded in a header and in a form. */
export function secretOf(clientId: 'app' | 'another-app'): string {
  return `secret of ${clientId}: 100% + & = ?`;
}
