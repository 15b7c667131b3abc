import { html } from '../html.js';
import type { PageTemplates } from '../page-templates.js';
import { renderBackLink, renderForm, renderIntroduction, renderNotice, renderWithEmail } from './form.js';

export const verifyEmailTemplate: PageTemplates['verifyEmail'] = ({ form, autoSubmit }, page) => {
  const { common, verifyEmail } = page.texts;
  return {
    title: verifyEmail.heading,
    content: html`${renderIntroduction(verifyEmail.heading, verifyEmail.lead)}
    ${renderForm(form, page, undefined, { submit: verifyEmail.submit, autoSubmit })}
    ${renderBackLink(common.backToSignIn, page.paths.signIn)}`,
  };
};

export const verifyEmailSentTemplate: PageTemplates['verifyEmailSent'] = (view, page) => {
  const { verifyEmailSent } = page.texts;
  const lead = renderWithEmail(verifyEmailSent.lead, view.email);
  return {
    title: verifyEmailSent.heading,
    content: html`${renderIntroduction(verifyEmailSent.heading, lead)}
      ${renderNotice(view.wasSent ? verifyEmailSent.sent : undefined)}
      ${renderForm(view.form, page, view.wasSent ? html`<p>${verifyEmailSent.hint}</p>` : undefined, {
        submit: view.wasSent ? verifyEmailSent.submitAgain : verifyEmailSent.submit,
      })}
      <form class="switch" method="post" action="${view.signOutForm.action}">
        ${view.signOutForm.hidden}
        <button type="submit" class="link">${verifyEmailSent.otherAccount}</button>
      </form>`,
  };
};

export const emailVerifiedTemplate: PageTemplates['emailVerified'] = ({ continueHref }, page) => {
  const { common, emailVerified } = page.texts;
  return {
    title: emailVerified.heading,
    content: html`${renderIntroduction(emailVerified.heading, emailVerified.lead)}
      <p class="action"><a class="button primary wide" href="${continueHref}">${common.continue}</a></p>`,
  };
};
