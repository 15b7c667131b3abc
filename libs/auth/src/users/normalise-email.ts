/** The longest email that is kept, in UTF-16 code units (RFC 5321 §4.5.3.1.3). */
export const MAX_EMAIL_LENGTH = 254;

/** An email in the one form in which emails are stored and compared. */
export type NormalisedEmail = string & { readonly __brand: 'NormalisedEmail' };

/**
 * Brings an email into the one form in which it is stored and compared: trimmed, in lower case, in Unicode's NFC
 * (contract §5). It does not ask whether it looks like an email: an app may take user names instead.
 *
 * @returns `undefined` for what cannot be anybody's email, whatever the app's validator says: nothing, more than
 * {@link MAX_EMAIL_LENGTH} characters, control characters, or broken Unicode, which databases refuse.
 */
export function normaliseEmail(email: string): NormalisedEmail | undefined {
  const trimmed = email.trim();
  // Before the normalisation, whose time grows with the square of the length.
  if (trimmed.length > MAX_EMAIL_LENGTH) {
    return undefined;
  }
  // Lower case can take a text out of NFC, and NFC cannot bring back upper case.
  const normalised = trimmed.normalize('NFC').toLowerCase().normalize('NFC');
  return isNormalisedEmail(normalised) ? normalised : undefined;
}

function isNormalisedEmail(text: string): text is NormalisedEmail {
  return text !== '' && text.length <= MAX_EMAIL_LENGTH && !/[\p{Cc}\p{Cs}]/u.test(text);
}
