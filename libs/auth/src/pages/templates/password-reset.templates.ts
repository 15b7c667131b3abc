import { html } from '../html.js';
import type { PageTemplates } from '../page-templates.js';
import { renderBackLink, renderEmailField, renderField, renderForm, renderIntroduction } from './form.js';

export const forgotPasswordTemplate: PageTemplates['forgotPassword'] = ({ form }, page) => {
  const { common, forgotPassword } = page.texts;
  return {
    title: forgotPassword.heading,
    content: html`${renderIntroduction(forgotPassword.heading, forgotPassword.lead)}
    ${renderForm(form, page, renderEmailField(form, page, 'email'), { submit: forgotPassword.submit })}
    ${renderBackLink(common.backToSignIn, page.paths.signIn)}`,
  };
};

export const forgotPasswordSentTemplate: PageTemplates['forgotPasswordSent'] = (_view, page) => {
  const { common, forgotPasswordSent } = page.texts;
  return {
    title: forgotPasswordSent.heading,
    content: html`${renderIntroduction(forgotPasswordSent.heading, forgotPasswordSent.lead)}
      <div class="card stack">
        <p>${forgotPasswordSent.hint}</p>
        <p><a href="${page.paths.resetPassword}">${forgotPasswordSent.again}</a></p>
      </div>
      ${renderBackLink(common.backToSignIn, page.paths.signIn)}`,
  };
};

export const resetPasswordTemplate: PageTemplates['resetPassword'] = (view, page) => {
  const { form } = view;
  const { common, resetPassword, signUp } = page.texts;
  const field = renderField(form, page, {
    id: 'password',
    label: common.newPassword,
    type: 'password',
    autocomplete: 'new-password',
    hint: view.passwordHint,
    missing: signUp.choosePassword,
  });
  return {
    title: resetPassword.heading,
    content: html`${renderIntroduction(resetPassword.heading, resetPassword.lead)}
    ${renderForm(form, page, field, { submit: resetPassword.submit })}
    ${renderBackLink(common.backToSignIn, page.paths.signIn)}`,
  };
};
