import { createPrivateKey, createPublicKey, generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyPurpose, KeyRecord } from '../storage/signing-key.storage.js';
import type { SigningAlgorithm } from './session.options.js';

/** What access tokens are signed for: with the key that changes, or with the one that stays (contract §4). */
export type SigningKeyPurpose = Exclude<KeyPurpose, 'refresh-token'>;

/** A public key as `jwks.json` shows it (RFC 7517 §4). */
export interface PublicJwk {
  readonly kty: string;
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly use: 'sig';
  readonly [member: string]: string;
}

/** A key pair that signs access tokens. */
export interface SigningKey {
  readonly kid: string;
  readonly purpose: SigningKeyPurpose;
  readonly generation: number;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: PublicJwk;
  /** From when on it signs, in milliseconds since the Unix epoch. */
  readonly activeFrom: number;
  /**
   * The header of every access token that it signs, base64url. A token with any other header was not signed by this key,
   * so that nothing in a token's header is ever obeyed (RFC 8725 §3.1).
   */
  readonly encodedHeader: string;
}

const generate = promisify(generateKeyPair);

/** Makes a private key, PKCS #8 in PEM. */
export async function generatePrivateKey(algorithm: SigningAlgorithm): Promise<string> {
  const { privateKey } =
    algorithm === 'ES256'
      ? await generate('ec', { namedCurve: 'P-256' })
      : await generate('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Reads a stored key that signs access tokens. @throws if the record is not one of ours. */
export function toSigningKey(record: KeyRecord): SigningKey {
  const { algorithm, purpose } = record;
  if (purpose === 'refresh-token' || (algorithm !== 'ES256' && algorithm !== 'RS256')) {
    throw new TypeError(`The key ${record.id} (${purpose}, ${algorithm}) is no signing key`);
  }
  const privateKey = createPrivateKey(record.material);
  const publicKey = createPublicKey(privateKey);
  return {
    kid: record.id,
    purpose,
    generation: record.generation,
    algorithm,
    privateKey,
    publicKey,
    jwk: { ...publicMembers(publicKey.export({ format: 'jwk' })), kid: record.id, alg: algorithm, use: 'sig' },
    activeFrom: record.activeFrom,
    encodedHeader: Buffer.from(JSON.stringify({ alg: algorithm, typ: 'JWT', version: '5', kid: record.id })).toString(
      'base64url',
    ),
  };
}

function publicMembers(jwk: JsonWebKey): { kty: string; [member: string]: string } {
  const { kty = '', n, e, crv, x, y } = jwk;
  const members = Object.entries({ n, e, crv, x, y }).filter(
    (member): member is [string, string] => member[1] !== undefined,
  );
  return { kty, ...Object.fromEntries(members) };
}
