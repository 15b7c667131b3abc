import { html } from '../html.js';
import type { PageTemplates } from '../page-templates.js';
import { fill } from '../texts/page-texts.js';
import {
  renderEmailField,
  renderField,
  renderForm,
  renderIntroduction,
  renderNotice,
  renderProviders,
  renderSwitch,
} from './form.js';

export const signInTemplate: PageTemplates['signIn'] = (view, page) => {
  const { common, signIn } = page.texts;
  const { form } = view;
  const fields = html`${renderEmailField(form, page, 'username')}
  ${renderField(form, page, {
    id: 'password',
    label: common.password,
    type: 'password',
    autocomplete: 'current-password',
    missing: common.passwordMissing,
  })}
  ${
    view.forgotPasswordHref !== undefined &&
    html`<p class="beside"><a href="${view.forgotPasswordHref}">${signIn.forgotPassword}</a></p>`
  }`;
  return {
    title: signIn.submit,
    content: html`${renderIntroduction(signIn.heading, fill(signIn.lead, { appName: page.appName }))}
    ${renderNotice(view.notice)} ${renderForm(form, page, fields, { submit: signIn.submit })}
    ${renderProviders(view.providers, page)} ${renderSwitch(signIn.question, signIn.link, view.signUpHref)}`,
  };
};
