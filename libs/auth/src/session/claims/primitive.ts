/** What a claim of SuperTokens' kind holds, alone or in a list. */
export type Primitive = string | number | boolean;

/** Whether a value is a primitive that JSON can carry: it has no `NaN` and no infinity. */
export function isPrimitive(value: unknown): value is Primitive {
  return (
    typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  );
}
