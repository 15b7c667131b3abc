import fc from 'fast-check';
import { MAX_EMAIL_LENGTH, normaliseEmail } from './normalise-email.js';

describe('normaliseEmail', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    ['  Ada@Example.COM\t\n', 'ada@example.com'],
    ['JOSE\u0301@example.com', 'jos\u00E9@example.com'],
    ['mi\u212Ae@example.com', 'mike@example.com'],
    ['\u0130@example.com', 'i\u0307@example.com'],
    // In upper case it has no composed form.
    ['J\u030C@example.com', '\u01F0@example.com'],
    ['just-a-name', 'just-a-name'],
  ])('makes of %j the email %j', (given, expected) => {
    expect(normaliseEmail(given)).toBe(expected);
  });

  it.each([
    ['nothing', ''],
    ['white space', ' \t'],
    ['a null character', 'ada\u0000@example.com'],
    ['a line break', 'ada@example.com\r\nBcc: eve@example.com'],
    ['half a surrogate pair', 'ada\uD800@example.com'],
    ['too many characters', `${'a'.repeat(MAX_EMAIL_LENGTH)}@example.com`],
    ['too many characters in lower case', '\u0130'.repeat(200)],
  ])('refuses %s', (_, given) => {
    expect(normaliseEmail(given)).toBeUndefined();
  });

  it('takes as many characters as it allows', () => {
    const longest = 'a'.repeat(MAX_EMAIL_LENGTH);
    expect(normaliseEmail(longest)).toBe(longest);
  });

  it('refuses a megabyte of combining marks without normalising it', () => {
    const started = performance.now();
    expect(normaliseEmail(`a${'\u0315'.repeat(500_000)}${'\u0316'.repeat(500_000)}`)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('leaves what it has made as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const once = normaliseEmail(text);
        fc.pre(once !== undefined);
        expect(normaliseEmail(once)).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });
});
