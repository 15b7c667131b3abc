import type { JsonValue } from '../config/json.js';
import type { FormFieldValidator } from '../http/form-fields.js';
import { normaliseEmail } from '../users/normalise-email.js';

/**
 * The longest password that is hashed, in UTF-16 code units. The time of the Unicode normalisation grows with the square
 * of the length, so there is a limit whatever the app's validator allows.
 */
export const MAX_PASSWORD_LENGTH = 1024;

const INVALID_EMAIL = 'Email is invalid';

/** RFC 5321 §4.5.3.1.1. */
const MAX_LOCAL_PART_LENGTH = 64;

/**
 * A dot-string of RFC 5321 §4.1.2 with the non-ASCII characters of RFC 6531 §3.3. There are no quoted strings, which mail
 * software is known to misread as another address.
 */
const LOCAL_PART =
  /^[a-z0-9!#$%&'*+/=?^_`{|}~\-\u{A1}-\u{10FFFF}]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~\-\u{A1}-\u{10FFFF}]+)*$/u;

/** Labels of RFC 1035 §2.3.1, at least two, of which the last one begins with a letter. */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** White space, and characters that cannot be seen and would let two emails look the same. */
const INVISIBLE = /[\p{Z}\p{Cf}]/u;

/** The validator of the email where the app gives none (contract §5). */
export function validateEmail(value: JsonValue): string | undefined {
  // The form that is stored, since the normalisation makes some characters into others.
  const email = typeof value === 'string' ? normaliseEmail(value) : undefined;
  return email !== undefined && looksLikeEmail(email) ? undefined : INVALID_EMAIL;
}

function looksLikeEmail(email: string): boolean {
  const at = email.lastIndexOf('@');
  const localPart = email.slice(0, Math.max(at, 0));
  return (
    localPart.length <= MAX_LOCAL_PART_LENGTH &&
    !INVISIBLE.test(email) &&
    LOCAL_PART.test(localPart) &&
    DOMAIN.test(email.slice(at + 1))
  );
}

/** The validator of the password at sign-up where the app gives none (contract §5). */
export function validatePassword(value: JsonValue): string | undefined {
  if (typeof value !== 'string' || value.length < 8) {
    return 'Password must contain at least 8 characters, including a number';
  }
  if (value.length >= 100) {
    return "Password's length must be lesser than 100 characters";
  }
  if (!/\p{L}/u.test(value)) {
    return 'Password must contain at least one alphabet';
  }
  if (!/\p{Nd}/u.test(value)) {
    return 'Password must contain at least one number';
  }
  return undefined;
}

/** Puts before an app's email validator what no validator can allow. */
export function withEmailBounds(validate: FormFieldValidator): FormFieldValidator {
  return (value) =>
    typeof value !== 'string' || normaliseEmail(value) === undefined ? INVALID_EMAIL : validate(value);
}

/** Puts before an app's password validator what no validator can allow. */
export function withPasswordBounds(validate: FormFieldValidator): FormFieldValidator {
  return (value) =>
    typeof value !== 'string' || value.length > MAX_PASSWORD_LENGTH
      ? `Password's length must be lesser than ${String(MAX_PASSWORD_LENGTH + 1)} characters`
      : validate(value);
}

/** The validator of a field that may have any value. */
export function acceptAnything(): undefined {
  return undefined;
}
