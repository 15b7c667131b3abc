import { describeValue } from './describe-value.js';

const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;

describe('describeValue', () => {
  it.each<[unknown, string]>([
    [undefined, 'missing'],
    [null, 'null'],
    ['a"b', '"a\\"b"'],
    [5, '5'],
    [true, 'true'],
    [NaN, 'NaN'],
    [{}, '{}'],
    [[], '[]'],
    [{ password: 'hunter2' }, 'an object'],
    [['hunter2'], 'an array'],
    [cyclic, 'an object'],
    ['postgres://ada:hunter2@db.example.com/auth', '"postgres://…@db.example.com/auth"'],
    ['http://localhost:3000/a@b', '"http://localhost:3000/a@b"'],
    [() => 1, 'a function'],
    [5n, '5'],
    [Symbol('x'), 'Symbol(x)'],
  ])('shows %p as %s', (value, expected) => {
    expect(describeValue(value)).toBe(expected);
  });
});
