import { isJsonObject, type JsonObject } from '../config/json.js';
import { ThirdPartyProviderError } from './third-party-provider.error.js';

/** The longest answer that is read of a provider, in bytes. */
const MAX_ANSWER_BYTES = 1_048_576;

/** What looks like an error code, as opposed to a sentence, which may repeat what was sent. */
const ERROR_CODE = /^[\w.-]{1,64}$/;

/** A request to a provider. */
export interface ProviderRequest {
  readonly method?: 'GET' | 'POST' | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

/** What a provider answered. */
export interface ProviderAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

/** Requests to providers: each ends within a time limit, follows no redirect, and reads an answer of bounded length. */
export class ProviderHttp {
  /** @param timeoutMs how long a request and its answer may take together, in milliseconds. */
  constructor(private readonly timeoutMs: number) {}

  /**
   * Sends a request and reads the answer, whatever its status.
   * @throws ThirdPartyProviderError (`unavailable`) if there is no answer in time.
   */
  async send(url: string | URL, request: ProviderRequest = {}): Promise<ProviderAnswer> {
    const { origin, pathname } = new URL(url);
    try {
      const response = await fetch(url, {
        method: request.method ?? 'GET',
        headers: { accept: 'application/json', 'user-agent': 'nestward', ...request.headers },
        ...(request.body === undefined ? {} : { body: request.body }),
        // A provider's API does not redirect, and whoever could make it do so would get to see the client's secret.
        redirect: 'manual',
        signal: AbortSignal.timeout(this.timeoutMs),
      });
      return { status: response.status, body: await readBody(response), headers: response.headers };
    } catch (error) {
      // The query may have a token in it, and so it is left out.
      throw new ThirdPartyProviderError('unavailable', `${origin}${pathname} did not answer: ${describeCause(error)}`);
    }
  }

  /**
   * Sends a request whose answer must be a success.
   * @throws ThirdPartyProviderError if there is no answer in time, or another one.
   */
  async read(url: string | URL, request: ProviderRequest = {}): Promise<ProviderAnswer> {
    const answer = await this.send(url, request);
    if (!isSuccess(answer.status)) {
      throw toProviderError(url, answer);
    }
    return answer;
  }

  /**
   * Sends a request whose answer must be a success and JSON.
   * @throws ThirdPartyProviderError if there is no answer in time, or another one.
   */
  async readJson(url: string | URL, request: ProviderRequest = {}): Promise<unknown> {
    const { body } = await this.read(url, request);
    try {
      return JSON.parse(body) as unknown;
    } catch {
      throw new ThirdPartyProviderError('invalid-answer', `${describeUrl(url)} answered something else than JSON`);
    }
  }
}

/** Whether a status is one of success (RFC 9110 §15.3). */
export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

/** Says what an answer that is no success means. The text names the provider's error code, and nothing that was sent. */
export function toProviderError(
  url: string | URL,
  { status, body }: Omit<ProviderAnswer, 'headers'>,
): ThirdPartyProviderError {
  const code = findErrorCode(body);
  return new ThirdPartyProviderError(
    status >= 500 || status === 429 ? 'unavailable' : 'refused',
    `${describeUrl(url)} answered ${String(status)}${code === undefined ? '' : ` (${code})`}`,
  );
}

/**
 * The error code in a provider's answer, by RFC 6749 §5.2 and by the form of Google's and Facebook's APIs. Descriptions are
 * left out: some repeat what was sent.
 */
export function findErrorCode(body: string): string | undefined {
  const json = parseObject(body);
  const error = json === undefined ? new URLSearchParams(body).get('error') : json['error'];
  const parts = isJsonObject(error) ? [error['status'], error['type'], error['code']] : [error];
  const codes = parts.filter((part) => typeof part === 'string' || typeof part === 'number').map(String);
  return codes.length > 0 && codes.every((code) => ERROR_CODE.test(code)) ? codes.join(' ') : undefined;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return undefined;
  }
}

async function readBody(response: Response): Promise<string> {
  if (response.body === null) {
    return '';
  }
  const body: AsyncIterable<Uint8Array> = response.body;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > MAX_ANSWER_BYTES) {
      throw new Error(`the answer is longer than ${String(MAX_ANSWER_BYTES)} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A URL without its query, which may have a token in it. */
export function describeUrl(url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

function describeCause(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}
