import { findErrorCode, isSuccess, toProviderError, type ProviderHttp } from './provider-http.js';
import type {
  OAuth2Strategy,
  ProviderClient,
  ProviderGrant,
  StrategyStateStore,
  StrategyVerify,
  ThirdPartyProvider,
} from './provider.js';
import { ThirdPartyProviderError } from './third-party-provider.error.js';

/** Where to send a person, and what must be kept until the person comes back. */
export interface AuthorisationRequest {
  readonly url: string;
  /** `undefined` where PKCE is not used. */
  readonly pkceCodeVerifier: string | undefined;
}

/** What the authorisation request asks. */
export interface AuthorisationInput {
  readonly redirectUri: string;
  /** Whether the code is bound to a verifier, where the provider takes it. */
  readonly withPkce: boolean;
  /** `undefined` where the frontend adds its own. */
  readonly state: string | undefined;
}

/** What a person came back with. */
export interface CodeInput {
  /** The same as in the authorisation request (RFC 6749 §4.1.3). */
  readonly redirectUri: string;
  readonly code: string;
  readonly pkceCodeVerifier: string | undefined;
}

/** A provider, and the client of it that is used. */
export interface DrivenProvider {
  readonly provider: ThirdPartyProvider;
  readonly client: ProviderClient;
  readonly http: ProviderHttp;
  readonly apiUrl: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

type Outcome =
  { readonly action: 'redirect'; readonly url: string } | { readonly action: 'success'; readonly grant: ProviderGrant };

type Callback = (error: unknown, body?: string, response?: object) => void;

/** The parts of a strategy that Passport's middleware adds, and that `passport-oauth2` has for its subclasses. */
interface StrategyInternals {
  authenticate(request: object, options: object): unknown;
  userProfile?(accessToken: string, done: (error?: unknown, profile?: unknown) => void): void;
  redirect(url: string): void;
  success(grant: ProviderGrant): void;
  fail(challenge?: unknown): void;
  error(error: unknown): void;
  pass(): void;
  _oauth2: {
    readonly _customHeaders?: Readonly<Record<string, string>>;
    readonly _accessTokenName?: string;
    _request(
      method: string,
      url: string,
      headers: Readonly<Record<string, string>> | null,
      body: string | null,
      accessToken: string | null,
      callback: Callback,
    ): void;
  };
}

/** @returns the URL of the provider's page, as the strategy makes it. */
export async function createAuthorisationRequest(
  driven: DrivenProvider,
  { redirectUri, withPkce, state }: AuthorisationInput,
): Promise<AuthorisationRequest> {
  let pkceCodeVerifier: string | undefined;
  const store = createStore({
    onVerifier: (verifier) => {
      pkceCodeVerifier = verifier;
    },
    state,
    pkceCodeVerifier: undefined,
  });
  const outcome = await drive(driven, { redirectUri, pkce: withPkce && driven.provider.usesPkce, store }, {});
  if (outcome.action !== 'redirect') {
    throw new TypeError(`The strategy of ${driven.provider.id} does not redirect`);
  }
  return { url: outcome.url, pkceCodeVerifier };
}

/**
 * Exchanges a code for tokens and the profile, as the strategy does it.
 * @throws ThirdPartyProviderError if the provider does not take the code, or fails.
 */
export async function exchangeCode(
  driven: DrivenProvider,
  { redirectUri, code, pkceCodeVerifier }: CodeInput,
): Promise<ProviderGrant> {
  const store = createStore({ onVerifier: () => undefined, state: undefined, pkceCodeVerifier });
  const outcome = await drive(driven, { redirectUri, pkce: pkceCodeVerifier !== undefined, store }, { code });
  if (outcome.action !== 'success') {
    throw new TypeError(`The strategy of ${driven.provider.id} redirects where it was given a code`);
  }
  return outcome.grant;
}

/**
 * Reads the profile that belongs to an access token, as the strategy does it.
 * @throws ThirdPartyProviderError if the provider does not take the token, or fails.
 */
export async function loadProfile(driven: DrivenProvider, accessToken: string): Promise<unknown> {
  const store = createStore({ onVerifier: () => undefined, state: undefined, pkceCodeVerifier: undefined });
  const strategy = await createStrategy(driven, { redirectUri: '', pkce: false, store });
  return new Promise((resolve, reject) => {
    const failure = new FailureNote();
    boundRequests(strategy, driven, failure, reject);
    if (strategy.userProfile === undefined) {
      throw new TypeError(`The strategy of ${driven.provider.id} reads no profile`);
    }
    strategy.userProfile(accessToken, (error, profile) => {
      if (error === undefined || error === null) {
        resolve(profile);
      } else {
        reject(failure.toError(driven.provider, error));
      }
    });
  });
}

/** Lets a strategy do one step, and waits for what it decides. */
async function drive(
  driven: DrivenProvider,
  setup: { readonly redirectUri: string; readonly pkce: boolean; readonly store: StrategyStateStore },
  query: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const strategy = await createStrategy(driven, setup);
  const { provider, client } = driven;
  return new Promise<Outcome>((resolve, reject) => {
    const failure = new FailureNote();
    boundRequests(strategy, driven, failure, reject);
    strategy.redirect = (url) => {
      resolve({ action: 'redirect', url });
    };
    strategy.success = (grant) => {
      resolve({ action: 'success', grant });
    };
    const refuse = () => {
      reject(failure.toError(provider, new Error('The strategy refused the answer')));
    };
    strategy.fail = refuse;
    strategy.pass = refuse;
    strategy.error = (error) => {
      reject(failure.toError(provider, error));
    };
    strategy.authenticate({ query, body: {}, headers: {} }, { scope: [...client.scope] });
  });
}

async function createStrategy(
  { provider, client, http, apiUrl, now }: DrivenProvider,
  {
    redirectUri,
    pkce,
    store,
  }: { readonly redirectUri: string; readonly pkce: boolean; readonly store: StrategyStateStore },
): Promise<StrategyInternals> {
  const strategy: OAuth2Strategy = await provider.createStrategy(
    { clientID: client.clientId, clientSecret: client.clientSecret ?? '', callbackURL: redirectUri, store, pkce },
    verify,
    { http, client, apiUrl, now },
  );
  if (!isDrivable(strategy)) {
    throw new TypeError(`The strategy of ${provider.id} is not built on passport-oauth2`);
  }
  return strategy;
}

function isDrivable(strategy: object): strategy is StrategyInternals {
  return (
    'authenticate' in strategy &&
    '_oauth2' in strategy &&
    typeof strategy._oauth2 === 'object' &&
    strategy._oauth2 !== null &&
    '_request' in strategy._oauth2
  );
}

/** Takes everything for good: whose account it is gets decided after the strategy. */
const verify: StrategyVerify = (accessToken, _refreshToken, results, profile, done) => {
  const idToken =
    typeof results === 'object' && results !== null && 'id_token' in results && typeof results.id_token === 'string'
      ? results.id_token
      : undefined;
  done(null, { accessToken, idToken, profile } satisfies ProviderGrant);
};

/** The state of one step, in the form that `passport-oauth2` counts parameters of: five to store, four to verify. */
function createStore(step: {
  readonly onVerifier: (verifier: string | undefined) => void;
  readonly state: string | undefined;
  readonly pkceCodeVerifier: string | undefined;
}): StrategyStateStore {
  return {
    store: (
      _request: unknown,
      verifier: string | undefined,
      _state: unknown,
      _meta: unknown,
      done: (error: null, state: string | undefined) => void,
    ) => {
      step.onVerifier(verifier);
      done(null, step.state);
    },
    verify: (_request: unknown, _state: unknown, _meta: unknown, done: (error: null, ok: true | string) => void) => {
      done(null, step.pkceCodeVerifier ?? true);
    },
  };
}

/** What went wrong on the wire, because strategies keep only some of it. */
class FailureNote {
  private noted: ThirdPartyProviderError | undefined;

  note(error: ThirdPartyProviderError): void {
    this.noted = error;
  }

  toError(provider: ThirdPartyProvider, error: unknown): ThirdPartyProviderError {
    if (error instanceof ThirdPartyProviderError) {
      return error;
    }
    return (
      this.noted ??
      // The strategy's own message may repeat what the provider wrote, and so its kind is all that is kept.
      new ThirdPartyProviderError(
        'invalid-answer',
        `The answer of ${provider.id} is not what its strategy expects (${error instanceof Error ? error.name : typeof error})`,
      )
    );
  }
}

/**
 * Puts {@link ProviderHttp} in the place of the strategy's own requests, which have no time limit, and whose callbacks would
 * end the process where they throw.
 */
function boundRequests(
  strategy: StrategyInternals,
  { provider, http }: DrivenProvider,
  failure: FailureNote,
  reject: (error: ThirdPartyProviderError) => void,
): void {
  const oauth2 = strategy._oauth2;
  oauth2._request = (method, url, headers, body, accessToken, callback) => {
    const allHeaders = { ...oauth2._customHeaders, ...headers };
    const target = new URL(url);
    const hasAuthorization = Object.keys(allHeaders).some((name) => name.toLowerCase() === 'authorization');
    if (accessToken !== null && accessToken !== '' && !hasAuthorization) {
      target.searchParams.set(oauth2._accessTokenName ?? 'access_token', accessToken);
    }
    const send = async (): Promise<void> => {
      const answer = await http
        .send(target, {
          method: method === 'POST' ? 'POST' : 'GET',
          headers: allHeaders,
          body: body === null || body === '' ? undefined : withoutUnusedSecret(body, hasAuthorization),
        })
        .catch((error: unknown) => {
          if (error instanceof ThirdPartyProviderError) {
            failure.note(error);
          }
          return undefined;
        });
      if (answer === undefined) {
        callback(new Error('The provider did not answer'));
      } else if (isSuccess(answer.status)) {
        noteHiddenError(target, answer.body, failure);
        callback(null, answer.body, { statusCode: answer.status, headers: Object.fromEntries(answer.headers) });
      } else {
        failure.note(toProviderError(target, answer));
        callback({ statusCode: answer.status, data: answer.body });
      }
    };
    send().catch((error: unknown) => {
      reject(failure.toError(provider, error));
    });
  };
}

/** GitHub says no with a status of 200. */
function noteHiddenError(url: URL, body: string, failure: FailureNote): void {
  const code = findErrorCode(body);
  if (code !== undefined) {
    failure.note(toProviderError(url, { status: 400, body }));
  }
}

/** A client has one way to authenticate in a request (RFC 6749 §2.3), and a public client has none. */
function withoutUnusedSecret(body: string, hasAuthorization: boolean): string {
  const parameters = new URLSearchParams(body);
  if (hasAuthorization || parameters.get('client_secret') === '') {
    parameters.delete('client_secret');
  }
  return parameters.toString();
}
