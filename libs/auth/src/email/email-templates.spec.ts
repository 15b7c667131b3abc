import { DEFAULT_EMAIL_TEMPLATES, type EmailBody } from './email-templates.js';

const input = {
  appName: 'Acme',
  email: 'ada@example.com',
  link: 'https://acme.com/auth/reset-password?token=abc&tenantId=public',
  expiresInSeconds: 3600,
  newEmail: 'new@example.com',
};

type Input = typeof input;

const templates = Object.entries(DEFAULT_EMAIL_TEMPLATES) as [string, (input: Input) => EmailBody][];

describe.each(templates)('the message %s', (_name, template) => {
  it('names the app, and has its link in text and HTML', () => {
    const { subject, text, html } = template(input);
    expect(subject).toContain('Acme');
    expect(text).toContain(`\n${input.link}\n`);
    expect(html.split(`href="${input.link.replace('&', '&amp;')}"`)).toHaveLength(3);
    expect(html.indexOf('Acme')).toBeGreaterThan(0);
  });

  it('is one column of plain words, with the same in the text as in the HTML', () => {
    const { text, html } = template(input);
    expect(html).not.toMatch(/<(script|img|link|style|form|iframe)/i);
    expect(html).not.toMatch(/url\(|@import|class=/);
    const written = html.replaceAll(/<[^>]+>/g, '\n').replaceAll('&amp;', '&');
    for (const paragraph of text.split('\n\n').slice(0, -1)) {
      for (const line of paragraph.split('\n')) {
        expect(written).toContain(line.replace(/:$/, ''));
      }
    }
  });

  it('lets nothing that it is told become HTML, or another header', () => {
    const evil = '<b>"x"</b>&\r\nBcc: everybody@example.com';
    const { subject, html } = template({
      ...input,
      appName: evil,
      email: evil,
      link: `${input.link}"<i>`,
      newEmail: evil,
    });
    expect(subject).not.toMatch(/[\r\n]/);
    expect(html).not.toContain('<b>');
    expect(html).not.toContain('<i>');
    expect(html).toContain('&lt;b&gt;&quot;x&quot;&lt;/b&gt;&amp;');
  });
});

it.each([
  [60, '1 minute'],
  [90, '2 minutes'],
  [1, '1 minute'],
  [3600, '1 hour'],
  [5400, '90 minutes'],
  [86_400, '1 day'],
  [172_800, '2 days'],
  [90_000, '25 hours'],
])('%d seconds are called %s', async (expiresInSeconds, words) => {
  const { text } = await DEFAULT_EMAIL_TEMPLATES.verifyEmail({ ...input, expiresInSeconds });
  expect(text).toContain(`works once, for ${words}.`);
});
