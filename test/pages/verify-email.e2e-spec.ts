import { Controller, Get } from '@nestjs/common';
import { EmailPasswordService, EmailVerificationService, SessionService, VerifySession } from 'nestward';
import { PageClient, readForm, readForms, readHeading, readLink, readSummary } from './page-client.js';
import { pathOf, startPageApp, type PageApp } from './page-app.js';

@Controller('secret')
class SecretController {
  @Get()
  @VerifySession()
  find(): { secret: number } {
    return { secret: 42 };
  }
}

let app: PageApp;
let client: PageClient;
let email: string;
let emails = 0;

beforeAll(async () => {
  app = await startPageApp({}, { controllers: [SecretController], auth: { emailVerification: { mode: 'REQUIRED' } } });
});
afterAll(() => app.close());
beforeEach(() => {
  client = new PageClient(app.url);
  email = `person-${String(++emails)}@example.com`;
});

describe('an address that must be verified', () => {
  it('is verified by the button of the page that the mail leads to, and not by looking at it', async () => {
    const signedUp = await client.submit('/auth?show=signup&redirectToPath=%2Fcart', {
      email,
      password: 'correct horse 1',
    });
    expect(signedUp.location).toBe('/auth/verify-email?sent=1&redirectToPath=%2Fcart');
    const waiting = await client.follow(signedUp);
    expect(readHeading(waiting)).toBe('Confirm your email address');
    expect(waiting.text).toContain(email);
    expect((await client.get('/secret')).status).toBe(403);

    const path = pathOf(await app.waitForMail(email));
    const scanner = new PageClient(app.url);
    expect((await scanner.get(path)).text).not.toContain('data-auto-submit');
    await scanner.get(path);
    const page = await client.get(path);
    expect(page.text).toContain('data-auto-submit');
    expect((await client.get('/secret')).status).toBe(403);

    const form = readForm(page);
    const verified = await client.post(form.action, form.fields);
    expect(verified.location).toBe('/auth/verify-email?status=verified');
    const done = await client.follow(verified);
    expect(readHeading(done)).toBe('Thank you');
    expect(readLink(done, 'Continue')).toBe('/');
    expect((await client.get('/secret')).status).toBe(200);
    expect((await client.get('/auth/verify-email?redirectToPath=%2Fcart')).location).toBe('/cart');
  });

  it('is not verified by the browser of another account, unless its person presses the button', async () => {
    const victim = new PageClient(app.url);
    await victim.signUp(`victim-${email}`);
    await client.signUp(email);
    const page = await victim.get(pathOf(await app.waitForMail(email)));
    expect(readHeading(page)).toBe('Confirm your email address');
    expect(page.text).not.toContain('data-auto-submit');
  });

  it('may be verified in another browser than the one that is signed in, which notices', async () => {
    await client.signUp(email);
    const path = pathOf(await app.waitForMail(email));
    const phone = new PageClient(app.url);
    expect((await phone.submit(path, {})).status).toBe(303);
    expect((await client.get('/secret')).status).toBe(403);
    expect((await client.get('/auth/verify-email')).location).toBe('/');
    expect((await client.get('/secret')).status).toBe(200);
  });

  it('is asked for after each sign-in, until it is verified', async () => {
    await client.signUp(email);
    const later = new PageClient(app.url);
    const signedIn = await later.submit('/auth?redirectToPath=%2Fcart', { email, password: 'correct horse 1' });
    expect(signedIn.location).toBe('/auth/verify-email?redirectToPath=%2Fcart');
    expect((await later.get('/auth')).location).toBe('/auth/verify-email');
    const page = await later.follow(signedIn);
    const form = readForm(page);
    expect(form.action).toBe('/auth/verify-email/send');
    const sent = await later.post(form.action, form.fields);
    expect(sent.location).toBe('/auth/verify-email?sent=1&redirectToPath=%2Fcart');
    expect((await later.follow(sent)).text).toContain('The message is on its way.');
  });

  it('lets a person out who signed up with the wrong one', async () => {
    const page = await client.follow(await client.signUp(email));
    const [, signOut] = readForms(page);
    const answer = await client.post(signOut?.action ?? '', signOut?.fields ?? {});
    expect(answer.location).toBe('/auth/signed-out');
  });

  it('says that a link was used, to whoever is signed in and to whoever is not', async () => {
    await client.signUp(email);
    const path = '/auth/verify-email?token=madeup&tenantId=public';
    const message = 'This link has been used already, or is too old.';
    const signedIn = await client.submit(path, {});
    expect([signedIn.status, readSummary(signedIn)]).toEqual([422, [message]]);
    const stranger = await new PageClient(app.url).submit(path, {});
    expect(stranger.status).toBe(422);
    expect(stranger.text).toContain(message);
  });

  it('leads whoever is not signed in to the sign-in page, and back', async () => {
    const answer = await client.get('/auth/verify-email?redirectToPath=%2Fcart');
    expect(answer.location).toBe(
      `/auth?${String(new URLSearchParams({ redirectToPath: '/auth/verify-email?redirectToPath=%2Fcart' }))}`,
    );
    const form = readForm(await client.get('/auth'));
    const sent = await client.post('/auth/verify-email/send', form.fields);
    expect(sent.location).toBe('/auth/verify-email');
  });

  it('says when mails have been asked for too often', async () => {
    const other = await startPageApp(
      {},
      {
        auth: {
          emailVerification: { mode: 'REQUIRED' },
          rateLimits: { verificationMailPerLoginMethod: { points: 1, duration: 60 } },
        },
      },
    );
    const visitor = new PageClient(other.url);
    const page = await visitor.follow(await visitor.signUp(email));
    const form = readForm(page);
    const answer = await visitor.post(form.action, form.fields);
    await other.close();
    expect([answer.status, readSummary(answer)]).toEqual([429, ['That was too often. Please try again in 1 min.']]);
  });

  it('shows a made up token as what it is: text', async () => {
    const token = `'"><img src=x onerror=alert(1)>`;
    const page = await client.get(`/auth/verify-email?${String(new URLSearchParams({ token }))}`);
    expect(page.text).not.toContain('<img src=x');
    expect(readForm(page).fields['token']).toBe(token);
  });
});

describe('an app without verification', () => {
  it('has no page to wait on, and still confirms a changed address', async () => {
    const other = await startPageApp();
    try {
      const visitor = new PageClient(other.url);
      await visitor.signUp(email);
      expect((await visitor.get('/auth/verify-email')).status).toBe(404);
      const result = await other.app.get(EmailPasswordService).signIn(email, 'correct horse 1');
      const recipeUserId = result.status === 'OK' ? result.recipeUserId : '';
      await other.app.get(EmailPasswordService).requestEmailChange({
        recipeUserId,
        currentPassword: 'correct horse 1',
        newEmail: `new-${email}`,
      });
      const confirmed = await visitor.submit(pathOf(await other.waitForMail(`new-${email}`)), {});
      expect(confirmed.status).toBe(303);
      expect(await other.app.get(EmailVerificationService).isVerified(recipeUserId, `new-${email}`)).toBe(true);
      const handles = await other.app.get(SessionService).getAllSessionHandlesForUser(recipeUserId);
      expect(handles).toEqual([]);
    } finally {
      await other.close();
    }
  });
});
