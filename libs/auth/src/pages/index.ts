export { AuthPagesModule } from './auth-pages.module.js';
export type { AuthPagesOptions, SignUpFieldAppearance } from './auth-pages.options.js';
export { attributes, html, type Html, type HtmlValue } from './html.js';
export type {
  AccountNotice,
  AccountSessionView,
  ExtraField,
  FieldMessage,
  FormView,
  LayoutView,
  LoginMethodView,
  NoView,
  Page,
  PageContext,
  PageName,
  PagePaths,
  PageTemplate,
  PageTemplateMap,
  PageTemplates,
  PageViews,
  ProviderLink,
} from './page-templates.js';
export type { LanguageTag, PageDictionary, PageTexts } from './texts/page-texts.js';
export type { PageColors } from './theme.js';
