import fc from 'fast-check';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  createRefreshToken,
  hashRefreshToken,
  hasRefreshTokenForm,
  parseRefreshToken,
  type RefreshTokenSecret,
} from './refresh-token.js';

const secret: RefreshTokenSecret = newSecret();

function newSecret(): RefreshTokenSecret {
  return randomBytes(32) as Uint8Array as RefreshTokenSecret;
}

describe('refresh tokens', () => {
  const handle = randomUUID();
  const first = createRefreshToken(secret, handle);
  const child = createRefreshToken(secret, handle, hashRefreshToken(first));

  it('name their session, their own hash and their parent', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.boolean(), (sessionHandle, hasParent) => {
        const parentHash = hasParent ? hashRefreshToken(first) : undefined;
        const token = createRefreshToken(secret, sessionHandle, parentHash);
        expect(hasRefreshTokenForm(token)).toBe(true);
        expect(parseRefreshToken(secret, token)).toStrictEqual({
          sessionHandle,
          hash: createHash('sha256').update(token).digest('base64url'),
          parentHash,
        });
      }),
    );
  });

  it('are never the same twice', () => {
    const tokens = Array.from({ length: 1000 }, () => createRefreshToken(secret, handle));
    expect(new Set(tokens).size).toBe(1000);
  });

  it('cannot be made without the secret', () => {
    for (const token of [first, child]) {
      expect(parseRefreshToken(newSecret(), token)).toBeUndefined();
    }
  });

  it('are not what they were after any change of any bit', () => {
    for (const token of [first, child]) {
      const bytes = Buffer.from(token, 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        expect(parseRefreshToken(secret, changed.toString('base64url'))).toBeUndefined();
      }
    }
  });

  it('have one spelling: the spare bits of the last character must be zero', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const token of [first, child]) {
      const others = Array.from(alphabet)
        .map((character) => token.slice(0, -1) + character)
        .filter((other) => other !== token);
      for (const other of [...others, `${token}=`, `${token}A`, ` ${token}`, `${token}\n`, token.slice(0, -1)]) {
        expect(parseRefreshToken(secret, other)).toBeUndefined();
      }
      expect(parseRefreshToken(secret, token)).toBeDefined();
    }
  });

  it('of one kind cannot be turned into the other by moving bytes between the fields', () => {
    const bytes = Buffer.from(child, 'base64url');
    const without = Buffer.concat([bytes.subarray(0, 49), bytes.subarray(-32)]).toString('base64url');
    expect(hasRefreshTokenForm(without)).toBe(true);
    expect(parseRefreshToken(secret, without)).toBeUndefined();
  });

  it('are told from everything else, without an error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: 'binary', minLength: 100 })), (text) => {
        expect(hasRefreshTokenForm(text)).toBe(false);
        expect(parseRefreshToken(secret, text)).toBeUndefined();
      }),
    );
  });
});
