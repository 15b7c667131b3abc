import fc from 'fast-check';
import type { JsonObject } from '../config/json.js';
import { mergePayload, PROTECTED_CLAIM_NAMES, withoutProtectedClaims } from './access-token-payload.js';

const name = fc.oneof(
  fc.string(),
  fc.constantFrom(...PROTECTED_CLAIM_NAMES, '__proto__', 'constructor', 'toString', 'hasOwnProperty'),
);
const payload = fc.array(fc.tuple(name, fc.jsonValue())).map((entries) => Object.fromEntries(entries) as JsonObject);

describe('the payload of an access token', () => {
  it('loses its protected claims, and nothing else', () => {
    fc.assert(
      fc.property(payload, (given) => {
        const before = JSON.stringify(given);
        const kept = withoutProtectedClaims(given);
        expect(Object.keys(kept)).toEqual(Object.keys(given).filter((key) => !PROTECTED_CLAIM_NAMES.has(key)));
        expect(Object.getPrototypeOf(kept)).toBe(Object.prototype);
        expect(JSON.stringify(given)).toBe(before);
      }),
    );
  });

  it('is merged one level deep: the update wins, null removes, protected claims stay as they are', () => {
    fc.assert(
      fc.property(payload, payload, (given, update) => {
        const [before, asked] = [JSON.stringify(given), JSON.stringify(update)];
        const merged = mergePayload(given, update);
        for (const key of new Set([...Object.keys(given), ...Object.keys(update)])) {
          const isUpdated = Object.hasOwn(update, key) && !PROTECTED_CLAIM_NAMES.has(key);
          const expected = isUpdated ? update[key] : Object.hasOwn(given, key) ? given[key] : undefined;
          const isKept = expected !== undefined && !(isUpdated && expected === null);
          expect(Object.hasOwn(merged, key)).toBe(isKept);
          if (isKept) {
            expect(Object.getOwnPropertyDescriptor(merged, key)?.value).toEqual(expected);
          }
        }
        expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
        expect([JSON.stringify(given), JSON.stringify(update)]).toEqual([before, asked]);
      }),
    );
  });

  it('leaves out what is undefined', () => {
    expect(mergePayload({ a: 1, b: undefined }, { a: undefined, c: undefined })).toStrictEqual({});
  });
});
