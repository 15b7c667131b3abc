import type { Html } from './html.js';
import type { LanguageTag, PageTexts } from './texts/page-texts.js';

/** Where the pages are: paths of the website. */
export interface PagePaths {
  readonly signIn: string;
  readonly signUp: string;
  readonly resetPassword: string;
  readonly verifyEmail: string;
  readonly signOut: string;
  readonly signedOut: string;
  readonly account: string;
  readonly changePassword: string;
  readonly changeEmail: string;
  readonly deleteAccount: string;
}

/** What every template is given besides its view. */
export interface PageContext {
  readonly appName: string;
  /** The picture that the options name. */
  readonly logoUrl: string | undefined;
  readonly language: LanguageTag;
  readonly texts: PageTexts;
  readonly paths: PagePaths;
  /** Whether emails are judged by the built-in rule, which the script knows too. */
  readonly hasBuiltInEmailRule: boolean;
  /** Lets a `<script>` or `<style>` of a template's own pass the Content-Security-Policy, as its attribute `nonce`. */
  readonly nonce: string;
}

/** A page as a template writes it. */
export interface Page {
  /** What the window is called; the layout adds the app's name. */
  readonly title: string;
  /** What stands in `<main>`. */
  readonly content: Html;
  /** Default: `narrow`, for a form. */
  readonly width?: 'narrow' | 'wide' | undefined;
}

/** Why a field is refused. */
export interface FieldMessage {
  /** The field's name in the form. */
  readonly id: string;
  readonly message: string;
}

/** A form, and what became of it when it was sent last. */
export interface FormView {
  /** Where it is posted to. */
  readonly action: string;
  /** Hidden fields, which belong into the form: without them it is refused. */
  readonly hidden: Html;
  /** What the person wrote into it, by field name; never a password. */
  readonly values: Readonly<Record<string, string>>;
  readonly fieldErrors: readonly FieldMessage[];
  /** What is wrong with the form as a whole. */
  readonly message: string | undefined;
}

/** A way to sign in by a link. */
export interface ProviderLink {
  readonly id: string;
  readonly name: string;
  readonly href: string;
}

/** A field of the sign-up form that is the app's own. */
export interface ExtraField {
  readonly id: string;
  readonly label: string;
  readonly type: string;
  readonly autocomplete: string | undefined;
  readonly optional: boolean;
}

/** What has just been done to an account. */
export type AccountNotice = 'password' | 'email' | 'session' | 'sessions' | 'expired';

/** A way in which a person can sign in. */
export interface LoginMethodView {
  /** The name of the provider; undefined for a password. */
  readonly provider: string | undefined;
  readonly email: string;
  /** Undefined where the app does not ask for verified addresses. */
  readonly isVerified: boolean | undefined;
}

/** A place where a person is signed in. */
export interface AccountSessionView {
  /** Undefined where it is not known, as the operating system and the address. */
  readonly browser: string | undefined;
  readonly os: string | undefined;
  readonly ipAddress: string | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly lastSeen: number;
  /** Whether it is the session that looks at the page. */
  readonly isThisOne: boolean;
  readonly signOutForm: FormView;
}

/** The view of a page that shows nothing but its texts. */
export type NoView = Readonly<Record<string, never>>;

/** What the templates show, page by page. */
export interface PageViews {
  readonly signIn: {
    readonly form: FormView;
    readonly providers: readonly ProviderLink[];
    /** Undefined where the app has no reset of passwords. */
    readonly forgotPasswordHref: string | undefined;
    readonly signUpHref: string;
    /** What has just been done, if anything. */
    readonly notice: string | undefined;
  };
  readonly signUp: {
    readonly form: FormView;
    /** What passwords must be like; undefined where the app has rules of its own, and no words for them. */
    readonly passwordHint: string | undefined;
    readonly extraFields: readonly ExtraField[];
    readonly providers: readonly ProviderLink[];
    readonly signInHref: string;
  };
  readonly forgotPassword: { readonly form: FormView };
  readonly forgotPasswordSent: NoView;
  readonly resetPassword: { readonly form: FormView; readonly passwordHint: string | undefined };
  readonly verifyEmail: {
    readonly form: FormView;
    /** Whether the script may post the form by itself, because the person is signed in in this browser. */
    readonly autoSubmit: boolean;
  };
  readonly verifyEmailSent: {
    readonly form: FormView;
    readonly signOutForm: FormView;
    readonly email: string;
    readonly wasSent: boolean;
  };
  readonly emailVerified: { readonly continueHref: string };
  readonly signOut: { readonly form: FormView };
  readonly signedOut: NoView;
  readonly account: {
    /** Signs out everywhere else. What is wrong with another form of the page is said here too. */
    readonly form: FormView;
    readonly notice: AccountNotice | undefined;
    readonly loginMethods: readonly LoginMethodView[];
    /** Whether one of them is a password, which can be changed. */
    readonly hasPassword: boolean;
    /** Those that were used last first. */
    readonly sessions: readonly AccountSessionView[];
    readonly signOutForm: FormView;
  };
  readonly changePassword: {
    readonly form: FormView;
    readonly passwordHint: string | undefined;
    readonly email: string;
  };
  readonly changeEmail: { readonly form: FormView; readonly currentEmail: string };
  readonly deleteAccount: {
    readonly form: FormView;
    /** The address of the password that is asked for; undefined where there is none. */
    readonly email: string | undefined;
    /** Where the person must sign in again before: a form that signs out. */
    readonly signOutForm: FormView | undefined;
  };
  readonly callback: NoView;
  readonly error: {
    readonly heading: string;
    readonly message: string;
  };
}

/** The name of a page that has a template. */
export type PageName = keyof PageViews;

/** The whole document around a page. */
export interface LayoutView {
  readonly page: Page;
  /** The title as the window shows it. */
  readonly title: string;
  /** `<style>`, `<link>` and `<script>` elements that belong into `<head>`. */
  readonly head: Html;
  /** Attributes that belong to `<html>`: language, direction, and what the script reads. */
  readonly rootAttributes: Html;
}

/** Writes one page. */
export type PageTemplate<Name extends PageName> = (view: PageViews[Name], page: PageContext) => Page;

/** The templates of all pages. */
export type PageTemplateMap = { readonly [Name in PageName]: PageTemplate<Name> };

/** What writes the pages: a function for each, and one for the document around them. */
export type PageTemplates = PageTemplateMap & {
  readonly layout: (view: LayoutView, page: PageContext) => Html;
};
