import { ConfigurationError } from '../../config/configuration.error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../config/json.js';
import type { User } from '../../users/user.js';
import { PROTECTED_CLAIM_NAMES } from '../access-token-payload.js';

/** Whose claim is fetched. */
export interface ClaimFetchInput {
  readonly userId: string;
  /** The id of the login method that the session was created with. */
  readonly recipeUserId: string;
  readonly tenantId: string;
  /** The payload as it is so far. */
  readonly accessTokenPayload: JsonObject;
  /** Reads the user from the database; `undefined` if the session's user is none that the library knows. */
  readonly getUser: () => Promise<User | undefined>;
}

/** What a claim is made of. */
export interface SessionClaimOptions<Value extends JsonValue> {
  /** The claim's name in the access token payload. */
  readonly key: string;
  /**
   * Finds the value; `undefined` where there is none, which leaves the payload as it is. What it throws reaches whoever
   * wanted the value: a sign-in, or a request to a guarded route.
   */
  readonly fetchValue: (input: ClaimFetchInput) => Value | undefined | Promise<Value | undefined>;
}

/** Their values are strings, numbers or lists of strings (RFC 7519 §4.1), and a claim's value is an object. */
const REGISTERED_JWT_NAMES: ReadonlySet<string> = new Set(['aud', 'nbf', 'jti']);

/**
 * A fact about a session's user that is kept in the access token, as `{"<key>": {"v": value, "t": ms}}` (contract §4), and
 * that validators fetch again when it is missing or too old. `PrimitiveClaim`, `BooleanClaim` and `PrimitiveArrayClaim`
 * cover most facts; extend this class for a value of another shape.
 */
export abstract class SessionClaim<Value extends JsonValue = JsonValue> {
  readonly key: string;
  readonly #fetchValue: SessionClaimOptions<Value>['fetchValue'];

  /** @throws ConfigurationError if the key is empty or reserved, or there is no function that finds the value. */
  constructor({ key, fetchValue }: SessionClaimOptions<Value>) {
    assertKey(key);
    if (typeof fetchValue !== 'function') {
      throw new ConfigurationError(
        `fetchValue of the session claim '${key}' is ${String(fetchValue)}: write a function that finds the value for a user.`,
      );
    }
    this.key = key;
    this.#fetchValue = fetchValue;
  }

  /** Whether an unknown value, as it comes from a token or from the app, is a value of this claim. */
  protected abstract isValue(value: unknown): value is Value;

  /** Finds the value for a user. @throws what the claim's own function throws. */
  async fetchValue(input: ClaimFetchInput): Promise<Value | undefined> {
    return this.#fetchValue(input);
  }

  /**
   * Puts a value into a payload.
   *
   * @param now when the value was fetched, in milliseconds since the Unix epoch.
   * @returns a new payload.
   * @throws TypeError if the value is not one that this claim can hold, so that a wrong type shows itself here and not as
   * a claim that never passes.
   */
  addToPayload(payload: JsonObject, value: Value, now: number): JsonObject {
    if (!this.isValue(value)) {
      throw new TypeError(
        `The session claim '${this.key}' cannot hold the value that it was given, which is ${describeKind(value)}.`,
      );
    }
    return { ...payload, [this.key]: { v: copy(value), t: now } };
  }

  /** @returns a new payload, without the claim. */
  removeFromPayload(payload: JsonObject): JsonObject {
    return Object.fromEntries(Object.entries(payload).filter(([name]) => name !== this.key));
  }

  /** @returns a new payload that removes the claim where it is merged into another: `null` stands for it. */
  removeFromPayloadByMerge(payload: JsonObject): JsonObject {
    return { ...payload, [this.key]: null };
  }

  /** @returns a copy of the value in a payload; `undefined` if there is none, or something else is in its place. */
  getValueFromPayload(payload: JsonObject): Value | undefined {
    const value = readEntry(payload, this.key)?.['v'];
    return this.isValue(value) ? copy(value) : undefined;
  }

  /**
   * @returns when the value in a payload was fetched, in milliseconds since the Unix epoch; `undefined` if there is none,
   * or something else is in its place.
   */
  getLastRefetchTime(payload: JsonObject): number | undefined {
    const time = readEntry(payload, this.key)?.['t'];
    return typeof time === 'number' && Number.isFinite(time) ? time : undefined;
  }

  /**
   * Fetches the value.
   *
   * @param now milliseconds since the Unix epoch.
   * @returns what to merge into the payload: nothing where there is no value.
   * @throws TypeError if the value is not one that this claim can hold; and what the claim's own function throws.
   */
  async build(input: ClaimFetchInput, now: number): Promise<JsonObject> {
    const value = await this.fetchValue(input);
    // A database says null where it has no value, whatever the entity's type promises.
    if (value === undefined || (value === null && !this.isValue(value))) {
      return {};
    }
    return this.addToPayload({}, value, now);
  }
}

function assertKey(key: unknown): void {
  if (typeof key !== 'string' || key === '') {
    throw new ConfigurationError(
      `The key of a session claim is ${key === '' ? 'empty' : String(key)}: write a name, such as 'acme-role'.`,
    );
  }
  if (key === '__proto__' || PROTECTED_CLAIM_NAMES.has(key) || REGISTERED_JWT_NAMES.has(key)) {
    throw new ConfigurationError(
      `The key of a session claim is '${key}', which has a meaning of its own in an access token: write another name, such as 'acme-role'.`,
    );
  }
}

/** Only own properties count: a key such as `constructor` is the app's to choose, and every object inherits that one. */
function readEntry(payload: JsonObject, key: string): JsonObject | undefined {
  const entry = Object.hasOwn(payload, key) ? payload[key] : undefined;
  return isJsonObject(entry) ? entry : undefined;
}

/** A payload belongs to a token that is kept for other requests, and a fetched list may be the app's own. */
function copy<Value extends JsonValue>(value: Value): Value {
  return typeof value === 'object' && value !== null ? structuredClone(value) : value;
}

/** Says what kind of value this is, but not the value, since the message goes to the log. */
function describeKind(value: unknown): string {
  if (Array.isArray(value)) {
    return 'an array';
  }
  if (typeof value === 'number') {
    return Number.isFinite(value) ? 'a number' : String(value);
  }
  return value === null || value === undefined ? String(value) : `of type ${typeof value}`;
}
