/** What this app is built with. `.env.local` and the environment set it; nothing of it is needed. */
export interface Environment {
  /** `VITE_API_DOMAIN`: where the API is reached. Default: the demo's `http://localhost:3000`. */
  readonly apiDomain: string;
  /** `VITE_EMAIL_VERIFICATION`: what the API's `EMAIL_VERIFICATION` is. Default: `REQUIRED`. */
  readonly emailVerification: 'off' | 'OPTIONAL' | 'REQUIRED';
  /** `VITE_TOKEN_TRANSFER_METHOD`: how the session travels. Default: `cookie`. */
  readonly tokenTransferMethod: 'cookie' | 'header';
}

export const environment: Environment = {
  apiDomain: read(import.meta.env['VITE_API_DOMAIN']) ?? 'http://localhost:3000',
  emailVerification:
    oneOf(['off', 'OPTIONAL', 'REQUIRED'], read(import.meta.env['VITE_EMAIL_VERIFICATION'])) ?? 'REQUIRED',
  tokenTransferMethod: oneOf(['cookie', 'header'], read(import.meta.env['VITE_TOKEN_TRANSFER_METHOD'])) ?? 'cookie',
};

function read(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** @throws Error if it is none of them. */
function oneOf<T extends string>(allowed: readonly T[], value: string | undefined): T | undefined {
  const found = allowed.find((one) => one === value);
  if (value !== undefined && found === undefined) {
    throw new Error(`${value} is none of ${allowed.join(', ')}`);
  }
  return found;
}
