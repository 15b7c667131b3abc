import { isJsonObject, type JsonObject, type JsonValue } from '../config/json.js';
import { BadInputException } from './auth.exception.js';
import { getHeader, type HttpRequest } from './http-request.js';

const JSON_MEDIA_TYPE = /^application\/(?:[\w.+-]+\+)?json[\t ]*(?:;|$)/i;

/**
 * Reads the body of a request that must be a JSON object.
 *
 * The content type matters: browsers send a form across sites without asking the API first, so that somebody else's page
 * could sign a person into an account that is not theirs. JSON they send only after a CORS preflight.
 * @throws BadInputException if the content type or the body is something else, or if an object in it has the key
 * `__proto__`, which an app could merge into other objects.
 */
export function readJsonObject(request: HttpRequest, body: unknown): JsonObject {
  if (!JSON_MEDIA_TYPE.test(getHeader(request, 'content-type')?.trim() ?? '')) {
    throw new BadInputException('The body must be JSON, with the content type application/json');
  }
  if (!isJsonObject(body)) {
    throw new BadInputException('The body must be a JSON object');
  }
  assertNoPrototypeKey(body);
  return body;
}

/** Walks with a list of its own: JSON can be nested more deeply than the call stack is. */
function assertNoPrototypeKey(body: JsonObject): void {
  const pending: JsonValue[] = [body];
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    if (typeof current !== 'object' || current === null) {
      continue;
    }
    if (Object.hasOwn(current, '__proto__')) {
      throw new BadInputException('The body must not have the key __proto__');
    }
    for (const value of Object.values(current)) {
      if (value !== undefined) {
        pending.push(value);
      }
    }
  }
}
