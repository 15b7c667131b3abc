import { html, type AuthPagesOptions, AuthPagesModule } from 'nestward/pages';
import { ConfigurationError } from 'nestward';
import { PageClient, readFieldError, readForm, readHeading, readLink, readSummary, readTitle } from './page-client.js';
import { startPageApp, type PageApp } from './page-app.js';
import type { TestAppOptions } from '../support/create-app.js';

const EVIL = `<img src=x onerror="alert('x')">&`;
const apps: PageApp[] = [];

async function open(
  pages: AuthPagesOptions = {},
  options: TestAppOptions = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<PageClient> {
  const app = await startPageApp(pages, options);
  apps.push(app);
  return new PageClient(app.url, headers);
}

afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

const GERMAN = {
  common: { emailMissing: 'Gib deine E-Mail-Adresse ein', errorTitle: 'Fehler: {title}', email: 'E-Mail' },
  signIn: { heading: 'Willkommen zurück', lead: 'Melde dich bei {appName} an.', submit: 'Anmelden' },
  signUp: { submit: 'Konto anlegen' },
  messages: { 'Email is invalid': 'Diese Adresse gibt es nicht' },
};

describe('languages', () => {
  it.each([
    ['de', 'de', 'Willkommen zurück'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de', 'Willkommen zurück'],
    ['fr,de;q=0.5', 'de', 'Willkommen zurück'],
    ['en,de;q=0.9', 'en', 'Welcome back'],
    ['de;q=0.5,en', 'en', 'Welcome back'],
    ['de;q=0', 'en', 'Welcome back'],
    ['*', 'en', 'Welcome back'],
    ['fr', 'en', 'Welcome back'],
    [', ;;q=,--', 'en', 'Welcome back'],
  ])('answers Accept-Language %s with %s', async (accepted, language, heading) => {
    const client = await open({ translations: { de: GERMAN } }, {}, { 'accept-language': accepted });
    const page = await client.get('/auth');
    expect(page.text).toContain(`<html lang="${language}" dir="ltr"`);
    expect(readHeading(page)).toBe(heading);
  });

  it('translates problems, and falls back to English where there are no words', async () => {
    const client = await open({ translations: { de: GERMAN } }, {}, { 'accept-language': 'de' });
    const refused = await client.submit('/auth?show=signup', { email: 'nobody', password: '' });
    expect(readTitle(refused)).toBe('Fehler: Konto anlegen · Test');
    expect(readSummary(refused)).toEqual(['Diese Adresse gibt es nicht', 'Choose a password']);
    expect(readFieldError(refused, 'email')).toBe('Diese Adresse gibt es nicht');
    expect((await client.get('/auth')).text).toContain('Melde dich bei Test an.');
  });

  it('speaks one language where the options say so, and in its direction', async () => {
    const translations = { he: { common: { direction: 'rtl' }, signIn: { heading: 'ברוך שובך' } }, de: GERMAN };
    const client = await open({ language: 'he', translations }, {}, { 'accept-language': 'de' });
    const page = await client.get('/auth');
    expect(page.text).toContain('<html lang="he" dir="rtl"');
    expect(readHeading(page)).toBe('ברוך שובך');
  });

  it('lets an app change the English words', async () => {
    const client = await open({ translations: { en: { signIn: { heading: 'Hello again' } } } });
    expect(readHeading(await client.get('/auth'))).toBe('Hello again');
  });

  it("says of passwords what the app's own rule says, or nothing", async () => {
    const options = {
      auth: { emailPassword: { signUpFeature: { formFields: [{ id: 'password', validate: () => undefined }] } } },
    };
    const silent = await open({}, options);
    expect((await silent.get('/auth?show=signup')).text).not.toContain('At least 8 characters');
    const words = await open({ translations: { en: { common: { passwordHint: 'A long one' } } } }, options);
    expect((await words.get('/auth?show=signup')).text).toContain('A long one');
    expect((await words.get('/auth/reset-password?token=x')).text).toContain('A long one');
  });
});

describe('looks', () => {
  it('have the first letter of the name where there is no logo', async () => {
    const page = await (await open({}, { appInfo: { appName: 'élan' } })).get('/auth');
    expect(page.text).toMatch(/class="monogram"[^>]*>É</);
    expect(readTitle(page)).toBe('Sign in · élan');
  });

  it('have a logo from here or from elsewhere, which the policy lets in', async () => {
    const here = await (await open({ logoUrl: '/logo.svg' })).get('/auth');
    expect(here.text).toContain('<img class="logo" src="/logo.svg" alt=""');
    expect(here.headers.get('content-security-policy')).toContain("img-src 'self';");
    const elsewhere = await (await open({ logoUrl: 'https://cdn.example/a/logo.svg?v=1' })).get('/auth');
    expect(elsewhere.headers.get('content-security-policy')).toContain("img-src 'self' https://cdn.example;");
  });

  it('have the colours of the options, for the schemes of the options', async () => {
    const client = await open({ colors: { light: { accent: '#5B21B6' }, dark: { accent: '#c4b5fd' } } });
    const { text } = await client.get('/auth');
    expect(text).toContain('--accent:#5b21b6');
    expect(text).toContain('--accent:#c4b5fd');
    expect(text).toContain('@media (prefers-color-scheme:dark)');
    const dark = await (await open({ colorScheme: 'dark' })).get('/auth');
    expect(dark.text).not.toContain('@media');
    expect(dark.text).toContain('<meta name="color-scheme" content="dark" />');
  });

  it('let scripts reach an API on another origin', async () => {
    const client = await open({}, { appInfo: { apiDomain: 'http://localhost:3001' } });
    const page = await client.get('/auth');
    expect(page.headers.get('content-security-policy')).toContain("connect-src 'self' http://localhost:3001;");
  });
});

describe('templates', () => {
  it('stand in the place of the built-in ones', async () => {
    const client = await open({
      templates: {
        signIn: ({ form }, { appName, texts, nonce }) => ({
          title: 'Come in',
          content: html`<h1>${appName}</h1>
            <style nonce="${nonce}">
              h1 {
                color: red;
              }
            </style>
            <form method="post" action="${form.action}">
              ${form.hidden}<input name="email" value="${form.values['email']}" /><input name="password" />
              <ul>
                ${form.fieldErrors.map(({ message }) => html`<li>${message}</li>`)}
              </ul>
              ${form.message} <button>${texts.signIn.submit}</button>
            </form>`,
        }),
        layout: ({ page, title, head, rootAttributes }) =>
          html`<!doctype html><html${rootAttributes}><head><title>${title}</title>${head}</head><body id="own">${page.content}</body></html>`,
      },
    });
    const page = await client.get('/auth');
    expect(readTitle(page)).toBe('Come in · Test');
    expect(readHeading(page)).toBe('Test');
    expect(page.text).toContain('<body id="own">');
    await client.signUp();
    const visitor = new PageClient(client.url);
    const refused = await visitor.submit('/auth', { email: 'ada@example.com', password: 'wrong password 1' });
    expect(readTitle(refused)).toBe('Error: Come in · Test');
    expect(refused.text).toContain('No account has this email and password.');
    expect((await visitor.submit('/auth', { email: 'ada@example.com', password: 'correct horse 1' })).status).toBe(303);
    // The others stay.
    expect(readHeading(await visitor.get('/auth/signed-out'))).toBe('You are signed out');
  });

  it('escape what they are given', () => {
    const list = [html`<b>${EVIL}</b>`, EVIL];
    expect(html`<p title="${EVIL}">${list}${undefined}${null}${false}${0}</p>`.toString()).toBe(
      `<p title="&lt;img src=x onerror=&quot;alert(&#39;x&#39;)&quot;&gt;&amp;"><b>&lt;img src=x onerror=&quot;alert(&#39;x&#39;)&quot;&gt;&amp;</b>&lt;img src=x onerror=&quot;alert(&#39;x&#39;)&quot;&gt;&amp;0</p>`,
    );
  });
});

describe('text of strangers', () => {
  it('is text wherever it comes back: names, fields, messages, addresses', async () => {
    const evil = `x"><script>alert(1)</script>${EVIL}`;
    const client = await open(
      { signUpFields: { name: { label: evil } }, translations: { en: { signIn: { heading: evil } } } },
      {
        appInfo: { appName: evil },
        auth: {
          emailPassword: {
            signUpFeature: {
              formFields: [{ id: 'name', validate: (value) => `Not ${typeof value === 'string' ? value : ''}` }],
            },
            beforeSignIn: () => ({ status: 'SIGN_IN_NOT_ALLOWED', reason: evil }),
          },
        },
      },
    );
    const query = new URLSearchParams({ redirectToPath: `/${evil}`, error: evil, notice: evil, sent: evil });
    const pages = await Promise.all(
      ['/auth?', '/auth?show=signup&', '/auth/reset-password?', '/auth/error?', '/auth/callback/google?'].map((path) =>
        client.get(`${path}${String(query)}`),
      ),
    );
    const fields = { email: evil, password: 'correct horse 1', name: evil };
    pages.push(await client.submit('/auth?show=signup', fields), await client.submit('/auth/reset-password', fields));
    await client.submit('/auth?show=signup', { ...fields, email: 'ada@example.com' });
    pages.push(await client.submit('/auth', { ...fields, email: 'ada@example.com' }));
    for (const page of pages) {
      expect(page.text).not.toMatch(/<script>|<img src=x|"><script/);
      expect(page.headers.get('location') ?? '').not.toContain('<');
    }
    expect(readSummary(pages[5]!)).toContain(`Not ${evil}`);
    expect(readForm(pages[5]!).fields['email']).toBe(evil);
    expect(readForm(pages[5]!).fields['name']).toBe(evil);
    expect(readSummary(pages.at(-1)!)).toEqual([evil]);
    expect(readLink(pages[0]!, 'Create an account')).toMatch(/^\/auth\?show=signup&redirectToPath=/);
  });
});

describe('options that are wrong', () => {
  it.each<[string, unknown]>([
    ['signInPath is not an option of AuthPagesModule', { signInPath: '/' }],
    ["AuthPagesModule's options is a function", () => undefined],
    ['signedInPath is "https://evil.example"', { signedInPath: 'https://evil.example' }],
    ['signedInPath is 7', { signedInPath: 7 }],
    ['logoUrl is "javascript:alert(1)"', { logoUrl: 'javascript:alert(1)' }],
    ['logoUrl is "https://a.example/; script-src *"', { logoUrl: 'https://a.example/; script-src *' }],
    ['logoUrl is "//cdn.example/logo.svg"', { logoUrl: '//cdn.example/logo.svg' }],
    ['colorScheme is "sepia"', { colorScheme: 'sepia' }],
    ['colors.light.accent is "red"', { colors: { light: { accent: 'red' } } }],
    ["colors.light.accent is '#ffd54f', whose contrast is only", { colors: { light: { accent: '#ffd54f' } } }],
    ["colors.dark.text is '#444444', whose contrast is only", { colors: { dark: { text: '#444' } } }],
    ['colors.light.accnt is not an option', { colors: { light: { accnt: '#000' } } }],
    ['language is "de": write one that has a dictionary, which are en', { language: 'de' }],
    ['translations.de.signIn.submt is not an option', { translations: { de: { signIn: { submt: 'x' } } } }],
    ['translations.de.signIn.lead has {name}', { translations: { de: { signIn: { lead: 'Hallo {name}' } } } }],
    ['translations.d is no language', { translations: { d: {} } }],
    ['translations.zh-CHT is no language', { translations: { 'zh-CHT': {} } }],
    ['translations.abcd is no language', { translations: { abcd: {} } }],
    [
      "colors.dark.accent is '#0075f6', on which text has a contrast of only 4.4",
      { colors: { dark: { accent: '#0075f6', background: '#000', surface: '#000' } } },
    ],
    ['translations.ar.common.direction is "left"', { translations: { ar: { common: { direction: 'left' } } } }],
    ['templates.signin is not an option', { templates: { signin: () => undefined } }],
    ['templates.signIn is "x"', { templates: { signIn: 'x' } }],
    ['signUpFields.name.type is "password"', { signUpFields: { name: { type: 'password' } } }],
  ])('stop the boot with one sentence: %s', (message, options) => {
    const attempt = (): unknown => AuthPagesModule.forRoot(options as AuthPagesOptions);
    expect(attempt).toThrow(ConfigurationError);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(/^[^\n]+[^.]\.$/);
  });
});
