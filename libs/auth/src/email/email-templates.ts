import { renderEmail } from './email-layout.js';

/** A message without its address. */
export interface EmailBody {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** What every template is told. */
export interface EmailTemplateInput {
  readonly appName: string;
  /** The address that the message goes to. */
  readonly email: string;
  /** What the person is to follow. */
  readonly link: string;
}

/** What the template of a message with a link that expires is told. */
export interface ExpiringLinkTemplateInput extends EmailTemplateInput {
  /** How long the link works, in seconds. */
  readonly expiresInSeconds: number;
}

/** What the template of the message about a changed address is told. */
export interface EmailChangedTemplateInput extends EmailTemplateInput {
  /** The address that is in the place of this one now. */
  readonly newEmail: string;
}

/** Writes a message. What it is told is plain text: escape it where it goes into HTML. */
export type EmailTemplate<Input> = (input: Input) => EmailBody | Promise<EmailBody>;

/** The messages that are sent. */
export interface EmailTemplates {
  /** Asks a person to prove an address. */
  readonly verifyEmail: EmailTemplate<ExpiringLinkTemplateInput>;
  /** Lets a person choose a new password. */
  readonly resetPassword: EmailTemplate<ExpiringLinkTemplateInput>;
  /** Asks a person to prove the address that is to take the place of the present one. It goes to the new one. */
  readonly changeEmail: EmailTemplate<ExpiringLinkTemplateInput>;
  /** Tells a person that the password was changed. The link leads to the page that resets it. */
  readonly passwordChanged: EmailTemplate<EmailTemplateInput>;
  /** Tells a person that the account has another address now. It goes to the old one. The link leads to the sign-in page. */
  readonly emailChanged: EmailTemplate<EmailChangedTemplateInput>;
  /** Tells a person that somebody tried to sign up with the address of their account. The link leads to the sign-in page. */
  readonly signUpAttempt: EmailTemplate<EmailTemplateInput>;
}

/** The templates of an app that replaces none. */
export const DEFAULT_EMAIL_TEMPLATES: EmailTemplates = {
  verifyEmail: ({ appName, email, link, expiresInSeconds }) =>
    renderEmail({
      appName,
      subject: `Verify your address for ${appName}`,
      heading: 'Verify your address',
      paragraphs: [`Please confirm that ${email} is your address, so that you can use ${appName}.`],
      action: { label: 'Verify address', link },
      after: [
        `The link works once, for ${describeDuration(expiresInSeconds)}.`,
        `If you have no account at ${appName}, somebody else gave your address: do not follow the link, and nothing happens.`,
      ],
    }),
  resetPassword: ({ appName, link, expiresInSeconds }) =>
    renderEmail({
      appName,
      subject: `Reset your password for ${appName}`,
      heading: 'Reset your password',
      paragraphs: [`Somebody, hopefully you, asked for a new password for your account at ${appName}.`],
      action: { label: 'Choose a new password', link },
      after: [
        `The link works once, for ${describeDuration(expiresInSeconds)}.`,
        'If it was not you, do nothing: your password stays as it is.',
      ],
    }),
  changeEmail: ({ appName, email, link, expiresInSeconds }) =>
    renderEmail({
      appName,
      subject: `Confirm your new address for ${appName}`,
      heading: 'Confirm your new address',
      paragraphs: [`Please confirm that your account at ${appName} is to have the address ${email}.`],
      action: { label: 'Confirm address', link },
      after: [
        `The link works once, for ${describeDuration(expiresInSeconds)}. Until then the account keeps its present address.`,
        `If you have no account at ${appName}, somebody else gave your address: do not follow the link, and nothing happens.`,
      ],
    }),
  passwordChanged: ({ appName, link }) =>
    renderEmail({
      appName,
      subject: `Your password for ${appName} was changed`,
      heading: 'Your password was changed',
      paragraphs: [
        `The password of your account at ${appName} has just been changed.`,
        'If it was you, there is nothing to do. If it was not you, choose a new password now:',
      ],
      action: { label: 'Reset password', link },
      after: [],
    }),
  emailChanged: ({ appName, email, newEmail, link }) =>
    renderEmail({
      appName,
      subject: `Your address for ${appName} was changed`,
      heading: 'Your address was changed',
      paragraphs: [
        `Your account at ${appName} had the address ${email}. It has the address ${newEmail} now.`,
        `If it was you, there is nothing to do. If it was not you, tell the people of ${appName}.`,
      ],
      action: { label: `Go to ${appName}`, link },
      after: [],
    }),
  signUpAttempt: ({ appName, email, link }) =>
    renderEmail({
      appName,
      subject: `You have an account at ${appName} already`,
      heading: 'You have an account already',
      paragraphs: [
        `Somebody tried to sign up at ${appName} with your address ${email}, which has an account already.`,
        'If it was you, sign in, or reset your password there if you have forgotten it:',
      ],
      action: { label: 'Sign in', link },
      after: ['If it was not you, do nothing: nothing has changed.'],
    }),
};

const UNITS = [
  { seconds: 86_400, singular: 'day', plural: 'days' },
  { seconds: 3600, singular: 'hour', plural: 'hours' },
  { seconds: 60, singular: 'minute', plural: 'minutes' },
] as const;

/** The largest unit that the time is a whole number of; minutes are rounded up. */
function describeDuration(seconds: number): string {
  const unit = UNITS.find((candidate) => seconds % candidate.seconds === 0) ?? UNITS[2];
  const count = Math.max(1, Math.ceil(seconds / unit.seconds));
  return `${String(count)} ${count === 1 ? unit.singular : unit.plural}`;
}
