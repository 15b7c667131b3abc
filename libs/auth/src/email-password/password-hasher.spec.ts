import { hash } from '@node-rs/argon2';
import { normaliseEmailPasswordOptions, type PasswordHashingOptions } from './email-password.options.js';
import { PasswordHasher } from './password-hasher.js';
import { MAX_PASSWORD_LENGTH } from './validators.js';

const CHEAP = { memoryCost: 64, timeCost: 1, parallelism: 1 };

function hasherWith(passwordHashing: PasswordHashingOptions): PasswordHasher {
  return new PasswordHasher({ emailPassword: normaliseEmailPasswordOptions({ passwordHashing }) });
}

describe('PasswordHasher', () => {
  const hasher = hasherWith(CHEAP);

  it('hashes with argon2id, m=19456 KiB, t=2, p=1, where nothing else is configured', async () => {
    const passwordHash = await hasherWith({}).hash('passw0rd');
    expect(passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  });

  it('hashes with the parameters that are configured', async () => {
    expect(await hasherWith({ memoryCost: 128, timeCost: 3, parallelism: 2 }).hash('passw0rd')).toContain(
      '$m=128,t=3,p=2$',
    );
  });

  it('salts every hash', async () => {
    expect(await hasher.hash('passw0rd')).not.toBe(await hasher.hash('passw0rd'));
  });

  it('verifies the password of a hash and no other', async () => {
    const passwordHash = await hasher.hash('passw0rd');
    await expect(hasher.verify(passwordHash, 'passw0rd')).resolves.toBe(true);
    for (const wrong of ['passw0rd ', 'Passw0rd', 'passw0r', '', 'passw0rd\u0000']) {
      await expect(hasher.verify(passwordHash, wrong)).resolves.toBe(false);
    }
  });

  it('does not stop at a null character', async () => {
    const passwordHash = await hasher.hash('passw0rd\u0000a');
    await expect(hasher.verify(passwordHash, 'passw0rd\u0000a')).resolves.toBe(true);
    await expect(hasher.verify(passwordHash, 'passw0rd\u0000b')).resolves.toBe(false);
  });

  it('takes a password for the same one however its characters are composed', async () => {
    const composed = 'caf\u00E9 1234';
    const decomposed = 'cafe\u0301 1234';
    await expect(hasher.verify(await hasher.hash(decomposed), composed)).resolves.toBe(true);
    await expect(hasher.verify(await hasher.hash(composed), decomposed)).resolves.toBe(true);
    await expect(hasher.verify(await hash(composed, CHEAP), decomposed)).resolves.toBe(true);
  });

  // Of 'passw0rd'.
  const OTHER_KINDS = [
    ['argon2d', '$argon2d$v=19$m=256,t=2,p=2$+ruEdx85Zcw6KRdGVNDnoA$3WsVBuJ0fYM1nc2mpZZa2LTqNAFOnZJi1PPlWALWojo'],
    ['argon2i', '$argon2i$v=19$m=256,t=2,p=2$6js/3fSRHYQ4Xu8esAdMiw$reyRsbWo6ggNwjXPcVfFdgxra9Wu2JACiavV0WqwWrI'],
    ['version 1.0', '$argon2id$v=16$m=256,t=2,p=2$3rIkYmoJ5+4GGkFaK3jOqA$QBuj69w3sdKZvLngZrfWCDBea9iZ7JTnPGCQRwFwKyU'],
  ] as const;

  it.each(OTHER_KINDS)('verifies a hash of %s, and asks for it to be renewed', async (_, passwordHash) => {
    const sameParameters = hasherWith({ memoryCost: 256, timeCost: 2, parallelism: 2 });
    for (const each of [hasher, sameParameters]) {
      await expect(each.verify(passwordHash, 'passw0rd')).resolves.toBe(true);
      await expect(each.verify(passwordHash, 'passw0rd1')).resolves.toBe(false);
      expect(each.needsRehash(passwordHash)).toBe(true);
    }
  });

  const salt = 'AAAAAAAAAAAAAAAAAAAAAA';
  const output = 'A'.repeat(43);
  it.each([
    ['nothing', ''],
    ['no hash', 'passw0rd'],
    ['another algorithm', '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'],
    ['a hash without output', `$argon2id$v=19$m=64,t=1,p=1$${salt}$`],
    ['a hash that is not base64', `$argon2id$v=19$m=64,t=1,p=1$${salt}$%%%%`],
    ['parameters that are no numbers', `$argon2id$v=19$m=x,t=1,p=1$${salt}$${output}`],
    ['4 TiB of memory', `$argon2id$v=19$m=4294967295,t=1,p=1$${salt}$${output}`],
    ['a little more memory than can be configured', `$argon2id$v=19$m=1048577,t=1,p=1$${salt}$${output}`],
    ['years of passes', `$argon2id$v=19$m=64,t=4294967295,p=1$${salt}$${output}`],
  ])('says no to a stored hash that is or has %s, in the time of any other', async (_, stored) => {
    const started = performance.now();
    await expect(hasher.verify(stored, 'passw0rd')).resolves.toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
    expect(hasher.needsRehash(stored)).toBe(true);
  });

  it('says no to a hash with more lanes than can be configured, even if the password is right', async () => {
    const passwordHash = await hash('passw0rd', { memoryCost: 8 * 65, timeCost: 1, parallelism: 65 });
    await expect(hasher.verify(passwordHash, 'passw0rd')).resolves.toBe(false);
  });

  it('hashes passwords up to the limit, and no longer ones', async () => {
    const longest = 'a'.repeat(MAX_PASSWORD_LENGTH);
    const passwordHash = await hasher.hash(longest);
    await expect(hasher.verify(passwordHash, longest)).resolves.toBe(true);
    await expect(hasher.verify(passwordHash, `${longest}a`)).resolves.toBe(false);
    await expect(hasher.hash(`${longest}a`)).rejects.toThrow(RangeError);
  });

  it('answers a megabyte of combining marks at once', async () => {
    const hostile = `a${'\u0315'.repeat(500_000)}${'\u0316'.repeat(500_000)}`;
    const passwordHash = await hasher.hash('passw0rd');
    const time = await cpuTimeOf(async () => {
      await expect(hasher.verify(passwordHash, hostile)).resolves.toBe(false);
      await hasher.verifyNothing(hostile);
    });
    // Normalising it would take minutes.
    expect(time).toBeLessThan(10_000);
  });

  it('renews a hash whose parameters are not the current ones, and only such a one', async () => {
    const current = await hasher.hash('passw0rd');
    expect(hasher.needsRehash(current)).toBe(false);
    for (const other of [{ memoryCost: 128 }, { timeCost: 2 }, { parallelism: 2 }]) {
      expect(hasherWith({ ...CHEAP, ...other }).needsRehash(current)).toBe(true);
    }
    expect(hasher.needsRehash(await hash('passw0rd', { ...CHEAP, outputLen: 16 }))).toBe(true);
    expect(hasher.needsRehash(await hash('passw0rd', { ...CHEAP, salt: Buffer.alloc(8) }))).toBe(true);
  });

  it('spends on no account what it spends on a wrong password', async () => {
    const expensive = hasherWith({ memoryCost: 32_768, timeCost: 2 });
    const passwordHash = await expensive.hash('passw0rd');
    const wrong = await medianCpuTime(() => expensive.verify(passwordHash, 'passw0rd1'));
    const nothing = await medianCpuTime(() => expensive.verifyNothing('passw0rd1'));
    const malformed = await medianCpuTime(() => expensive.verify('malformed', 'passw0rd1'));
    // No measurement, which bench/ has: without the work the quotient would be about a thousandth.
    expect(nothing / wrong).toBeGreaterThan(0.1);
    expect(malformed / wrong).toBeGreaterThan(0.1);
  });
});

/** The CPU time that work takes, in milliseconds: it does not depend on what else the machine does. */
async function medianCpuTime(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 9; run += 1) {
    times.push(await cpuTimeOf(work));
  }
  return times.sort((a, b) => a - b)[4] ?? Number.NaN;
}

async function cpuTimeOf(work: () => Promise<unknown>): Promise<number> {
  const started = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}
