import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { validateEmail } from '../email-password/validators.js';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';
import { AUTH_PAGES_CONFIG, type AuthPagesConfig, type Language } from './auth-pages.options.js';
import { attributes, Html, html } from './html.js';
import { PageAssets } from './page-assets.js';
import { setPageHeaders, setRedirectHeaders } from './page-headers.js';
import { hasErrors } from './templates/form.js';
import type { PageContext, PageName, PagePaths, PageTemplate, PageTemplateMap, PageViews } from './page-templates.js';
import { chooseLanguage } from './texts/language.js';
import { fill } from './texts/page-texts.js';
import type { Theme } from './theme.js';

/** A request and its answer. */
export interface PageExchange {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
}

/** How an answer differs from a plain page. */
export interface SendPageOptions {
  /** Default: 200. */
  readonly status?: number;
  /** Whether the script is to refresh the session, and to load the page again. Default: `false`. */
  readonly refreshSession?: boolean | undefined;
}

/** Writes pages: the template of a page, the layout around it, and the headers that belong to it. */
@Injectable()
export class PageRenderer {
  /** Where the pages are. */
  readonly paths: PagePaths;
  private readonly themeStyle: string;

  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(AUTH_PAGES_CONFIG) private readonly pages: AuthPagesConfig,
    @Inject(PageAssets) private readonly assets: PageAssets,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {
    const base = config.appInfo.websiteBasePath;
    this.paths = {
      signIn: base || '/',
      signUp: `${base || '/'}?show=signup`,
      resetPassword: `${base}/reset-password`,
      verifyEmail: `${base}/verify-email`,
      signOut: `${base}/sign-out`,
      signedOut: `${base}/signed-out`,
      account: `${base}/account`,
      changePassword: `${base}/account/password`,
      changeEmail: `${base}/account/email`,
      deleteAccount: `${base}/account/delete`,
    };
    this.themeStyle = createThemeStyle(pages);
  }

  /** The language that a person reads best. */
  getLanguage(request: HttpRequest): Language {
    const { languages, fallbackLanguage } = this.pages;
    const tag = chooseLanguage(request, [...languages.keys()], fallbackLanguage);
    const language = languages.get(tag);
    if (language === undefined) {
      throw new TypeError(`There is no dictionary for '${tag}'`);
    }
    return language;
  }

  /** Answers with a page. */
  send<Name extends PageName>(
    { request, response }: PageExchange,
    name: Name,
    view: PageViews[Name],
    { status = 200, refreshSession = false }: SendPageOptions = {},
  ): void {
    const nonce = randomBytes(16).toString('base64url');
    const { tag, texts, messages } = this.getLanguage(request);
    const { appInfo } = this.config;
    const websiteOrigin = appInfo.getWebsiteDomain(request).value;
    const apiOrigin = appInfo.apiDomain.value === websiteOrigin ? undefined : appInfo.apiDomain.value;
    const context: PageContext = {
      appName: appInfo.appName,
      logoUrl: this.pages.logoUrl,
      language: tag,
      texts,
      paths: this.paths,
      hasBuiltInEmailRule: this.config.emailPassword.validateEmail === validateEmail,
      nonce,
    };
    const templates: PageTemplateMap = this.pages.templates;
    const template: PageTemplate<Name> = templates[name];
    const page = template(view, context);
    const title =
      'form' in view && hasErrors(view.form) ? fill(texts.common.errorTitle, { title: page.title }) : page.title;
    const document = this.pages.templates.layout(
      {
        page,
        title: fill(texts.common.pageTitle, { title, appName: appInfo.appName }),
        head: this.renderHead(nonce),
        rootAttributes: attributes({
          lang: tag,
          dir: texts.common.direction,
          'data-page': name,
          'data-refresh-session': refreshSession,
          'data-script': JSON.stringify({
            appName: appInfo.appName,
            apiDomain: apiOrigin,
            apiBasePath: appInfo.publicApiBasePath,
            home: this.paths.signIn,
            ...(name === 'callback'
              ? { messages: texts.providerErrors, translations: Object.fromEntries(messages) }
              : {}),
          }),
        }),
      },
      context,
    );
    const imageOrigin =
      this.pages.logoUrl?.startsWith('https:') === true ? new URL(this.pages.logoUrl).origin : undefined;
    setPageHeaders(response, { nonce, apiOrigin, imageOrigin });
    this.adapterHost.httpAdapter.reply(response, document.toString(), status);
  }

  /** Sends the browser to another page with GET (RFC 9110 §15.4.4). @param path of the website. */
  redirect({ response }: PageExchange, path: string): void {
    setRedirectHeaders(response);
    this.adapterHost.httpAdapter.redirect(response, 303, path);
  }

  private renderHead(nonce: string): Html {
    const base = `${this.config.appInfo.websiteBasePath}/assets`;
    const { colorScheme, themes } = this.pages;
    const scheme = colorScheme === 'auto' ? 'light dark' : colorScheme;
    const themeColors = colorScheme === 'auto' ? (['light', 'dark'] as const) : ([colorScheme] as const);
    return html`<meta name="color-scheme" content="${scheme}" />
      ${themeColors.map(
        (name) =>
          html`<meta
            name="theme-color"
            content="${themes[name]['--background']}"
            ${attributes({
              media: colorScheme === 'auto' ? `(prefers-color-scheme: ${name})` : undefined,
            })}
          />`,
      )}
      <style nonce="${nonce}">
        ${new Html(this.themeStyle)}
      </style>
      <link rel="stylesheet" href="${base}/${this.assets.style}" nonce="${nonce}" />
      <script type="module" src="${base}/${this.assets.script}" nonce="${nonce}"></script>`;
  }
}

function createThemeStyle({ colorScheme, themes }: AuthPagesConfig): string {
  const declare = (theme: Theme): string =>
    Object.entries(theme)
      .map(([name, value]) => `${name}:${value}`)
      .join(';');
  const root = (scheme: string, theme: Theme): string => `:root{color-scheme:${scheme};${declare(theme)}}`;
  return colorScheme === 'auto'
    ? `${root('light dark', themes.light)}@media (prefers-color-scheme:dark){:root{${declare(themes.dark)}}}`
    : root(colorScheme, themes[colorScheme]);
}
