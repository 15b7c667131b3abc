/** A value that survives `JSON.stringify` and `JSON.parse` unchanged. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** A JSON object: what an access token payload and session data are made of. A key with `undefined` is left out. */
// A type and not an interface, which a type with fixed members would not be assignable to.
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions
export type JsonObject = { [key: string]: JsonValue | undefined };

/** Whether an unknown value is a plain object, as opposed to an array, `null` or a primitive. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
