import { html } from '../html.js';
import type { PageTemplates } from '../page-templates.js';
import { renderBackLink, renderIntroduction } from './form.js';

export const errorTemplate: PageTemplates['error'] = ({ heading, message }, page) => ({
  title: heading,
  content: html`${renderIntroduction(heading, message)}
  ${renderBackLink(page.texts.common.backToSignIn, page.paths.signIn)}`,
});
