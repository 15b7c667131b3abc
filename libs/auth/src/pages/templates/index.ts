import type { PageTemplates } from '../page-templates.js';
import {
  accountTemplate,
  changeEmailTemplate,
  changePasswordTemplate,
  deleteAccountTemplate,
} from './account.templates.js';
import { emailVerifiedTemplate, verifyEmailSentTemplate, verifyEmailTemplate } from './email-verification.templates.js';
import { errorTemplate } from './error.template.js';
import { layoutTemplate } from './layout.template.js';
import {
  forgotPasswordSentTemplate,
  forgotPasswordTemplate,
  resetPasswordTemplate,
} from './password-reset.templates.js';
import { callbackTemplate, signedOutTemplate, signOutTemplate } from './session.templates.js';
import { signInTemplate } from './sign-in.template.js';
import { signUpTemplate } from './sign-up.template.js';

/** The templates that are built in. */
export const TEMPLATES: PageTemplates = {
  signIn: signInTemplate,
  signUp: signUpTemplate,
  forgotPassword: forgotPasswordTemplate,
  forgotPasswordSent: forgotPasswordSentTemplate,
  resetPassword: resetPasswordTemplate,
  verifyEmail: verifyEmailTemplate,
  verifyEmailSent: verifyEmailSentTemplate,
  emailVerified: emailVerifiedTemplate,
  signOut: signOutTemplate,
  signedOut: signedOutTemplate,
  account: accountTemplate,
  changePassword: changePasswordTemplate,
  changeEmail: changeEmailTemplate,
  deleteAccount: deleteAccountTemplate,
  callback: callbackTemplate,
  error: errorTemplate,
  layout: layoutTemplate,
};
