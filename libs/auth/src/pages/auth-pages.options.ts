import { z } from 'zod';
import { ConfigurationError } from '../config/configuration.error.js';
import { describeValue } from '../config/describe-value.js';
import { readReturnPath } from '../third-party/return-path.js';
import { createTheme, type PageColors, type Theme } from './theme.js';
import type { PageTemplates } from './page-templates.js';
import { TEMPLATES } from './templates/index.js';
import { ENGLISH } from './texts/english.js';
import type { LanguageTag, PageDictionary, PageTexts } from './texts/page-texts.js';

/** How a sign-up field of the app's own looks. It is one of `emailPassword.signUpFeature.formFields`. */
export interface SignUpFieldAppearance {
  /** What stands above it, in English. Dictionaries have the other languages. Default: the id, with a capital. */
  label?: string | undefined;
  /** The `type` of the input. Default: `text`. */
  type?: 'text' | 'tel' | 'url' | 'date' | 'number' | undefined;
  /** The `autocomplete` of the input, such as `name` (WCAG 2.2, 1.3.5). Default: none. */
  autocomplete?: string | undefined;
}

/** Options of {@link AuthPagesModule}. Everything has a default. */
export interface AuthPagesOptions {
  /** The path of the website where people go who are signed in, unless `redirectToPath` says another one. Default: `/`. */
  signedInPath?: string | undefined;
  /** A picture above the forms: a path of the website, or an https URL. Default: the first letter of the app's name. */
  logoUrl?: string | undefined;
  /** Colours for each colour scheme. They must have the contrast of WCAG 2.2 AA. Default: calm greens. */
  colors?: { light?: PageColors | undefined; dark?: PageColors | undefined } | undefined;
  /** Which colours are shown. Default: `auto`, as the person's system has it. */
  colorScheme?: 'auto' | 'light' | 'dark' | undefined;
  /** The one language that is spoken, whatever a browser asks for. Default: the best one by `Accept-Language`. */
  language?: LanguageTag | undefined;
  /** Languages besides English, and other words for `en`: a dictionary for each language tag. Default: none. */
  translations?: Readonly<Record<LanguageTag, PageDictionary>> | undefined;
  /** How sign-up fields of the app's own look, by their ids. */
  signUpFields?: Readonly<Record<string, SignUpFieldAppearance>> | undefined;
  /** Pages of the app's own, each in the place of the library's. Default: none. */
  templates?: Partial<PageTemplates> | undefined;
}

/** A language with all texts in their places. */
export interface Language {
  readonly tag: LanguageTag;
  readonly texts: PageTexts;
  readonly messages: ReadonlyMap<string, string>;
  readonly fields: ReadonlyMap<string, string>;
}

/** {@link AuthPagesOptions} with every default in its place. */
export interface AuthPagesConfig {
  readonly signedInPath: string;
  readonly logoUrl: string | undefined;
  readonly themes: { readonly light: Theme; readonly dark: Theme };
  readonly colorScheme: 'auto' | 'light' | 'dark';
  /** Where there is only one, nobody is asked. */
  readonly languages: ReadonlyMap<LanguageTag, Language>;
  readonly fallbackLanguage: LanguageTag;
  readonly signUpFields: ReadonlyMap<string, SignUpFieldAppearance>;
  readonly templates: PageTemplates;
}

/** The injection token of the {@link AuthPagesConfig}. */
export const AUTH_PAGES_CONFIG = Symbol('nestward:pages-config');

const text = z.string({ error: 'write a text' });
const object = (remedy: string) => ({
  error: ({ code }: { readonly code: string }): string | undefined =>
    // An unknown key is reported by its own name elsewhere, so that this message is only for what is no object.
    code === 'unrecognized_keys' ? undefined : remedy,
});
const colors = z
  .strictObject(
    { accent: text.optional(), background: text.optional(), surface: text.optional(), text: text.optional() },
    object("write an object such as { accent: '#1f6b52' }"),
  )
  .optional();

const dictionarySchema = z.strictObject(
  {
    ...Object.fromEntries(
      Object.entries(ENGLISH).map(([group, texts]) => [
        group,
        z
          .strictObject(
            Object.fromEntries(Object.keys(texts as object).map((key) => [key, text.optional()])),
            object('write an object with texts'),
          )
          .optional(),
      ]),
    ),
    messages: z.record(z.string(), text, object('write an object with texts')).optional(),
    fields: z.record(z.string(), text, object('write an object with texts')).optional(),
  },
  object("write a dictionary such as { signIn: { submit: 'Anmelden' } }"),
);

const functionSchema = z.custom<unknown>((value) => typeof value === 'function', {
  error: 'write a function that answers { title, content }',
});

const optionsSchema = z.strictObject(
  {
    signedInPath: text.optional(),
    logoUrl: text.optional(),
    colors: z
      .strictObject({ light: colors, dark: colors }, object("write an object such as { light: { accent: '#1f6b52' } }"))
      .optional(),
    colorScheme: z.enum(['auto', 'light', 'dark'], { error: "write 'auto', 'light' or 'dark'" }).optional(),
    language: z.string({ error: "write a language tag such as 'en'" }).optional(),
    translations: z
      .record(
        z.string(),
        dictionarySchema,
        object("write an object such as { de: { signIn: { submit: 'Anmelden' } } }"),
      )
      .optional(),
    signUpFields: z
      .record(
        z.string(),
        z.strictObject(
          {
            label: text.optional(),
            type: z
              .enum(['text', 'tel', 'url', 'date', 'number'], {
                error: "write 'text', 'tel', 'url', 'date' or 'number'",
              })
              .optional(),
            autocomplete: text.optional(),
          },
          object("write an object such as { label: 'Your name', autocomplete: 'name' }"),
        ),
        object("write an object such as { name: { label: 'Your name' } }"),
      )
      .optional(),
    templates: z
      .strictObject(
        Object.fromEntries(Object.keys(TEMPLATES).map((name) => [name, functionSchema.optional()])),
        object('write an object such as { signIn: (view, page) => ({ title, content: html`…` }) }'),
      )
      .optional(),
  },
  object('write an object, such as { logoUrl: "/logo.svg" }'),
);

/**
 * Checks {@link AuthPagesOptions} and puts the defaults in their places.
 * @throws ConfigurationError with one sentence that names the field, the value and what to write instead.
 */
export function normaliseAuthPagesOptions(options: AuthPagesOptions): AuthPagesConfig {
  assertValid(options);
  const languages = createLanguages(options.translations ?? {});
  const { language } = options;
  const only = language === undefined ? undefined : languages.get(language);
  if (language !== undefined && only === undefined) {
    throw new ConfigurationError(
      `AuthPagesModule's language is ${describeValue(language)}: write one that has a dictionary, which are ${[...languages.keys()].join(', ')}.`,
    );
  }
  return {
    signedInPath: readSignedInPath(options.signedInPath),
    logoUrl: readLogoUrl(options.logoUrl),
    themes: {
      light: createTheme('light', options.colors?.light),
      dark: createTheme('dark', options.colors?.dark),
    },
    colorScheme: options.colorScheme ?? 'auto',
    languages: only === undefined ? languages : new Map([[only.tag, only]]),
    fallbackLanguage: only?.tag ?? 'en',
    signUpFields: new Map(Object.entries(options.signUpFields ?? {})),
    templates: { ...TEMPLATES, ...withoutUndefined(options.templates ?? {}) },
  };
}

function assertValid(options: AuthPagesOptions): void {
  const issue = optionsSchema.safeParse(options).error?.issues[0];
  if (issue === undefined) {
    return;
  }
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    throw new ConfigurationError(
      `${[...path, ...issue.keys.slice(0, 1)].join('.')} is not an option of AuthPagesModule: check its spelling against docs/pages.md, or leave it out.`,
    );
  }
  const value = path.reduce<unknown>(
    (inner, key) => new Map(Object.entries(Object(inner) as object)).get(key),
    options,
  );
  throw new ConfigurationError(
    `${path.join('.') || "AuthPagesModule's options"} is ${describeValue(value)}: ${issue.message}.`,
  );
}

function createLanguages(translations: Readonly<Record<LanguageTag, PageDictionary>>): Map<LanguageTag, Language> {
  const languages = new Map<LanguageTag, Language>();
  for (const [tag, dictionary] of Object.entries({ en: {}, ...translations })) {
    if (!isLanguageTag(tag)) {
      throw new ConfigurationError(`translations.${tag} is no language: write a language tag such as 'de' or 'pt-BR'.`);
    }
    languages.set(tag, createLanguage(tag, dictionary));
  }
  return languages;
}

function isLanguageTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

function createLanguage(tag: LanguageTag, dictionary: PageDictionary): Language {
  const texts = Object.fromEntries(
    Object.entries(ENGLISH).map(([group, english]) => {
      const given = new Map(Object.entries((dictionary[group as keyof PageTexts] ?? {}) as Record<string, string>));
      return [
        group,
        Object.fromEntries(
          Object.entries(english as Record<string, string>).map(([key, original]) => {
            const translated = given.get(key) ?? original;
            assertPlaceholders(`translations.${tag}.${group}.${key}`, translated, original);
            return [key, translated];
          }),
        ),
      ];
    }),
  ) as unknown as PageTexts;
  if (texts.common.direction !== 'ltr' && texts.common.direction !== 'rtl') {
    throw new ConfigurationError(
      `translations.${tag}.common.direction is ${describeValue(texts.common.direction)}: write 'ltr' or 'rtl'.`,
    );
  }
  return {
    tag,
    texts,
    messages: new Map(Object.entries(dictionary.messages ?? {})),
    fields: new Map(Object.entries(dictionary.fields ?? {})),
  };
}

/** A placeholder that is misspelt would stand on the page as it is. */
function assertPlaceholders(field: string, translated: string, original: string): void {
  const known = [...original.matchAll(/\{\w+\}/g)].map(([placeholder]) => placeholder);
  const unknown = [...translated.matchAll(/\{\w+\}/g)].map(([name]) => name).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new ConfigurationError(
      `${field} has ${unknown}, which has no value there: write ${known.length === 0 ? 'a text without it' : known.join(' or ')}.`,
    );
  }
}

function readSignedInPath(path = '/'): string {
  try {
    return readReturnPath(path, 'http://localhost');
  } catch {
    throw new ConfigurationError(
      `signedInPath is ${describeValue(path)}: write a path of the website such as '/account'.`,
    );
  }
}

function readLogoUrl(url: string | undefined): string | undefined {
  const isPath = url !== undefined && /^\/(?![/\\])[^\s"'<>\\;,]*$/.test(url);
  const isHttps = url !== undefined && /^https:\/\/[^\s"'<>\\;,]+$/.test(url) && URL.canParse(url);
  if (url !== undefined && !isPath && !isHttps) {
    throw new ConfigurationError(
      `logoUrl is ${describeValue(url)}: write a path of the website such as '/logo.svg', or an https URL.`,
    );
  }
  return url;
}

function withoutUndefined(templates: Partial<PageTemplates>): Partial<PageTemplates> {
  return Object.fromEntries(Object.entries(templates).filter(([, template]) => typeof template === 'function'));
}

/** What stands above a sign-up field of the app's own. */
export function getFieldLabel(config: AuthPagesConfig, language: Language, id: string): string {
  const capitalised = id.charAt(0).toUpperCase() + id.slice(1);
  return language.fields.get(id) ?? config.signUpFields.get(id)?.label ?? capitalised;
}

/** Says what a validator or a hook has answered in the person's language, as far as there are words for it. */
export function translateMessage({ messages }: Language, message: string): string {
  return messages.get(message) ?? message;
}
