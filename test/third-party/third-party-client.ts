import { get, post, type Answer } from '../email-password/client.js';
import type { TestApp } from '../support/create-app.js';
import type { FakePerson, FakeProviders } from './fake-providers.js';

/** The website's callback page of a provider. */
export function callbackOf(thirdPartyId: string): string {
  return `http://localhost:3000/auth/callback/${thirdPartyId}`;
}

/** A frontend: asks for the authorisation URL, lets the person say yes at the provider, and posts what came back. */
export class ThirdPartyClient {
  constructor(
    private readonly testApp: TestApp,
    private readonly providers: FakeProviders,
  ) {}

  async authorise(thirdPartyId: string): Promise<{ url: string; pkceCodeVerifier: string | undefined }> {
    const query = new URLSearchParams({ thirdPartyId, redirectURIOnProviderDashboard: callbackOf(thirdPartyId) });
    const { body } = await get(`${this.testApp.url}/auth/authorisationurl?${query.toString()}`);
    const { urlWithQueryParams, pkceCodeVerifier } = body as { urlWithQueryParams: string; pkceCodeVerifier?: string };
    return { url: urlWithQueryParams, pkceCodeVerifier };
  }

  async signInUp(
    thirdPartyId: string,
    person: FakePerson,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const { url, pkceCodeVerifier } = await this.authorise(thirdPartyId);
    return this.postCode(thirdPartyId, this.providers.approve(url, person), pkceCodeVerifier, headers);
  }

  postCode(
    thirdPartyId: string,
    code: string,
    pkceCodeVerifier: string | undefined,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    return this.post(
      {
        thirdPartyId,
        redirectURIInfo: {
          redirectURIOnProviderDashboard: callbackOf(thirdPartyId),
          redirectURIQueryParams: { code, state: 'made by the frontend' },
          pkceCodeVerifier,
        },
      },
      headers,
    );
  }

  post(body: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return post(`${this.testApp.url}/auth/signinup`, body, headers);
  }
}
