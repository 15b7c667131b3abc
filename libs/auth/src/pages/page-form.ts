import { isJsonObject, type JsonObject } from '../config/json.js';
import { BadInputException } from '../http/auth.exception.js';
import { getHeader, type HttpRequest } from '../http/http-request.js';

const FORM_MEDIA_TYPE = /^application\/x-www-form-urlencoded[\t ]*(?:;|$)/i;

/** The fields of a form that a browser has posted. A field that came twice, or is no text, is not there. */
export type PostedForm = ReadonlyMap<string, string>;

/**
 * Reads a form that a browser has posted, as the framework has parsed it.
 * @throws BadInputException if the content type or the body is something else.
 */
export function readPostedForm(request: HttpRequest, body: unknown): PostedForm {
  if (!FORM_MEDIA_TYPE.test(getHeader(request, 'content-type')?.trim() ?? '') || !isJsonObject(body)) {
    throw new BadInputException('The body must be a form, with the content type application/x-www-form-urlencoded');
  }
  return new Map(
    Object.entries(body).filter((entry): entry is [string, string] => {
      const [, value] = entry;
      return typeof value === 'string';
    }),
  );
}

/** Brings fields of a form into the form of the API (contract §5). What a browser left empty has not been given. */
export function toFormFields(form: PostedForm, ids: readonly string[]): JsonObject {
  return {
    formFields: ids.flatMap((id) => {
      const value = form.get(id);
      return value === undefined || value === '' ? [] : [{ id, value }];
    }),
  };
}
