import { PageClient, readFieldError, readForm, readHeading, readLink, readSummary, readTitle } from './page-client.js';
import { pathOf, startPageApp, type PageApp } from './page-app.js';

const password = 'correct horse 1';
const changed = 'another horse 2';

let app: PageApp;
let client: PageClient;
let email: string;
let emails = 0;

beforeAll(async () => {
  app = await startPageApp();
});
afterAll(() => app.close());
beforeEach(async () => {
  client = new PageClient(app.url);
  email = `person-${String(++emails)}@example.com`;
  await new PageClient(app.url).signUp(email);
});

/** Asks for a link. @returns where it leads. */
async function requestLink(): Promise<string> {
  await client.submit('/auth/reset-password', { email });
  return pathOf(await app.waitForMail(email));
}

describe('a forgotten password', () => {
  it('is replaced by way of the link in a mail', async () => {
    expect(readLink(await client.get('/auth'), 'Forgot your password?')).toBe('/auth/reset-password');
    const asked = await client.submit('/auth/reset-password', { email });
    expect(asked.location).toBe('/auth/reset-password?sent=1');
    expect(readHeading(await client.follow(asked))).toBe('Check your mail');
    const path = pathOf(await app.waitForMail(email));
    expect(path).toMatch(/^\/auth\/reset-password\?token=[\w-]+&tenantId=public$/);

    const reset = await client.submit(path, { password: changed });
    expect(reset.location).toBe('/auth?notice=password_changed');
    const signIn = await client.follow(reset);
    expect(signIn.text).toContain('Your password has been changed. Sign in with the new one.');
    expect((await client.submit('/auth', { email, password })).status).toBe(422);
    expect((await client.submit('/auth', { email, password: changed })).status).toBe(303);
  });

  it('says the same of an email without an account, and sends nothing', async () => {
    const before = app.mails.length;
    const answer = await client.submit('/auth/reset-password', { email: 'nobody@example.com' });
    expect(answer.location).toBe('/auth/reset-password?sent=1');
    // The mail of somebody else comes after the one that there is not.
    await requestLink();
    expect(app.mails.slice(0, app.mails.length - before).map(({ to }) => to)).not.toContain('nobody@example.com');
  });

  it('does not use the link up by looking at it, nor by a password that is refused', async () => {
    const path = await requestLink();
    await client.get(path);
    const refused = await client.submit(path, { password: 'short' });
    expect(refused.status).toBe(422);
    expect(readTitle(refused)).toMatch(/^Error: /);
    expect(readFieldError(refused, 'password')).toContain('at least 8 characters');
    const form = readForm(refused);
    expect((await client.post(form.action, { ...form.fields, password: changed })).status).toBe(303);
  });

  it('asks for the email again where the link has been used', async () => {
    const path = await requestLink();
    await client.submit(path, { password: changed });
    const again = await client.submit(path, { password: 'yet another 3' });
    expect(again.status).toBe(422);
    expect(readHeading(again)).toBe('Reset your password');
    expect(readSummary(again)).toEqual(['This link has been used already, or is too old. Ask for a new one.']);
    expect((await client.submit('/auth', { email, password: changed })).status).toBe(303);
  });

  it('names what is empty or wrong', async () => {
    expect(readSummary(await client.submit('/auth/reset-password', { email: '' }))).toEqual([
      'Enter your email address',
    ]);
    const wrong = await client.submit('/auth/reset-password', { email: 'nobody' });
    expect(readSummary(wrong)).toEqual(['Email is invalid']);
    expect(readForm(wrong).fields['email']).toBe('nobody');
    const empty = await client.submit(await requestLink(), { password: '' });
    expect(readSummary(empty)).toEqual(['Choose a password']);
  });

  it('shows a made up token as what it is: text', async () => {
    const token = `"><script>alert(1)</script>`;
    const page = await client.get(`/auth/reset-password?${String(new URLSearchParams({ token }))}`);
    expect(page.text).not.toContain('<script>alert');
    expect(readForm(page).fields['token']).toBe(token);
    const answer = await client.post('/auth/reset-password', { ...readForm(page).fields, password: changed });
    expect(answer.status).toBe(422);
  });

  it('is not offered by an app that has turned it off', async () => {
    const other = await startPageApp({}, { auth: { emailPassword: { passwordReset: false } } });
    const visitor = new PageClient(other.url);
    const page = await visitor.get('/auth/reset-password');
    const signIn = await visitor.get('/auth');
    await other.close();
    expect([page.status, readHeading(page)]).toEqual([404, 'There is no such page']);
    expect(readLink(signIn, 'Forgot your password?')).toBeUndefined();
  });
});
