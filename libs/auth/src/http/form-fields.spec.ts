import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../config/json.js';
import { BadInputException } from './auth.exception.js';
import { getStringValue, validateFormFields, type FormFieldRule } from './form-fields.js';

const email: FormFieldRule = { id: 'email', optional: false, validate: () => undefined };
const password: FormFieldRule = { id: 'password', optional: false, validate: () => undefined };
const nickname: FormFieldRule = { id: 'nickname', optional: true, validate: () => undefined };

function form(...formFields: JsonValue[]): JsonObject {
  return { formFields };
}

describe('validateFormFields', () => {
  describe('refuses as bad input', () => {
    it.each<[string, JsonObject]>([
      ['missing formFields', {}],
      ['formFields that are no array', { formFields: { id: 'email', value: 'a' } }],
      ['formFields that are null', { formFields: null }],
      ['an element that is null', form(null)],
      ['an element that is a string', form('email')],
      ['an element that is an array', form(['email', 'a'])],
      ['an element without id', form({ value: 'a' })],
      ['an element whose id is no string', form({ id: 1, value: 'a' })],
      ['an element without value', form({ id: 'nickname' })],
      [
        'more fields than configured',
        form({ id: 'email', value: 'a' }, { id: 'password', value: 'b' }, { id: 'x', value: 'c' }),
      ],
      ['two fields of one id', form({ id: 'email', value: 'a' }, { id: 'email', value: 'b' })],
      ['an email that is no string', form({ id: 'email', value: 1 })],
      ['an email that is null', form({ id: 'email', value: null })],
      ['a password that is no string', form({ id: 'password', value: ['a'] })],
    ])('%s', async (_, body) => {
      await expect(validateFormFields(body, [email, password])).rejects.toThrow(BadInputException);
    });

    it('formFields of the prototype', async () => {
      const body: JsonObject = Object.create(form({ id: 'email', value: 'a' }));
      await expect(validateFormFields(body, [email])).rejects.toThrow(BadInputException);
    });
  });

  it('trims the email, and nothing else', async () => {
    const seen: JsonValue[] = [];
    const rules = [email, password].map((rule) => ({ ...rule, validate: (value: JsonValue) => void seen.push(value) }));
    const body = form({ id: 'password', value: ' b ' }, { id: 'email', value: '\t a ' });
    await expect(validateFormFields(body, rules)).resolves.toStrictEqual({
      status: 'OK',
      formFields: [
        { id: 'email', value: 'a' },
        { id: 'password', value: ' b ' },
      ],
    });
    expect(seen).toStrictEqual(['a', ' b ']);
  });

  it.each<[string, JsonValue[]]>([
    ['missing', []],
    ['empty', [{ id: 'email', value: '' }]],
    ['white space', [{ id: 'email', value: '  ' }]],
  ])('says "Field is not optional" of a required field that is %s', async (_, fields) => {
    await expect(validateFormFields(form(...fields), [email])).resolves.toStrictEqual({
      status: 'FIELD_ERROR',
      formFields: [{ id: 'email', error: 'Field is not optional' }],
    });
  });

  it('says "Field is not optional" of a field of the app that is null', async () => {
    const required = { ...nickname, optional: false };
    await expect(validateFormFields(form({ id: 'nickname', value: null }), [required])).resolves.toStrictEqual({
      status: 'FIELD_ERROR',
      formFields: [{ id: 'nickname', error: 'Field is not optional' }],
    });
  });

  it.each<[string, JsonValue[]]>([
    ['missing', []],
    ['empty', [{ id: 'nickname', value: '' }]],
    ['null', [{ id: 'nickname', value: null }]],
  ])('does not validate an optional field that is %s', async (_, fields) => {
    const rule = { ...nickname, validate: () => 'bad' };
    await expect(validateFormFields(form(...fields), [rule])).resolves.toStrictEqual({ status: 'OK', formFields: [] });
  });

  it.each<[string, JsonValue]>([
    ['false', false],
    ['0', 0],
    ['an empty array', []],
    ['an object', { a: 1 }],
  ])("takes %s for a value of the app's own field", async (_, value) => {
    const required = { ...nickname, optional: false };
    await expect(validateFormFields(form({ id: 'nickname', value }), [required])).resolves.toStrictEqual({
      status: 'OK',
      formFields: [{ id: 'nickname', value }],
    });
  });

  it('leaves out fields that no rule names', async () => {
    await expect(
      validateFormFields(form({ id: 'email', value: 'a' }, { id: '__proto__', value: 'b' }), [email, nickname]),
    ).resolves.toStrictEqual({ status: 'OK', formFields: [{ id: 'email', value: 'a' }] });
  });

  it('waits for validators that are asynchronous', async () => {
    const rule = { ...email, validate: () => Promise.resolve('taken') };
    await expect(validateFormFields(form({ id: 'email', value: 'a' }), [rule])).resolves.toStrictEqual({
      status: 'FIELD_ERROR',
      formFields: [{ id: 'email', error: 'taken' }],
    });
  });

  it.each<[string, unknown]>([
    ['false', false],
    ['null', null],
    ['an empty message', ''],
    ['true', true],
  ])('takes %s of a validator for a mistake, and not for a yes', async (_, answer) => {
    // The validator of an app that is not written in TypeScript.
    const validate = () => answer as string;
    await expect(validateFormFields(form({ id: 'email', value: 'a' }), [{ ...email, validate }])).rejects.toThrow(
      "The validator of the form field 'email'",
    );
  });

  it('reports all fields that fail together, in the order of the rules', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom('email', 'password', 'nickname', 'age', 'city'), { minLength: 1 }),
        fc.array(fc.constantFrom('good', 'bad', 'missing'), { minLength: 5, maxLength: 5 }),
        fc.func(fc.integer()),
        async (ids, states, order) => {
          const stateOf = new Map(ids.map((id, index) => [id, states[index]]));
          const rules = ids.map((id) => ({
            id,
            optional: false,
            validate: (value: JsonValue) => (value === 'good' ? undefined : `${id} is bad`),
          }));
          const sent = ids
            .filter((id) => stateOf.get(id) !== 'missing')
            .map((id) => ({ id, value: stateOf.get(id) ?? '' }))
            .sort((a, b) => order(a.id) - order(b.id));
          const errors = ids
            .filter((id) => stateOf.get(id) !== 'good')
            .map((id) => ({ id, error: stateOf.get(id) === 'bad' ? `${id} is bad` : 'Field is not optional' }));
          expect(await validateFormFields(form(...sent), rules)).toStrictEqual(
            errors.length > 0
              ? { status: 'FIELD_ERROR', formFields: errors }
              : { status: 'OK', formFields: ids.map((id) => ({ id, value: 'good' })) },
          );
        },
      ),
    );
  });

  it('answers any JSON with a result or as bad input', async () => {
    const fieldLike = fc.record(
      { id: fc.oneof(fc.constantFrom('email', 'password', 'nickname'), fc.jsonValue()), value: fc.jsonValue() },
      { requiredKeys: [] },
    );
    const body = fc.record({ formFields: fc.oneof(fc.array(fieldLike, { maxLength: 4 }), fc.jsonValue()) });
    await fc.assert(
      fc.asyncProperty(body, async (value) => {
        const parsed: JsonObject = JSON.parse(JSON.stringify(value));
        try {
          const result = await validateFormFields(parsed, [email, password, nickname]);
          expect(['OK', 'FIELD_ERROR']).toContain(result.status);
          if (result.status === 'OK') {
            expect(getStringValue(result.formFields, 'email')).not.toBe('');
            expect(getStringValue(result.formFields, 'password')).not.toBe('');
          }
        } catch (error) {
          expect(error).toBeInstanceOf(BadInputException);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('getStringValue', () => {
  it('refuses a field that is missing or no string', () => {
    expect(() => getStringValue([], 'email')).toThrow(TypeError);
    expect(() => getStringValue([{ id: 'email', value: 1 }], 'email')).toThrow(TypeError);
  });
});
