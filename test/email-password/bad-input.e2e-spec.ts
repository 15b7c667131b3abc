import { FastifyAdapter } from '@nestjs/platform-fastify';
import fc from 'fast-check';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { CHEAP_HASHING, form, post } from './client.js';
import { createSharedDatabase, type SharedDatabase } from './shared-database.js';

const email = 'eve@example.com';
const password = 'passw0rd';
const good = JSON.stringify(form({ email, password }));
const megabyte = 'a1'.repeat(500_000);
const combiningMarks = `a1${'\u0315'.repeat(150_000)}${'\u0316'.repeat(150_000)}`;
const FORM_POST = 'application/x-www-form-urlencoded';

type BadBody = readonly [name: string, body: string | Uint8Array, contentType?: string];

/** What is no form at all: 400, or what a body parser says before us. */
const BAD_BODIES: readonly BadBody[] = [
  ['malformed JSON', '{"formFields":['],
  ['no JSON', 'formFields'],
  ['an empty body', ''],
  ['null', 'null'],
  ['an array', '[]'],
  ['a number', '1'],
  ['bytes that are no UTF-8', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])],
  ['another content type', good, 'text/plain'],
  ['no content type', new TextEncoder().encode(good), ''],
  [
    'the form of a page of another site',
    `formFields[0][id]=email&formFields[0][value]=${email}&formFields[1][id]=password&formFields[1][value]=${password}`,
    FORM_POST,
  ],
  ['missing formFields', '{}'],
  ['formFields that are null', '{"formFields":null}'],
  ['formFields that are an object', '{"formFields":{"id":"email","value":"eve@example.com"}}'],
  ['formFields that are a string', '{"formFields":"email"}'],
  ['an element that is null', '{"formFields":[null]}'],
  ['an element that is a string', '{"formFields":["email"]}'],
  ['an element without id', '{"formFields":[{"value":"x"}]}'],
  ['an element without value', '{"formFields":[{"id":"email"}]}'],
  ['an id that is no string', '{"formFields":[{"id":["email"],"value":"x"}]}'],
  ['an email that is a number', JSON.stringify(form({ email: 1, password }))],
  ['an email that is null', JSON.stringify(form({ email: null, password }))],
  ['an email that is an array', JSON.stringify(form({ email: [email], password }))],
  ['a password that is an object', JSON.stringify(form({ email, password: { $ne: '' } }))],
  ['a password that is a boolean', JSON.stringify(form({ email, password: true }))],
  ['more fields than configured', JSON.stringify(form({ email, password, admin: true }))],
  ['more fields than there could be', JSON.stringify({ formFields: new Array(9000).fill({ id: 'x', value: 1 }) })],
  ['two emails', `{"formFields":[{"id":"email","value":"${email}"},{"id":"email","value":"ada@example.com"}]}`],
  ['formFields below __proto__', `{"__proto__":${good}}`],
  ['a key __proto__ beside formFields', `{"__proto__":{"admin":true},${good.slice(1)}`],
  ['a field of __proto__', `{"formFields":[{"__proto__":{"id":"email","value":"${email}"}}]}`],
  ['JSON that is nested 40 000 times', `{"formFields":${'['.repeat(40_000)}${']'.repeat(40_000)}}`],
];

/** What is a form, but nobody's: 400, or an answer of the contract. */
const BAD_VALUES: readonly (readonly [string, string])[] = [
  ['a password of a megabyte', JSON.stringify(form({ email, password: megabyte }))],
  ['a password of combining marks', JSON.stringify(form({ email, password: combiningMarks }))],
  ['an email of a megabyte', JSON.stringify(form({ email: `${megabyte}@example.com`, password }))],
  ['an email of combining marks', JSON.stringify(form({ email: `${combiningMarks}@example.com`, password }))],
  ['a null character in the email', JSON.stringify(form({ email: 'eve\u0000@example.com', password }))],
  [
    'half a surrogate pair in the email',
    '{"formFields":[{"id":"email","value":"\\ud800@example.com"},{"id":"password","value":"passw0rd"}]}',
  ],
  ['a line break in the email', JSON.stringify(form({ email: `${email}\nBcc: a@example.com`, password }))],
  ['fields called __proto__ and constructor', JSON.stringify(form({ ['__proto__']: email, constructor: password }))],
];

describe.each(['Express', 'Express with a body limit of 5 MB', 'Fastify'])('bad input on %s', (platform) => {
  let database: SharedDatabase;
  let testApp: TestApp;

  beforeAll(async () => {
    database = createSharedDatabase();
    testApp = await startTestApp({
      auth: { storage: database.factory, emailPassword: { passwordHashing: CHEAP_HASHING } },
      ...(platform === 'Fastify' ? { adapter: () => new FastifyAdapter({ bodyLimit: 5_000_000 }) } : {}),
      configure: (app) => {
        if (platform === 'Express with a body limit of 5 MB') {
          (app as NestExpressApplication).useBodyParser('json', { limit: '5mb' });
        }
      },
    });
  });

  afterAll(async () => {
    await testApp.close();
    database.close();
  });

  afterEach(() => {
    expect(database.countRows()).toStrictEqual({ users: 0, loginMethods: 0, sessions: 0 });
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false);
  });

  describe.each(['signup', 'signin'])('POST /%s', (path) => {
    it.each(BAD_BODIES.map((bad) => ({ name: bad[0], bad })))(
      '4xx for $name, and nothing is written',
      async ({ bad }) => {
        const [, body, contentType] = bad;
        const headers: Record<string, string> = contentType === undefined ? {} : { 'content-type': contentType };
        const answer = await post(`${testApp.url}/auth/${path}`, body, headers);
        expect([400, 413, 415]).toContain(answer.status);
        expect(answer.body).toMatchObject({ message: expect.any(String) });
        expect(answer.headers.get('front-token')).toBeNull();
      },
    );

    it.each(BAD_VALUES)('4xx or an answer of the contract for %s, soon, and nothing is written', async (_, body) => {
      const started = performance.now();
      const answer = await post(`${testApp.url}/auth/${path}`, body);
      expect(performance.now() - started).toBeLessThan(1500);
      expect([200, 400, 413]).toContain(answer.status);
      if (answer.status === 200) {
        expect(answer.body).toMatchObject({ status: expect.stringMatching(/^(FIELD_ERROR|WRONG_CREDENTIALS_ERROR)$/) });
      }
      expect(answer.headers.get('front-token')).toBeNull();
    });

    it('never 5xx for any JSON', async () => {
      const fields = fc.array(
        fc.record({ id: fc.oneof(fc.constantFrom('email', 'password'), fc.jsonValue()), value: fc.jsonValue() }),
        { maxLength: 3 },
      );
      const body = fc.oneof(
        fc.json(),
        fc.record({ formFields: fields }).map((value) => JSON.stringify(value)),
      );
      await fc.assert(
        fc.asyncProperty(body, async (json) => {
          const answer = await post(`${testApp.url}/auth/${path}`, json);
          expect(answer.status).toBeLessThan(500);
        }),
        { numRuns: 100 },
      );
    });
  });
});
