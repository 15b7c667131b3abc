import { html } from '../html.js';
import type { PageTemplates } from '../page-templates.js';
import { fill } from '../texts/page-texts.js';
import {
  renderEmailField,
  renderField,
  renderForm,
  renderIntroduction,
  renderProviders,
  renderSwitch,
} from './form.js';

export const signUpTemplate: PageTemplates['signUp'] = (view, page) => {
  const { common, signUp } = page.texts;
  const { form } = view;
  const fields = html`${renderEmailField(form, page, 'email')}
  ${renderField(form, page, {
    id: 'password',
    label: common.password,
    type: 'password',
    autocomplete: 'new-password',
    hint: view.passwordHint,
    missing: signUp.choosePassword,
  })}
  ${view.extraFields.map((field) =>
    renderField(form, page, {
      ...field,
      ...(field.optional ? {} : { missing: fill(common.fieldMissing, { field: field.label }) }),
    }),
  )}`;
  return {
    title: signUp.submit,
    content: html`${renderIntroduction(signUp.heading, fill(signUp.lead, { appName: page.appName }))}
    ${renderForm(form, page, fields, { submit: signUp.submit })} ${renderProviders(view.providers, page)}
    ${renderSwitch(signUp.question, signUp.link, view.signInHref)}`,
  };
};
