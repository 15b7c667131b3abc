import type { JsonObject } from '../config/json.js';
import { BadInputException } from './auth.exception.js';

/**
 * Reads the token that a person got by mail out of a body `{"method":"token","token"}` (contract §5, §8).
 * @throws BadInputException if the method is another one, or there is no token.
 */
export function readToken(body: JsonObject): string {
  const { method, token } = body;
  if (method !== 'token') {
    throw new BadInputException("The body must have the 'method' 'token'");
  }
  if (typeof token !== 'string') {
    throw new BadInputException("The body must have a 'token', which is a string");
  }
  return token;
}
