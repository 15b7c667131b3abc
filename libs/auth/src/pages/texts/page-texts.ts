/** The language tag of a dictionary, such as `en` or `pt-BR` (BCP 47). */
export type LanguageTag = string;

/**
 * All texts of the pages in one language. Names in braces, such as `{appName}`, are replaced where the English
 * text has them.
 */
export interface PageTexts {
  /** What is the same on every page. */
  readonly common: {
    /** Which way the language is written: `ltr` or `rtl`. */
    readonly direction: string;
    readonly pageTitle: string;
    readonly errorTitle: string;
    readonly errorSummary: string;
    readonly email: string;
    readonly password: string;
    readonly newPassword: string;
    readonly passwordHint: string;
    readonly showPassword: string;
    readonly hidePassword: string;
    readonly optional: string;
    readonly continue: string;
    readonly backToSignIn: string;
    readonly working: string;
    readonly emailMissing: string;
    readonly emailInvalid: string;
    readonly passwordMissing: string;
    readonly fieldMissing: string;
    readonly formExpired: string;
    readonly tooManyAttempts: string;
  };
  readonly signIn: {
    readonly heading: string;
    readonly lead: string;
    readonly submit: string;
    readonly forgotPassword: string;
    readonly question: string;
    readonly link: string;
    readonly wrongCredentials: string;
    readonly passwordChanged: string;
  };
  readonly signUp: {
    readonly heading: string;
    readonly lead: string;
    readonly submit: string;
    readonly question: string;
    readonly link: string;
    readonly choosePassword: string;
  };
  readonly social: {
    readonly label: string;
    readonly or: string;
    readonly continueWith: string;
  };
  readonly forgotPassword: {
    readonly heading: string;
    readonly lead: string;
    readonly submit: string;
    readonly invalidToken: string;
  };
  readonly forgotPasswordSent: {
    readonly heading: string;
    readonly lead: string;
    readonly hint: string;
    readonly again: string;
  };
  readonly resetPassword: {
    readonly heading: string;
    readonly lead: string;
    readonly submit: string;
  };
  readonly verifyEmail: {
    readonly heading: string;
    readonly lead: string;
    readonly submit: string;
    readonly invalidToken: string;
  };
  readonly verifyEmailSent: {
    readonly heading: string;
    readonly lead: string;
    readonly sent: string;
    readonly hint: string;
    readonly submit: string;
    readonly submitAgain: string;
    readonly otherAccount: string;
  };
  readonly emailVerified: {
    readonly heading: string;
    readonly lead: string;
  };
  readonly signOut: {
    readonly heading: string;
    readonly lead: string;
    readonly submit: string;
  };
  readonly signedOut: {
    readonly heading: string;
    readonly lead: string;
    readonly link: string;
  };
  readonly account: {
    readonly heading: string;
    readonly loginMethods: string;
    readonly emailAndPassword: string;
    readonly verified: string;
    readonly notVerified: string;
    readonly changePassword: string;
    readonly changePasswordLead: string;
    readonly passwordChanged: string;
    readonly changeEmail: string;
    readonly changeEmailLead: string;
    readonly sendLink: string;
    readonly emailSent: string;
    readonly emailTaken: string;
    readonly sameEmail: string;
    readonly currentPassword: string;
    readonly wrongPassword: string;
    readonly noPassword: string;
    readonly sessions: string;
    readonly device: string;
    readonly unknownDevice: string;
    readonly thisDevice: string;
    readonly lastSeen: string;
    readonly signOut: string;
    readonly signedOutOne: string;
    readonly signOutOthers: string;
    readonly signedOutOthers: string;
    readonly expired: string;
    readonly deleteHeading: string;
    readonly deleteLead: string;
    readonly delete: string;
    readonly deleteWarning: string;
    readonly deleteForGood: string;
    readonly signInAgain: string;
    readonly back: string;
  };
  readonly callback: {
    readonly heading: string;
    readonly failedHeading: string;
    readonly needsScript: string;
  };
  readonly error: {
    readonly heading: string;
    readonly general: string;
    readonly notFoundHeading: string;
    readonly notFound: string;
    readonly unavailable: string;
  };
  /** Why a sign-in with a provider did not work. */
  readonly providerErrors: {
    readonly accessDenied: string;
    readonly invalidState: string;
    readonly noEmail: string;
    readonly providerError: string;
    readonly providerUnavailable: string;
    readonly notAllowed: string;
    readonly unreachable: string;
  };
}

/**
 * A dictionary of an app's own: what it leaves out stays English. `messages` translates what validators and hooks answer,
 * by their words, and `fields` names the app's own sign-up fields, by their ids.
 */
export type PageDictionary = {
  readonly [Group in keyof PageTexts]?: { readonly [Key in keyof PageTexts[Group]]?: string | undefined } | undefined;
} & {
  readonly messages?: Readonly<Record<string, string>> | undefined;
  readonly fields?: Readonly<Record<string, string>> | undefined;
};

/** Puts values into a text: `{name}` becomes the value of that name. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? '') : placeholder,
  );
}
