import { attributes, html, type Html } from '../html.js';
import type { FormView, PageContext, ProviderLink } from '../page-templates.js';
import { fill } from '../texts/page-texts.js';

/** A field with its label, its hint and its message. */
export interface FieldOptions {
  readonly id: string;
  readonly label: string;
  readonly type?: string;
  readonly autocomplete?: string | undefined;
  readonly optional?: boolean;
  readonly hint?: string | undefined;
  /** What the script says where the field is empty, or is no email address. */
  readonly missing?: string;
  readonly invalid?: string;
}

/** Whether a form comes back with something that is wrong. */
export function hasErrors({ fieldErrors, message }: FormView): boolean {
  return fieldErrors.length > 0 || message !== undefined;
}

/**
 * A form with everything but its fields, if it has any. The summary of what is wrong comes first and takes the focus, so that a screen
 * reader begins with it; without a script too.
 */
export function renderForm(
  form: FormView,
  page: PageContext,
  fields: Html | undefined,
  options: { readonly submit: string; readonly autoSubmit?: boolean },
): Html {
  const { texts } = page;
  return html`<form
    class="stack ${fields === undefined ? 'bare' : 'card'}"
    method="post"
    action="${form.action}"
    novalidate${attributes({
      'aria-labelledby': 'heading',
      'data-auto-submit': options.autoSubmit === true,
    })}
  >
    ${renderSummary(form, page)} ${form.hidden} ${fields}
    <button type="submit" class="button primary wide" data-working="${texts.common.working}">${options.submit}</button>
  </form>`;
}

/** What is wrong with a form. It takes the focus. */
export function renderSummary(form: FormView, { texts }: PageContext): Html {
  const isShown = hasErrors(form);
  return html`<div
    class="summary"
    id="summary"
    role="alert"
    tabindex="-1"
    aria-labelledby="summary-heading"
    ${attributes({ hidden: !isShown, autofocus: isShown })}
  >
    <h2 id="summary-heading">${texts.common.errorSummary}</h2>
    <ul>
      ${form.message !== undefined && html`<li>${form.message}</li>`}
      ${form.fieldErrors.map(({ id, message }) => html`<li><a href="#${id}">${message}</a></li>`)}
    </ul>
  </div>`;
}

/** A field. A password is never given back, and can be shown where there is a script. */
export function renderField(form: FormView, page: PageContext, field: FieldOptions): Html {
  const { id, label, type = 'text', autocomplete, optional = false, hint, missing, invalid } = field;
  const { common } = page.texts;
  const error = form.fieldErrors.find((candidate) => candidate.id === id)?.message;
  const isPassword = type === 'password';
  const input = html`<input${attributes({
    id,
    name: id,
    type,
    value: isPassword ? undefined : form.values[id],
    autocomplete,
    required: !optional,
    autocapitalize: type === 'text' ? undefined : 'none',
    spellcheck: type === 'text' ? undefined : 'false',
    dir: type === 'email' ? 'ltr' : undefined,
    'aria-invalid': error === undefined ? undefined : 'true',
    'aria-describedby': `${hint === undefined ? '' : `${id}-hint `}${id}-error`,
    'data-missing': missing,
    'data-invalid': invalid,
  })} />`;
  const labelled = attributes({ for: id, id: isPassword ? `${id}-label` : undefined });
  return html`<div class="field">
    <label${labelled}>${label}${optional && html` <span class="optional">(${common.optional})</span>`}</label>
    ${hint !== undefined && html`<p id="${id}-hint" class="field-hint">${hint}</p>`}
    ${
      isPassword
        ? html`<div class="with-button">
            ${input}
            <button
              type="button"
              class="reveal"
              hidden
              aria-controls="${id}"
              aria-label="${common.showPassword}"
              aria-describedby="${id}-label"
              title="${common.showPassword}"
              data-show="${common.showPassword}"
              data-hide="${common.hidePassword}"
            >
              ${EYE}
            </button>
          </div>`
        : input
    }
    <p id="${id}-error" class="field-error">${error}</p>
  </div>`;
}

const EYE = html`<svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
  <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z" />
  <circle cx="12" cy="12" r="2.75" />
  <path class="slash" d="m4.5 19.5 15-15" />
</svg>`;

/** The field for an email address. */
export function renderEmailField(form: FormView, page: PageContext, autocomplete: 'username' | 'email'): Html {
  const { common } = page.texts;
  return renderField(form, page, {
    id: 'email',
    label: common.email,
    type: 'email',
    autocomplete,
    missing: common.emailMissing,
    ...(page.hasBuiltInEmailRule ? { invalid: common.emailInvalid } : {}),
  });
}

/** Links to the providers, or nothing where there are none. */
export function renderProviders(providers: readonly ProviderLink[], { texts }: PageContext): Html {
  const { social } = texts;
  return providers.length === 0
    ? html``
    : html`<section class="providers" aria-label="${social.label}">
        <p class="divider" aria-hidden="true">${social.or}</p>
        <ul class="provider-list">
          ${providers.map(
            ({ name, href }) =>
              html`<li>
                <a class="button wide" href="${href}" rel="nofollow"
                  >${fill(social.continueWith, { provider: name })}</a
                >
              </li>`,
          )}
        </ul>
      </section>`;
}

/** The heading of a page, and the sentence below it. */
export function renderIntroduction(heading: string, lead?: string | Html): Html {
  return html`<h1 id="heading">${heading}</h1>
    ${lead !== undefined && html`<p class="lead">${lead}</p>`}`;
}

/** A text in which an address stands out, wherever and however often it is there. */
export function renderWithEmail(text: string, email: string): Html {
  const address = html`<strong class="address" dir="ltr">${email}</strong>`;
  return html`${text.split('{email}').map((part, index) => html`${index > 0 && address}${part}`)}`;
}

/** News. The script gives it the focus, so that a screen reader begins with it. */
export function renderNotice(notice: string | undefined): Html {
  return notice === undefined ? html`` : html`<p class="notice" role="status" tabindex="-1">${notice}</p>`;
}

/** A question with a link, below a form. */
export function renderSwitch(question: string, link: string, href: string): Html {
  return html`<p class="switch">${question} <a href="${href}">${link}</a></p>`;
}

/** A link below a form that leads back. */
export function renderBackLink(text: string, href: string): Html {
  return html`<p class="switch"><a href="${href}">${text}</a></p>`;
}
