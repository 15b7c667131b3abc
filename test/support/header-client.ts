/** A client that keeps its tokens as the mobile SDKs do: in headers, taken from each answer that has new ones. */
export class HeaderClient {
  accessToken = '';
  refreshToken = '';

  /** @param getUrl answers where the next request goes, so that a client can talk to many nodes. */
  constructor(private readonly getUrl: () => string) {}

  async signUp(email: string, password = 'password1'): Promise<Response> {
    return this.post('/auth/signup', formFields({ email, password }));
  }

  async signIn(email: string, password = 'password1'): Promise<Response> {
    return this.post('/auth/signin', formFields({ email, password }));
  }

  async get(path: string): Promise<Response> {
    return this.send(path, { headers: { authorization: `Bearer ${this.accessToken}` } });
  }

  async refresh(): Promise<Response> {
    return this.send('/auth/session/refresh', {
      method: 'POST',
      headers: { authorization: `Bearer ${this.refreshToken}` },
    });
  }

  /** Another holder of the same tokens. */
  copy(): HeaderClient {
    const client = new HeaderClient(this.getUrl);
    client.accessToken = this.accessToken;
    client.refreshToken = this.refreshToken;
    return client;
  }

  private async post(path: string, body: unknown): Promise<Response> {
    return this.send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'st-auth-mode': 'header' },
      body: JSON.stringify(body),
    });
  }

  private async send(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(this.getUrl() + path, init);
    this.accessToken = response.headers.get('st-access-token') ?? this.accessToken;
    this.refreshToken = response.headers.get('st-refresh-token') ?? this.refreshToken;
    return response;
  }
}

function formFields(values: Readonly<Record<string, string>>): { formFields: { id: string; value: string }[] } {
  return { formFields: Object.entries(values).map(([id, value]) => ({ id, value })) };
}
