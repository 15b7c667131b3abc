import { html } from '../html.js';
import type { PageTemplates } from '../page-templates.js';
import { renderBackLink, renderForm, renderIntroduction } from './form.js';

export const signOutTemplate: PageTemplates['signOut'] = ({ form }, page) => {
  const { signOut } = page.texts;
  return {
    title: signOut.submit,
    content: html`${renderIntroduction(signOut.heading, signOut.lead)}
    ${renderForm(form, page, undefined, { submit: signOut.submit })}`,
  };
};

export const signedOutTemplate: PageTemplates['signedOut'] = (_view, page) => {
  const { signedOut } = page.texts;
  return {
    title: signedOut.heading,
    content: html`${renderIntroduction(signedOut.heading, signedOut.lead)}
      <p class="action"><a class="button primary wide" href="${page.paths.signIn}">${signedOut.link}</a></p>`,
  };
};

/** The script takes it from here; what it says on failure is below `failure`. */
export const callbackTemplate: PageTemplates['callback'] = (_view, page) => {
  const { callback, common } = page.texts;
  return {
    title: callback.heading,
    content: html`<h1 id="heading" aria-live="polite" data-failed="${callback.failedHeading}">${callback.heading}</h1>
      <noscript><p class="notice">${callback.needsScript}</p></noscript>
      <div id="failure" class="summary" role="alert" tabindex="-1" hidden><p id="failure-message"></p></div>
      ${renderBackLink(common.backToSignIn, page.paths.signIn)}`,
  };
};
