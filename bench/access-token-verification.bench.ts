import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto';
import { AuthModule, SessionService } from 'nestward';
import { inMemoryStorage } from 'nestward/testing';
import { BENCH_APP_INFO } from './app-info.js';
import type { Benchmark } from './benchmark.js';
import { interleave, ratios } from './harness/interleave.js';
import { formatMicroseconds } from './harness/report.js';
import { median } from './harness/statistics.js';
import { timeEach, timeEachSync } from './harness/timing.js';

const COLD_TOKENS_PER_SLICE = 25;
const WARM_TOKENS = 1000;
const ROUNDS = { warmUp: 40, measured: 160 };

/** A token in the form that `crypto.verify` takes. */
interface SignedBytes {
  readonly content: Buffer;
  readonly signature: Buffer;
}

/**
 * Both sides verify the same tokens: the library from a string, the raw side from bytes that are ready to be verified. A
 * warm token is a string of its own every time, as it is when it comes out of a request.
 */
export const accessTokenVerification: Benchmark = {
  name: 'access-token-verification',
  title: 'SessionService.getSessionWithoutRequestResponse, one after the other',
  run: async () => {
    @Module({ imports: [AuthModule.forRoot(BENCH_APP_INFO, { storage: inMemoryStorage() })] })
    class BenchModule {}

    const app = await NestFactory.create(BenchModule, { logger: ['error', 'warn'] });
    await app.listen(0, '127.0.0.1');
    try {
      const sessions = app.get(SessionService);
      const publicKey = await fetchPublicKey(await app.getUrl());
      const createTokens = (count: number): Promise<string[]> =>
        Promise.all(
          Array.from({ length: count }, async (_, index) => {
            const session = await sessions.createNewSessionWithoutRequestResponse(`user-${String(index)}`);
            return session.getAccessToken();
          }),
        );
      const verifyToken = async (token: string): Promise<string> =>
        (await sessions.getSessionWithoutRequestResponse(token)).getUserId();

      const coldTokens = await createTokens(COLD_TOKENS_PER_SLICE * (ROUNDS.warmUp + ROUNDS.measured));
      const signedBytes = coldTokens.map(toSignedBytes);
      const warmTokens = await createTokens(WARM_TOKENS);
      await timeEach(warmTokens, verifyToken);

      const measured = await interleave(
        {
          cold: () => timeEach(coldTokens.splice(0, COLD_TOKENS_PER_SLICE), verifyToken),
          raw: () => timeEachSync(signedBytes.splice(0, COLD_TOKENS_PER_SLICE), (bytes) => verifyRaw(publicKey, bytes)),
          warm: () => timeEach(warmTokens.map(copy), verifyToken),
        },
        ROUNDS,
      );
      return [
        {
          title: 'a token that was never seen / raw crypto.verify of the same bytes (ES256)',
          values: ratios(measured.cold, measured.raw),
          unit: 'ratio',
          goal: { atMost: 1.3 },
          detail: `${formatMicroseconds(median(measured.cold))} against ${formatMicroseconds(median(measured.raw))}`,
        },
        {
          title: 'a token that was seen before',
          values: measured.warm,
          unit: 'µs',
          goal: { atMost: 3 },
          detail: `${String(WARM_TOKENS)} tokens of ${String(warmTokens[0]?.length)} characters take turns`,
        },
      ];
    } finally {
      await app.close();
    }
  },
};

async function fetchPublicKey(url: string): Promise<KeyObject> {
  const response = await fetch(`${url}/auth/jwt/jwks.json`);
  const { keys } = (await response.json()) as { keys: (JsonWebKey & { kid: string })[] };
  const jwk = keys.find(({ kid }) => kid.startsWith('d-'));
  if (jwk === undefined) {
    throw new Error('The app publishes no dynamic signing key');
  }
  return createPublicKey({ key: jwk, format: 'jwk' });
}

function toSignedBytes(token: string): SignedBytes {
  const end = token.lastIndexOf('.');
  return { content: Buffer.from(token.slice(0, end)), signature: Buffer.from(token.slice(end + 1), 'base64url') };
}

function verifyRaw(publicKey: KeyObject, { content, signature }: SignedBytes): void {
  if (!verify('sha256', content, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)) {
    throw new Error('A signature is wrong');
  }
}

/** An equal string that shares nothing with this one, not even its hash. */
function copy(text: string): string {
  return Buffer.from(text).toString('latin1');
}
