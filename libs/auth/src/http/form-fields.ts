import { isJsonObject, type JsonObject, type JsonValue } from '../config/json.js';
import { BadInputException } from './auth.exception.js';

/** The id of the form field with the email. Its value is a string. */
export const EMAIL_FIELD_ID = 'email';

/** The id of the form field with the password. Its value is a string. */
export const PASSWORD_FIELD_ID = 'password';

/** A field of a form that a client sends. */
export interface FormField {
  readonly id: string;
  /** A string for `email` and `password`; any JSON for the app's own fields. */
  readonly value: JsonValue;
}

/** Why a field is refused, in words that the person sees beside it. */
export interface FormFieldError {
  readonly id: string;
  readonly error: string;
}

/** The answer to a form with fields that are refused (contract §5). */
export interface FieldErrorResult {
  readonly status: 'FIELD_ERROR';
  readonly formFields: readonly FormFieldError[];
}

/**
 * Decides on the value of a form field: `undefined` if it is good, else the message that the person sees. The values of
 * `email` and `password` are always strings; the app's own fields may have any JSON that is neither `null` nor empty.
 */
export type FormFieldValidator = (value: JsonValue) => string | undefined | Promise<string | undefined>;

/** What a form expects of a field. */
export interface FormFieldRule {
  readonly id: string;
  readonly optional: boolean;
  readonly validate: FormFieldValidator;
}

/** A form whose fields are all good: those that the rules name, in the order of the rules. */
export interface ValidForm {
  readonly status: 'OK';
  readonly formFields: readonly FormField[];
}

/**
 * Reads the `formFields` of a request body and checks them against the rules of a form (contract §5). The email is
 * trimmed, all fields that fail are reported together, and fields that no rule names are left out.
 * @throws BadInputException if the fields cannot be understood, are more than the rules, or name an id twice.
 */
export async function validateFormFields(
  body: JsonObject,
  rules: readonly FormFieldRule[],
): Promise<ValidForm | FieldErrorResult> {
  const values = readFormFields(body, rules.length);
  const formFields: FormField[] = [];
  const errors: FormFieldError[] = [];
  for (const { id, optional, validate } of rules) {
    const value = values.get(id);
    if (value === undefined || value === null || value === '') {
      if (!optional) {
        errors.push({ id, error: 'Field is not optional' });
      }
      continue;
    }
    const error = await validateField(id, value, validate);
    if (error === undefined) {
      formFields.push({ id, value });
    } else {
      errors.push({ id, error });
    }
  }
  return errors.length === 0 ? { status: 'OK', formFields } : { status: 'FIELD_ERROR', formFields: errors };
}

/**
 * The value of a form field that is a string by its rules.
 * @throws TypeError if the form has no such string: a mistake of the caller, not of the client.
 */
export function getStringValue(formFields: readonly FormField[], id: string): string {
  const value = formFields.find((field) => field.id === id)?.value;
  if (typeof value !== 'string') {
    throw new TypeError(`The form field '${id}' is no string`);
  }
  return value;
}

function readFormFields(body: JsonObject, maxCount: number): Map<string, JsonValue> {
  const fields = Object.hasOwn(body, 'formFields') ? body['formFields'] : undefined;
  if (fields === undefined) {
    throw new BadInputException("The body lacks 'formFields'");
  }
  if (!Array.isArray(fields)) {
    throw new BadInputException("'formFields' must be an array");
  }
  // Before anything is done for each of them.
  if (fields.length > maxCount) {
    throw new BadInputException(`'formFields' has more fields than the form, which has ${String(maxCount)}`);
  }
  const values = new Map<string, JsonValue>();
  for (const field of fields) {
    const { id, value } = readFormField(field);
    if (values.has(id)) {
      throw new BadInputException("'formFields' has two fields of the same 'id'");
    }
    values.set(id, value);
  }
  return values;
}

function readFormField(field: unknown): FormField {
  if (!isJsonObject(field)) {
    throw new BadInputException("Every element of 'formFields' must be an object");
  }
  const { id, value } = field;
  if (typeof id !== 'string' || value === undefined) {
    throw new BadInputException("Every element of 'formFields' must have an 'id', which is a string, and a 'value'");
  }
  if (id !== EMAIL_FIELD_ID && id !== PASSWORD_FIELD_ID) {
    return { id, value };
  }
  if (typeof value !== 'string') {
    throw new BadInputException(`The value of the form field '${id}' must be a string`);
  }
  return { id, value: id === EMAIL_FIELD_ID ? value.trim() : value };
}

/** Takes nothing but `undefined` for a yes: a validator that answers `false` or `null` by mistake must not let a value in. */
async function validateField(id: string, value: JsonValue, validate: FormFieldValidator): Promise<string | undefined> {
  const answer: unknown = await validate(value);
  if (answer === undefined || (typeof answer === 'string' && answer !== '')) {
    return answer;
  }
  throw new TypeError(
    `The validator of the form field '${id}' answered neither undefined, for a value that is good, nor a message`,
  );
}
