import type { EmailPasswordConfig } from '../email-password/email-password.options.js';
import { validatePassword } from '../email-password/validators.js';
import type { Language } from './auth-pages.options.js';
import { ENGLISH } from './texts/english.js';

/**
 * Says what passwords must be like. The words that are built in say what the built-in rule is: an app with a rule of its own
 * says so in its own words, or nothing.
 */
export function getPasswordHint(config: EmailPasswordConfig, { texts }: Language): string | undefined {
  const { passwordHint } = texts.common;
  return config.validatePassword === validatePassword || passwordHint !== ENGLISH.common.passwordHint
    ? passwordHint
    : undefined;
}
