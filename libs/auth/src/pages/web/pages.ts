import { addPasswordButtons, checkBeforeSending, sendOnce } from './fields.js';

/** Every page works without this script: it adds comfort, and the two things that only a script can do. */
const { dataset } = document.documentElement;

addPasswordButtons();
for (const form of document.querySelectorAll('form')) {
  checkBeforeSending(form);
  sendOnce(form);
}

const news = document.querySelector<HTMLElement>('.summary:not([hidden]), .notice[tabindex]');
if (news !== null) {
  news.focus();
} else if (
  document.activeElement === document.body &&
  // The warning comes before its field.
  dataset['page'] !== 'deleteAccount' &&
  matchMedia('(hover: hover) and (pointer: fine)').matches
) {
  // On a touch screen the keyboard would cover the page that nobody has read yet.
  document.querySelector<HTMLInputElement>('.field input')?.focus();
}

const confirmation = document.querySelector<HTMLFormElement>('form[data-auto-submit]');
confirmation?.requestSubmit();

// A page that comes back from the browser's memory shows what was true when it was left.
addEventListener('pageshow', (event) => {
  if (event.persisted) {
    location.reload();
  }
});

if (dataset['page'] === 'callback') {
  const { finishSignIn } = await import('./callback.js');
  await finishSignIn();
} else if (dataset['refreshSession'] !== undefined) {
  const { refreshSession } = await import('./refresh-session.js');
  await refreshSession().catch(() => {
    // Without an answer nobody can tell, and the page is right for whoever is not signed in.
  });
}
