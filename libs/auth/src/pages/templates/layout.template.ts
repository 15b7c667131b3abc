import { attributes, html } from '../html.js';
import type { PageTemplates } from '../page-templates.js';

export const layoutTemplate: PageTemplates['layout'] = ({ page, title, head, rootAttributes }, { appName, logoUrl }) =>
  html`<!doctype html>
    <html${rootAttributes}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        ${logoUrl !== undefined && html`<link rel="icon" href="${logoUrl}" />`} ${head}
      </head>
      <body${attributes({ class: page.width ?? 'narrow' })}>
        <header class="brand">
          ${
            logoUrl === undefined
              ? html`<span class="monogram" aria-hidden="true">${getMonogram(appName)}</span>`
              : html`<img class="logo" src="${logoUrl}" alt="" height="48" />`
          }
          <span class="app-name">${appName}</span>
        </header>
        <main>${page.content}</main>
      </body>
    </html> `;

/** The first letter of a name, as people see letters. */
function getMonogram(appName: string): string {
  const [first] = new Intl.Segmenter().segment(appName.trim());
  return first?.segment.toUpperCase() ?? '';
}
