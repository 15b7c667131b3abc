import { once } from 'node:events';
import { createServer } from 'node:net';
import { runDemoToItsEnd } from './demo-process.js';

describe('The demo at boot', () => {
  it.each([
    { PORT: 'eighty' },
    { PORT: '0' },
    { PORT: '65536' },
    { PORT: '3000.5' },
    { ACCESS_TOKEN_LIFETIME: '1h' },
    { ACCESS_TOKEN_LIFETIME: '0' },
    { ACCESS_TOKEN_LIFETIME: '99999999999' },
    { EMAIL_VERIFICATION: 'yes' },
    { WEBSITE_DOMAIN: 'ftp://example.org' },
    { SMTP_HOST: 'smtp.example.org' },
    { SMTP_HOST: 'smtp.example.org', SMTP_FROM: 'nobody' },
    { SMTP_HOST: 'smtp.example.org', SMTP_FROM: 'a@example.org', SMTP_USER: 'a' },
    { SMTP_HOST: 'smtp.example.org', SMTP_FROM: 'a@example.org', SMTP_PORT: '25a' },
    { NODE_ENV: 'production' },
  ])('refuses %j with one sentence', async (environment) => {
    const { code, output } = await runDemoToItsEnd(environment);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(output).toMatch(
      /ACCESS_TOKEN_LIFETIME|accessTokenLifetime|PORT|EMAIL_VERIFICATION|websiteDomain|SMTP_FROM|smtp\(/,
    );
    expect(code).toBe(1);
  });

  it('says with one sentence that its port is in use', async () => {
    const server = createServer().listen(0);
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    try {
      const { code, output } = await runDemoToItsEnd({ PORT: port });
      expect(output.trim()).toBe(`Port ${port} is in use: stop what listens there, or set PORT to another one.`);
      expect(code).toBe(1);
    } finally {
      server.close();
    }
  });
});
