import { Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AuthModule, ConfigurationError, developmentProvider, type AppInfo } from 'nestward';
import { AuthPagesModule, type AuthPagesOptions } from 'nestward/pages';
import { CHEAP_HASHING } from '../email-password/client.js';
import { startTestApp, TEST_APP_INFO, type TestApp, type TestAppOptions } from '../support/create-app.js';
import { createTestStorage } from '../support/test-storage.js';
import { PageClient, readForm, readHeading, readSummary } from './page-client.js';

const password = 'correct horse 1';
const auth = { emailPassword: { passwordHashing: CHEAP_HASHING }, thirdParty: { providers: [developmentProvider()] } };
const apps: TestApp[] = [];

async function open(options: TestAppOptions = {}): Promise<PageClient> {
  const app = await startTestApp({ auth, imports: [AuthPagesModule.forRoot()], ...options });
  apps.push(app);
  return new PageClient(app.url);
}

afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

describe.each([
  { name: 'Express', adapter: () => new ExpressAdapter() },
  { name: 'Fastify', adapter: () => new FastifyAdapter() },
])('on $name', ({ adapter }) => {
  it('serves pages and takes forms below the base path of the API', async () => {
    const client = await open({ adapter });
    const refused = await client.submit('/auth?show=signup', { email: 'nobody', password });
    expect([refused.status, readSummary(refused)]).toEqual([422, ['Email is invalid']]);
    expect((await client.signUp()).location).toBe('/');
    expect((await client.get('/auth')).location).toBe('/');
    const asset = /src="(\/auth\/assets\/[^"]+)"/.exec((await client.get('/auth/signed-out')).text)?.[1] ?? '';
    const { headers, status } = await client.get(asset, { 'accept-encoding': 'br' });
    expect([status, headers.get('content-encoding')]).toEqual([200, 'br']);
    const signOut = readForm(await client.get('/auth/sign-out'));
    expect((await client.post(signOut.action, signOut.fields)).location).toBe('/auth/signed-out');
    expect((await client.get('/auth/callback/development?code=x&state=y')).text).toContain('data-page="callback"');
    expect((await client.post('/auth/sign-in', {})).status).toBe(403);
  });

  it('serves pages elsewhere than the API', async () => {
    const client = await open({ adapter, appInfo: { websiteBasePath: '/welcome', apiBasePath: '/api/auth' } });
    expect(readHeading(await client.get('/welcome'))).toBe('Welcome back');
    const form = readForm(await client.get('/welcome?show=signup'));
    expect(form.action).toBe('/welcome/sign-up');
    const answer = await client.post(form.action, { ...form.fields, email: 'ada@example.com', password });
    expect(answer.location).toBe('/');
    expect((await client.get('/welcome/callback/development')).text).toContain('data-page="callback"');
    expect((await client.get('/auth')).status).toBe(404);
    expect((await client.get('/api/auth/callback/development')).status).toBe(302);
  });

  it('leaves the global prefix of the app out', async () => {
    const client = await open({ adapter, configure: (app: INestApplication) => void app.setGlobalPrefix('v1') });
    expect((await client.get('/auth')).status).toBe(200);
    expect((await client.get('/auth/reset-password')).status).toBe(200);
    expect((await client.get('/v1/auth')).status).toBe(404);
  });
});

it('stands at the root of a website of its own', async () => {
  const client = await open({
    appInfo: { websiteBasePath: '/', apiBasePath: '/api' },
    imports: [AuthPagesModule.forRoot({ signedInPath: '/account' })],
  });
  expect(readHeading(await client.get('/'))).toBe('Welcome back');
  expect((await client.get('/reset-password')).status).toBe(200);
  expect(readForm(await client.get('/?show=signup')).action).toBe('/sign-up');
});

it('does not mind whether it is imported before AuthModule, nor that a factory makes the options', async () => {
  @Module({
    imports: [
      AuthPagesModule.forRoot(),
      AuthModule.forRootAsync({
        apiBasePath: '/api/auth',
        useFactory: async () =>
          Promise.resolve({
            appInfo: { ...TEST_APP_INFO, websiteBasePath: '/welcome' },
            storage: createTestStorage(),
            ...auth,
          }),
      }),
    ],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: ['error'], abortOnError: false });
  await app.listen(0, '127.0.0.1');
  const client = new PageClient(await app.getUrl());
  const page = await client.get('/welcome');
  await app.close();
  expect(readHeading(page)).toBe('Welcome back');
});

it('lets the redirect flow have its callback, wherever it is imported', async () => {
  @Module({
    imports: [
      AuthPagesModule.forRoot(),
      AuthModule.forRoot(
        { ...TEST_APP_INFO, apiDomain: 'http://localhost:3000' },
        { storage: createTestStorage(), ...auth },
      ),
    ],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: ['error'], abortOnError: false });
  await app.listen(0, '127.0.0.1');
  const client = new PageClient(await app.getUrl());
  const start = await client.get('/auth/signin/development');
  const { pathname, search } = new URL(start.location ?? '', 'http://localhost:3000');
  const form = readForm(await client.get(pathname + search));
  const back = await client.post(form.action === '' ? pathname + search : form.action, {
    ...form.fields,
    email: 'ada@example.com',
    decision: 'allow',
  });
  const callback = new URL(back.location ?? '');
  const answer = await client.get(callback.pathname + callback.search);
  await app.close();
  expect([answer.status, answer.location]).toEqual([302, 'http://localhost:3000/']);
});

it.each<[string, AuthPagesOptions, Partial<AppInfo>, string[]?]>([
  [
    'signedInPath is "/", which is the sign-in page: write another page of the website, such as \'/account\'',
    {},
    { websiteBasePath: '/', apiBasePath: '/api' },
  ],
  ['signedInPath is "/auth", which is the sign-in page', { signedInPath: '/auth' }, {}],
  ['signedInPath is "/auth/?x=1", which is the sign-in page', { signedInPath: '/auth/?x=1' }, {}],
  ['signedInPath is "/auth/sign-in", which is the sign-in page', { signedInPath: '/auth/sign-in' }, {}],
  ['has the id "formToken", which a field', {}, {}, ['formToken']],
  ['has the id "address[city]", which a field', {}, {}, ['name', 'address[city]']],
  ['for the sign-up field "nmae", which does not exist', { signUpFields: { nmae: {} } }, {}, ['name']],
  [
    'for the sign-up field "nmae", which does not exist',
    { translations: { de: { fields: { nmae: 'Name' } } } },
    {},
    ['name'],
  ],
])('refuses to boot where the options of both modules do not fit: %s', async (message, pages, appInfo, ids = []) => {
  const attempt = open({
    appInfo,
    auth: { emailPassword: { signUpFeature: { formFields: ids.map((id) => ({ id })) } } },
    imports: [AuthPagesModule.forRoot(pages)],
  });
  await expect(attempt).rejects.toThrow(ConfigurationError);
  await expect(attempt).rejects.toThrow(message);
  await expect(attempt).rejects.toThrow(/^[^\n]+[^.]\.$/);
});
