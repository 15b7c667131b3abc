import { hash, parseOptions, verify, type ParsedHashOptions } from '@node-rs/argon2';
import { Inject, Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import {
  MAX_HASHING_WORK,
  MAX_MEMORY_COST,
  MAX_PARALLELISM,
  type PasswordHashingConfig,
} from './email-password.options.js';
import { MAX_PASSWORD_LENGTH } from './validators.js';

/** How the PHC string of argon2id begins, in the version of RFC 9106. The package makes no other unless it is told to. */
const ALGORITHM_PREFIX = '$argon2id$v=19$';

const HASH_BYTES = 32;
const SALT_BYTES = 16;

/**
 * Hashes passwords with argon2id (RFC 9106). A password is first brought into Unicode's NFC, so that it is the same one
 * from every keyboard.
 */
@Injectable()
export class PasswordHasher {
  private readonly parameters: PasswordHashingConfig;
  private readonly dummyHash: string;

  constructor(@Inject(AUTH_CONFIG) config: Pick<AuthConfig, 'emailPassword'>) {
    this.parameters = config.emailPassword.passwordHashing;
    this.dummyHash = createDummyHash(this.parameters);
  }

  /**
   * Hashes a password with a salt of its own. The hash is in the PHC string format, which carries the parameters.
   * @throws RangeError if the password is longer than {@link MAX_PASSWORD_LENGTH}.
   */
  async hash(password: string): Promise<string> {
    if (password.length > MAX_PASSWORD_LENGTH) {
      throw new RangeError(`A password has at most ${String(MAX_PASSWORD_LENGTH)} characters`);
    }
    return hash(password.normalize('NFC'), { ...this.parameters, outputLen: HASH_BYTES });
  }

  /**
   * Whether a password has a hash, with the parameters that the hash carries. What is no argon2 hash has no password, and
   * neither has one whose parameters would cost more than any configuration allows.
   */
  async verify(passwordHash: string, password: string): Promise<boolean> {
    if (password.length > MAX_PASSWORD_LENGTH || !isAffordable(parse(passwordHash))) {
      await this.verifyNothing(password);
      return false;
    }
    return verify(passwordHash, password.normalize('NFC'));
  }

  /**
   * Takes the time of {@link verify} for a password that belongs to no hash, so that the clock does not tell whether an
   * account exists. A hash with other than the current parameters takes its own time until it has been renewed.
   */
  async verifyNothing(password: string): Promise<void> {
    await verify(this.dummyHash, password.slice(0, MAX_PASSWORD_LENGTH).normalize('NFC'));
  }

  /** Whether a hash was made with other than the current parameters. */
  needsRehash(passwordHash: string): boolean {
    const parsed = parse(passwordHash);
    return (
      parsed === undefined ||
      !passwordHash.startsWith(ALGORITHM_PREFIX) ||
      parsed.memoryCost !== this.parameters.memoryCost ||
      parsed.timeCost !== this.parameters.timeCost ||
      parsed.parallelism !== this.parameters.parallelism ||
      parsed.outputLen !== HASH_BYTES ||
      parsed.saltLen < SALT_BYTES
    );
  }
}

/** A hash that nobody has computed: random bytes in the place of the output, so that no password has it. */
function createDummyHash({ memoryCost, timeCost, parallelism }: PasswordHashingConfig): string {
  const parameters = `m=${String(memoryCost)},t=${String(timeCost)},p=${String(parallelism)}`;
  return `${ALGORITHM_PREFIX}${parameters}$${randomBase64(SALT_BYTES)}$${randomBase64(HASH_BYTES)}`;
}

function randomBase64(bytes: number): string {
  return randomBytes(bytes).toString('base64').replace(/=+$/, '');
}

function parse(passwordHash: string): ParsedHashOptions | undefined {
  try {
    return parseOptions(passwordHash);
  } catch {
    return undefined;
  }
}

function isAffordable(parsed: ParsedHashOptions | undefined): boolean {
  return (
    parsed !== undefined &&
    parsed.memoryCost <= MAX_MEMORY_COST &&
    parsed.memoryCost * parsed.timeCost <= MAX_HASHING_WORK &&
    parsed.parallelism <= MAX_PARALLELISM
  );
}
