import { html, type Html } from '../html.js';
import type { AccountSessionView, FormView, LoginMethodView, PageContext, PageTemplates } from '../page-templates.js';
import { fill } from '../texts/page-texts.js';
import {
  hasErrors,
  renderBackLink,
  renderEmailField,
  renderField,
  renderForm,
  renderIntroduction,
  renderNotice,
  renderSummary,
  renderWithEmail,
} from './form.js';

export const accountTemplate: PageTemplates['account'] = (view, page) => {
  const { account, signOut } = page.texts;
  const { form, sessions } = view;
  return {
    title: account.heading,
    width: 'wide',
    content: html`<div class="heading-row">
        <h1 id="heading">${account.heading}</h1>
        <form method="post" action="${view.signOutForm.action}">
          ${view.signOutForm.hidden}
          <button type="submit" class="button">${signOut.submit}</button>
        </form>
      </div>
      ${renderNotice(view.notice && account[NOTICES[view.notice]])} ${hasErrors(form) && renderSummary(form, page)}

      <section class="card stack" aria-labelledby="login-methods">
        <h2 id="login-methods">${account.loginMethods}</h2>
        <ul class="items">
          ${view.loginMethods.map((loginMethod) => renderLoginMethod(loginMethod, page))}
        </ul>
        ${
          view.hasPassword &&
          html`<p class="links">
            <a href="${page.paths.changePassword}">${account.changePassword}</a>
            <a href="${page.paths.changeEmail}">${account.changeEmail}</a>
          </p>`
        }
      </section>

      <section class="card stack" aria-labelledby="sessions">
        <h2 id="sessions">${account.sessions}</h2>
        <ul class="items">
          ${sessions.map((session, index) => renderSession(session, page, index))}
        </ul>
        ${
          sessions.length > 1 &&
          html`<form method="post" action="${form.action}">
            ${form.hidden}
            <button type="submit" class="button">${account.signOutOthers}</button>
          </form>`
        }
      </section>

      <section class="card stack" aria-labelledby="delete">
        <h2 id="delete">${account.deleteHeading}</h2>
        <p>${account.deleteLead}</p>
        <p class="links"><a href="${page.paths.deleteAccount}">${account.delete}</a></p>
      </section>`,
  };
};

const NOTICES = {
  password: 'passwordChanged',
  email: 'emailSent',
  session: 'signedOutOne',
  sessions: 'signedOutOthers',
  expired: 'expired',
} as const;

function renderLoginMethod({ provider, email, isVerified }: LoginMethodView, { texts }: PageContext): Html {
  const { account } = texts;
  return html`<li>
    <strong>${provider ?? account.emailAndPassword}</strong>
    <span class="detail"
      ><span class="address" dir="ltr">${email}</span>${
        isVerified !== undefined && html`, ${isVerified ? account.verified : account.notVerified}`
      }</span
    >
  </li>`;
}

function renderSession(session: AccountSessionView, page: PageContext, index: number): Html {
  const { account } = page.texts;
  const { browser, os, ipAddress, lastSeen, isThisOne, signOutForm } = session;
  const name =
    browser !== undefined && os !== undefined
      ? fill(account.device, { browser, os })
      : (browser ?? os ?? account.unknownDevice);
  const id = `session-${String(index)}`;
  return html`<li class="with-action">
    <div>
      <strong id="${id}">${name}</strong>${isThisOne && html` <span class="badge">${account.thisDevice}</span>`}
      <span class="detail"
        >${ipAddress !== undefined && html`<span dir="ltr">${ipAddress}</span>, `}${account.lastSeen}
        ${renderTime(lastSeen, page)}</span
      >
    </div>
    ${
      !isThisOne &&
      html`<form method="post" action="${signOutForm.action}">
        ${signOutForm.hidden}
        <button type="submit" class="button" id="${id}-out" aria-labelledby="${id}-out ${id}">
          ${account.signOut}
        </button>
      </form>`
    }
  </li>`;
}

/** A time that is the same for everybody, since the server does not know where the person is. */
function renderTime(time: number, { language }: PageContext): Html {
  const date = new Date(time);
  const text = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(
    date,
  );
  return html`<time datetime="${date.toISOString()}">${text} UTC</time>`;
}

export const changePasswordTemplate: PageTemplates['changePassword'] = (view, page) => {
  const { form } = view;
  const { account, common, signUp } = page.texts;
  const fields = html`${renderCurrentPassword(view, page, view.email)}
  ${renderField(form, page, {
    id: 'newPassword',
    label: common.newPassword,
    type: 'password',
    autocomplete: 'new-password',
    hint: view.passwordHint,
    missing: signUp.choosePassword,
  })}`;
  return {
    title: account.changePassword,
    content: html`${renderIntroduction(account.changePassword, account.changePasswordLead)}
    ${renderForm(form, page, fields, { submit: account.changePassword })}
    ${renderBackLink(account.back, page.paths.account)}`,
  };
};

export const changeEmailTemplate: PageTemplates['changeEmail'] = (view, page) => {
  const { account } = page.texts;
  const lead = renderWithEmail(account.changeEmailLead, view.currentEmail);
  const fields = html`${renderEmailField(view.form, page, 'email')}
  ${renderCurrentPassword(view, page, view.currentEmail)}`;
  return {
    title: account.changeEmail,
    content: html`${renderIntroduction(account.changeEmail, lead)}
    ${renderForm(view.form, page, fields, { submit: account.sendLink })}
    ${renderBackLink(account.back, page.paths.account)}`,
  };
};

export const deleteAccountTemplate: PageTemplates['deleteAccount'] = (view, page) => {
  const { account, signOut } = page.texts;
  const { form, signOutForm } = view;
  return {
    title: account.deleteHeading,
    content: html`${renderIntroduction(account.deleteHeading, account.deleteWarning)}
    ${
      signOutForm === undefined
        ? renderForm(form, page, view.email === undefined ? undefined : renderCurrentPassword(view, page, view.email), {
            submit: account.deleteForGood,
          })
        : html`<p class="notice">${account.signInAgain}</p>
            <form class="action" method="post" action="${signOutForm.action}">
              ${signOutForm.hidden}
              <button type="submit" class="button primary wide">${signOut.submit}</button>
            </form>`
    }
    ${renderBackLink(account.back, page.paths.account)}`,
  };
};

/** The present password, and the address that password managers know it by. */
function renderCurrentPassword({ form }: { readonly form: FormView }, page: PageContext, email: string): Html {
  const { account, common } = page.texts;
  return html`<input type="text" name="username" autocomplete="username" value="${email}" hidden /> ${renderField(
      form,
      page,
      {
        id: 'currentPassword',
        label: account.currentPassword,
        type: 'password',
        autocomplete: 'current-password',
        missing: common.passwordMissing,
      },
    )}`;
}
