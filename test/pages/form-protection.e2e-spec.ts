import { PageClient, readForm, readHeading, readSummary, type PageForm } from './page-client.js';
import { startPageApp, type PageApp } from './page-app.js';

const password = 'correct horse 1';
const EXPIRED = 'This page was open for too long, or the form did not come from it. Please send it again.';

let app: PageApp;
let client: PageClient;
let form: PageForm;

beforeAll(async () => {
  app = await startPageApp();
  await new PageClient(app.url).signUp();
});
afterAll(() => app.close());
beforeEach(async () => {
  client = new PageClient(app.url);
  form = readForm(await client.get('/auth'));
});

/** Posts the sign-in form with the right password, and something else that is wrong. */
async function attempt(
  fields: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<[status: number, summary: string[], isSignedIn: boolean]> {
  const sent = { ...form.fields, email: 'ada@example.com', password, ...fields };
  const answer = await client.post(form.action, sent, headers);
  return [answer.status, readSummary(answer), client.cookies.has('sAccessToken')];
}

describe('a form that another site posts', () => {
  it('is taken from the page itself', async () => {
    expect(await attempt()).toEqual([303, [], true]);
  });

  it.each(['cross-site', 'same-site', 'anything'])('is refused where the browser says %s', async (site) => {
    expect(await attempt({}, { 'sec-fetch-site': site })).toEqual([403, [EXPIRED], false]);
  });

  it('is refused without the token, with a made up one and with the one of another browser', async () => {
    const other = readForm(await new PageClient(app.url).get('/auth')).fields['formToken'] ?? '';
    const token = form.fields['formToken'] ?? '';
    const [salt = '', signature = ''] = token.split('.');
    const [otherSalt = '', otherSignature = ''] = other.split('.');
    for (const formToken of [
      '',
      'x',
      '.',
      `${salt}.`,
      other,
      `${otherSalt}.${signature}`,
      `${salt}.${otherSignature}`,
      token.slice(0, -1),
      `${token}A`,
    ]) {
      expect(await attempt({ formToken })).toEqual([403, [EXPIRED], false]);
    }
  });

  it('is refused without the cookie, and with two of its name', async () => {
    const secret = client.cookies.get('nestward-form') ?? '';
    client.cookies.delete('nestward-form');
    expect(await attempt()).toEqual([403, [EXPIRED], false]);
    client.cookies.set('nestward-form', `${secret}; nestward-form=${secret}`);
    expect(await attempt()).toEqual([403, [EXPIRED], false]);
  });

  it('is judged by Origin where the browser does not say where it comes from', async () => {
    const post = async (headers: Readonly<Record<string, string>>): Promise<number> => {
      const response = await fetch(app.url + form.action, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie: `nestward-form=${client.cookies.get('nestward-form') ?? ''}`, ...headers },
        body: new URLSearchParams({ ...form.fields, email: 'ada@example.com', password }),
      });
      await response.text();
      return response.status;
    };
    expect(await post({ origin: 'https://evil.example' })).toBe(403);
    expect(await post({ origin: 'http://localhost:3000' })).toBe(303);
    // What a browser says on a page with the policy no-referrer.
    expect(await post({ origin: 'null' })).toBe(303);
    expect(await post({})).toBe(303);
  });

  it.each([
    ['/auth/sign-up', 'Create your account'],
    ['/auth/reset-password', 'Choose a new password'],
    ['/auth/verify-email', 'Confirm your email address'],
    ['/auth/sign-out', 'Sign out?'],
  ])('is refused at %s', async (path, heading) => {
    const answer = await client.post(path, { email: 'new@example.com', password, token: 'x' });
    expect([answer.status, readHeading(answer), readSummary(answer)]).toEqual([403, heading, [EXPIRED]]);
  });

  it('is nothing to be repeated: what it wrote is not in the page that refuses it', async () => {
    const fields = { email: 'mallory@evil.example', password, redirectToPath: '/evil', token: 'evil' };
    for (const path of ['/auth/sign-in', '/auth/sign-up', '/auth/reset-password', '/auth/verify-email']) {
      const answer = await client.post(path, fields, { 'sec-fetch-site': 'cross-site' });
      expect(answer.status).toBe(403);
      expect(answer.text).not.toMatch(/mallory|evil/);
    }
  });

  it('keeps what a person wrote into a page that is too old, and works the second time', async () => {
    client.cookies.delete('nestward-form');
    const { action, fields } = form;
    const refused = await client.post(action, {
      ...fields,
      email: 'ada@example.com',
      password,
      redirectToPath: '/cart',
    });
    expect(readSummary(refused)).toEqual([EXPIRED]);
    const again = readForm(refused);
    expect(again.fields).toMatchObject({ email: 'ada@example.com', password: '', redirectToPath: '/cart' });
    expect((await client.post(again.action, { ...again.fields, password })).location).toBe('/cart');
  });

  it('keeps the token of a mail', async () => {
    for (const path of ['/auth/reset-password', '/auth/verify-email']) {
      const refused = await client.post(path, { token: 'abc' });
      expect(readForm(refused).fields['token']).toBe('abc');
    }
  });

  it('works from two tabs, and from a page that was loaded before the session', async () => {
    const second = readForm(await client.get('/auth?show=signup'));
    expect(await attempt()).toEqual([303, [], true]);
    const answer = await client.post(second.action, { ...second.fields, email: 'b@example.com', password });
    expect(answer.status).toBe(303);
  });

  it('has another token each time', async () => {
    const again = readForm(await client.get('/auth'));
    expect(again.fields['formToken']).not.toBe(form.fields['formToken']);
  });
});

describe('the cookie', () => {
  it('is HttpOnly and Lax, and with https a __Host- cookie', async () => {
    const [plain = ''] = (await client.get('/auth')).headers.getSetCookie();
    expect(plain).toMatch(/^nestward-form=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
    const secure = await startPageApp(
      {},
      { appInfo: { apiDomain: 'https://acme.example', websiteDomain: 'https://acme.example' } },
    );
    const [cookie = ''] = (await new PageClient(secure.url).get('/auth')).headers.getSetCookie();
    await secure.close();
    expect(cookie).toMatch(/^__Host-nestward-form=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/);
  });
});

describe('what is no form', () => {
  it.each([
    ['application/json', JSON.stringify({ email: 'ada@example.com', password })],
    ['text/plain', 'email=ada'],
  ])('is refused: %s', async (contentType, body) => {
    const response = await fetch(`${app.url}/auth/sign-in`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('Something went wrong');
  });

  it('does not take fields that came twice, or as objects', async () => {
    const response = await fetch(app.url + form.action, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        cookie: `nestward-form=${client.cookies.get('nestward-form') ?? ''}`,
      },
      body: `${String(new URLSearchParams(form.fields))}&email=a&email=b&password[x]=y&__proto__[status]=OK`,
    });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain('Enter your email address');
  });
});
