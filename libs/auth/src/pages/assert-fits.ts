import type { AuthConfig } from '../config/auth-config.js';
import { ConfigurationError } from '../config/configuration.error.js';
import { describeValue } from '../config/describe-value.js';
import type { AuthPagesConfig } from './auth-pages.options.js';
import { FORM_TOKEN_FIELD } from './form-token.service.js';

/** Names and ids that the pages use themselves. */
const RESERVED_IDS: ReadonlySet<string> = new Set([FORM_TOKEN_FIELD, 'redirectToPath', 'summary', 'heading']);

/**
 * Checks what takes the options of both modules to know.
 * @throws ConfigurationError with one sentence that says what to write instead.
 */
export function assertFits(pages: AuthPagesConfig, config: AuthConfig): void {
  assertSignedInPath(pages.signedInPath, config.appInfo.websiteBasePath);
  const ids = config.emailPassword.signUpFormFields.map(({ id }) => id);
  const unusable = ids.find((id) => RESERVED_IDS.has(id) || /[[\]\s]/.test(id));
  if (unusable !== undefined) {
    throw new ConfigurationError(
      `emailPassword.signUpFeature.formFields has the id ${describeValue(unusable)}, which a field of AuthPagesModule's sign-up form cannot have: write another one, without brackets and spaces, that is none of ${[...RESERVED_IDS].join(', ')}.`,
    );
  }
  const labelled = [...pages.languages.values()].flatMap(({ fields }) => [...fields.keys()]);
  const unknown = [...pages.signUpFields.keys(), ...labelled].find((id) => !ids.includes(id));
  if (unknown !== undefined) {
    throw new ConfigurationError(
      `AuthPagesModule has a label or a type for the sign-up field ${describeValue(unknown)}, which does not exist: write an id of emailPassword.signUpFeature.formFields, which are ${ids.join(', ')}.`,
    );
  }
}

/** The sign-in page sends on whoever is signed in: to itself, it would never end. */
function assertSignedInPath(signedInPath: string, websiteBasePath: string): void {
  const { pathname } = new URL(signedInPath, 'http://localhost');
  const signInPages = [websiteBasePath || '/', `${websiteBasePath}/sign-in`, `${websiteBasePath}/sign-up`];
  if (signInPages.includes(pathname === '/' ? pathname : pathname.replace(/\/$/, ''))) {
    throw new ConfigurationError(
      `AuthPagesModule's signedInPath is ${describeValue(signedInPath)}, which is the sign-in page: write another page of the website, such as '${websiteBasePath}/account'.`,
    );
  }
}
