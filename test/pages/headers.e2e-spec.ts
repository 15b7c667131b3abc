import { readFile } from 'node:fs/promises';
import { brotliCompressSync } from 'node:zlib';
import helmet from 'helmet';
import { PageClient, readForm, type PageAnswer } from './page-client.js';
import { startPageApp, type PageApp } from './page-app.js';

/** What a page may weigh with all that it loads, compressed, in bytes. */
const GOAL_BYTES = 60_000;

const document = await readFile(new URL('../../docs/security-headers.md', import.meta.url), 'utf8');

/** The first two columns of the table below a heading. */
function readTable(heading: string): [name: string, value: string][] {
  const [, section = ''] = document.split(`\n## ${heading}\n`);
  return section
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, name = '', value = ''] = line.split('|').map((cell) => cell.trim().replaceAll('`', ''));
      return [name, value];
    });
}

function readNonce({ headers }: PageAnswer): string {
  return /'nonce-([\w-]+)'/.exec(headers.get('content-security-policy') ?? '')?.[1] ?? '';
}

const PAGES = [
  '/auth',
  '/auth?show=signup',
  '/auth/reset-password',
  '/auth/reset-password?token=x',
  '/auth/reset-password?sent=1',
  '/auth/verify-email?token=x',
  '/auth/verify-email?status=verified',
  '/auth/signed-out',
  '/auth/error',
  '/auth/callback/google',
  // An error page has no weaker headers than the page it stands for.
  '/auth/verify-email',
];

describe.each([
  { name: 'an app of its own', configure: undefined },
  {
    name: 'an app with helmet',
    configure: (app: { use: (middleware: unknown) => unknown }) => void app.use(helmet()),
  },
])('the headers of $name', ({ configure }) => {
  let app: PageApp;
  let client: PageClient;

  beforeAll(async () => {
    app = await startPageApp({}, configure === undefined ? {} : { configure });
    client = new PageClient(app.url);
  });
  afterAll(() => app.close());

  it.each(PAGES)('of %s are those of the document', async (path) => {
    const page = await client.get(path);
    const table = readTable('Pages');
    expect(table).toHaveLength(8);
    for (const [name, value] of table) {
      if (value !== 'see below') {
        expect([name, page.headers.get(name)]).toEqual([name, value]);
      }
    }
    const policy = readTable('Content-Security-Policy')
      .map((directive) => directive.join(' '))
      .join('; ')
      .replaceAll('{nonce}', readNonce(page));
    expect(page.headers.get('content-security-policy')).toBe(policy);
  });

  it.each(PAGES)('let %s load what it needs, and nothing inline', async (path) => {
    const page = await client.get(path);
    const nonce = readNonce(page);
    expect(nonce).toMatch(/^[\w-]{22}$/);
    for (const [element] of page.text.matchAll(/<(?:script|style|link rel="stylesheet")\b[^>]*>/g)) {
      expect(element).toContain(`nonce="${nonce}"`);
    }
    expect(page.text).not.toMatch(/<script(?![^>]* src=)|\son\w+=|\sstyle=|javascript:/);
    expect(readNonce(await client.get(path))).not.toBe(nonce);
  });

  it('of a refused form are those of the page', async () => {
    const form = readForm(await client.get('/auth'));
    const page = await client.post(form.action, form.fields);
    expect(page.status).toBe(422);
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(page.headers.get('cache-control')).toBe('no-store');
  });

  it('of a redirect are those of the document', async () => {
    const answer = await client.get('/auth/sign-out');
    expect(answer.status).toBe(303);
    for (const [name, value] of readTable('Redirects between pages')) {
      expect([name, answer.headers.get(name)]).toEqual([name, value]);
    }
  });

  it('of the script and the style sheet are those of the document', async () => {
    const page = await client.get('/auth');
    const files = [...page.text.matchAll(/(?:src|href)="(\/auth\/assets\/[^"]+)"/g)].map(([, file = '']) => file);
    expect(files).toHaveLength(2);
    for (const file of files) {
      expect(file).toMatch(/-[A-Z0-9]{8}\.(?:js|css)$/);
      const answer = await client.get(file);
      for (const [name, value] of readTable('Script and style sheet')) {
        expect([name, answer.headers.get(name)]).toEqual([name, value]);
      }
      const compressed = await client.get(file, { 'accept-encoding': 'gzip, br;q=0.5' });
      expect(compressed.headers.get('content-encoding')).toBe('br');
      expect(compressed.headers.get('vary')?.toLowerCase()).toContain('accept-encoding');
      expect(compressed.text).toBe(answer.text);
      const plain = await client.get(file, { 'accept-encoding': 'gzip, br;q=0' });
      expect(plain.headers.get('content-encoding')).toBeNull();
    }
  });

  it.each(['manifest.json', 'LICENSES.txt', '..%2f..%2fpackage.json', 'nothing.js'])('has no file %s', async (name) => {
    expect((await client.get(`/auth/assets/${name}`)).status).toBe(404);
  });

  it('come with a page that weighs little, with everything that it may load', async () => {
    const page = await client.get('/auth/callback/google');
    const seen = new Set<string>();
    let bytes = brotliCompressSync(page.text).byteLength;
    const follow = async (file: string): Promise<void> => {
      if (seen.has(file)) {
        return;
      }
      seen.add(file);
      const { text } = await client.get(file);
      bytes += brotliCompressSync(text).byteLength;
      for (const [, next = ''] of text.matchAll(/["']\.\/([\w-]+\.js)["']/g)) {
        await follow(`/auth/assets/${next}`);
      }
    };
    for (const [, file = ''] of page.text.matchAll(/(?:src|href)="(\/auth\/assets\/[^"]+)"/g)) {
      await follow(file);
    }
    expect(seen.size).toBeGreaterThanOrEqual(5);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(GOAL_BYTES);
  });
});
