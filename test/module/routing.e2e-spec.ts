import { Controller, Get, VersioningType, type INestApplication } from '@nestjs/common';
import helmet from 'helmet';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { HeaderClient } from '../support/header-client.js';

@Controller('own')
class OwnController {
  @Get()
  get(): { ok: true } {
    return { ok: true };
  }
}

describe('the routes of the module', () => {
  let test: TestApp;

  afterEach(async () => {
    await test.close();
  });

  const start = async (configure: (app: INestApplication) => void, apiBasePath = '/auth'): Promise<string> => {
    test = await startTestApp({ controllers: [OwnController], configure, appInfo: { apiBasePath } });
    return test.url;
  };

  const statusOf = async (path: string): Promise<number> => (await fetch(test.url + path)).status;

  it('stay where apiBasePath says under a global prefix, and the app’s own get the prefix', async () => {
    await start((app) => app.setGlobalPrefix('api'));
    expect(await statusOf('/auth/jwt/jwks.json')).toBe(200);
    expect(await statusOf('/api/auth/jwt/jwks.json')).toBe(404);
    expect(await statusOf('/api/own')).toBe(200);
    expect(await statusOf('/own')).toBe(404);
    const client = new HeaderClient(() => test.url);
    expect((await client.signUp('ada@example.com')).status).toBe(200);
    expect((await client.refresh()).status).toBe(200);
  });

  it('take an apiBasePath that has the prefix in it as the whole path', async () => {
    await start((app) => app.setGlobalPrefix('api'), '/api/auth');
    expect(await statusOf('/api/auth/jwt/jwks.json')).toBe(200);
    expect(await statusOf('/api/auth/public/jwt/jwks.json')).toBe(404);
    expect(await statusOf('/api/auth/emailpassword/email/exists?email=a@b.co')).toBe(200);
    expect(await statusOf('/api/auth/public/emailpassword/email/exists?email=a@b.co')).toBe(200);
  });

  it('keep the exclusions that the app has for its own routes', async () => {
    await start((app) => app.setGlobalPrefix('api', { exclude: ['own'] }));
    expect(await statusOf('/own')).toBe(200);
    expect(await statusOf('/auth/jwt/jwks.json')).toBe(200);
  });

  it('have no version under URI versioning', async () => {
    await start((app) => {
      app.setGlobalPrefix('api');
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
    });
    expect(await statusOf('/auth/jwt/jwks.json')).toBe(200);
    expect(await statusOf('/api/v1/own')).toBe(200);
  });

  it('work behind helmet', async () => {
    await start((app) => app.use(helmet()));
    const client = new HeaderClient(() => test.url);
    expect((await client.signUp('ada@example.com')).headers.get('x-content-type-options')).toBe('nosniff');
    expect((await client.refresh()).status).toBe(200);
  });

  it('can be at the root', async () => {
    await start(() => undefined, '/');
    expect(await statusOf('/jwt/jwks.json')).toBe(200);
    expect(await statusOf('/own')).toBe(200);
  });

  it('answer 400 for another tenant, and name it', async () => {
    await start(() => undefined);
    const response = await fetch(`${test.url}/auth/acme/signin`, { method: 'POST' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("'acme'");
  });
});
