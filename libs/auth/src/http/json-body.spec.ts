import { BadInputException } from './auth.exception.js';
import { readJsonObject } from './json-body.js';

const json = { headers: { 'content-type': 'application/json' } };

function read(text: string): unknown {
  return readJsonObject(json, JSON.parse(text));
}

describe('readJsonObject', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON ;charset=utf-8',
    'application/vnd.api+json',
  ])('reads a body of %s', (contentType) => {
    const body = { formFields: [] };
    expect(readJsonObject({ headers: { 'content-type': contentType } }, body)).toBe(body);
  });

  it.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=application/json',
    'text/plain;application/json',
    'application/jsonp',
    '',
    undefined,
  ])('refuses what a page of another site can send without asking: %j', (contentType) => {
    const headers = contentType === undefined ? {} : { 'content-type': contentType };
    expect(() => readJsonObject({ headers }, { formFields: [] })).toThrow(BadInputException);
  });

  it.each([['[]'], ['null'], ['1'], ['"text"'], ['true']])('refuses %s, which is no object', (text) => {
    expect(() => read(text)).toThrow(BadInputException);
  });

  it('refuses no body', () => {
    expect(() => readJsonObject(json, undefined)).toThrow(BadInputException);
  });

  it.each([
    ['at the top', '{"__proto__":{"formFields":[]}}'],
    ['in an object', '{"formFields":[{"id":"a","value":"b","__proto__":{"value":"c"}}]}'],
    ['far below', `{"a":${'['.repeat(50_000)}{"__proto__":1}${']'.repeat(50_000)}}`],
    ['with null as its value', '{"a":null,"b":{"__proto__":null}}'],
  ])('refuses a key __proto__ %s', (_, text) => {
    expect(() => read(text)).toThrow('__proto__');
  });

  it('reads deep and wide bodies', () => {
    expect(() => read(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`)).not.toThrow();
    expect(() => read(`{"a":[${'0,'.repeat(300_000)}0]}`)).not.toThrow();
  });
});
