import { ConfigurationError } from '../../config/configuration.error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../config/json.js';
import { PROTECTED_CLAIM_NAMES } from '../access-token-payload.js';

/** Whose claim is fetched. */
export interface ClaimFetchInput {
  readonly userId: string;
  readonly recipeUserId: string;
  readonly tenantId: string;
  /** The payload as it is so far. */
  readonly accessTokenPayload: JsonObject;
}

/** What a claim is made of. */
export interface SessionClaimOptions<Value extends JsonValue> {
  /** The claim's name in the access token payload. */
  readonly key: string;
  /** Finds the value; undefined where there is none. */
  readonly fetchValue: (input: ClaimFetchInput) => Value | undefined | Promise<Value | undefined>;
}

/**
 * A fact about a session's user that is kept in the access token, as `{"<key>": {"v": value, "t": ms}}` (contract §4), and
 * that validators fetch again when it is missing or too old.
 */
export abstract class SessionClaim<Value extends JsonValue = JsonValue> {
  readonly key: string;
  readonly #fetchValue: SessionClaimOptions<Value>['fetchValue'];

  /** @throws ConfigurationError if the key is empty or protected. */
  constructor({ key, fetchValue }: SessionClaimOptions<Value>) {
    if (typeof key !== 'string' || key === '' || key === '__proto__' || PROTECTED_CLAIM_NAMES.has(key)) {
      throw new ConfigurationError(
        `The key of a claim is ${JSON.stringify(key) ?? 'missing'}, which is ${typeof key === 'string' && key !== '' ? 'protected' : 'no name'}: write a name of your own, such as 'acme-role'.`,
      );
    }
    this.key = key;
    this.#fetchValue = fetchValue;
  }

  /** Whether an unknown value, as it comes from a token, is a value of this claim. */
  protected abstract isValue(value: unknown): value is Value;

  /** Finds the value for a user. @throws what the claim's own function throws. */
  async fetchValue(input: ClaimFetchInput): Promise<Value | undefined> {
    return this.#fetchValue(input);
  }

  /** @returns a payload with the claim in it. @param now milliseconds since the Unix epoch. */
  addToPayload(payload: JsonObject, value: Value, now: number): JsonObject {
    return { ...payload, [this.key]: { v: value, t: now } };
  }

  /** @returns a payload without the claim. */
  removeFromPayload(payload: JsonObject): JsonObject {
    return Object.fromEntries(Object.entries(payload).filter(([name]) => name !== this.key));
  }

  /** @returns what removes the claim when it is merged into a payload. */
  removeFromPayloadByMerge(payload: JsonObject): JsonObject {
    return { ...payload, [this.key]: null };
  }

  /** The value in a payload; undefined if there is none, or something else is in its place. */
  getValueFromPayload(payload: JsonObject): Value | undefined {
    const value = this.getEntry(payload)?.['v'];
    return this.isValue(value) ? value : undefined;
  }

  /** When the value in a payload was fetched, in milliseconds since the Unix epoch. */
  getLastRefetchTime(payload: JsonObject): number | undefined {
    const time = this.getEntry(payload)?.['t'];
    return typeof time === 'number' ? time : undefined;
  }

  /** Fetches the value. @returns what to merge into the payload: nothing where there is no value. */
  async build(input: ClaimFetchInput, now: number): Promise<JsonObject> {
    const value = await this.fetchValue(input);
    return value === undefined ? {} : this.addToPayload({}, value, now);
  }

  private getEntry(payload: JsonObject): JsonObject | undefined {
    const entry = Object.hasOwn(payload, this.key) ? payload[this.key] : undefined;
    return isJsonObject(entry) ? entry : undefined;
  }
}
