/** Lets people look at the password that they type, until they send it. */
export function addPasswordButtons(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button.reveal')) {
    const input = document.getElementById(button.getAttribute('aria-controls') ?? '');
    if (!(input instanceof HTMLInputElement)) {
      continue;
    }
    const show = (isVisible: boolean): void => {
      input.type = isVisible ? 'text' : 'password';
      button.toggleAttribute('data-visible', isVisible);
      const label = (isVisible ? button.dataset['hide'] : button.dataset['show']) ?? '';
      button.setAttribute('aria-label', label);
      button.title = label;
    };
    button.hidden = false;
    button.addEventListener('click', () => show(input.type === 'password'));
    // A password that is shown while it is sent would be offered as text the next time.
    input.form?.addEventListener('submit', () => show(false));
  }
}

/** A field of the form that can be judged here. The server judges all of them again. */
function findProblem(input: HTMLInputElement): string | undefined {
  const { missing, invalid } = input.dataset;
  if (missing !== undefined && input.value.trim() === '') {
    return missing;
  }
  return invalid !== undefined && !/^\s*\S+@\S+\s*$/.test(input.value) ? invalid : undefined;
}

function showProblem(input: HTMLInputElement, problem: string | undefined): void {
  const place = document.getElementById(`${input.id}-error`);
  if (place !== null) {
    place.textContent = problem ?? '';
  }
  if (problem === undefined) {
    input.removeAttribute('aria-invalid');
  } else {
    input.setAttribute('aria-invalid', 'true');
  }
}

/** Finds what is empty or no email address before a form is sent, and says so as the server would. */
export function checkBeforeSending(form: HTMLFormElement): void {
  const inputs = [...form.querySelectorAll<HTMLInputElement>('.field input')];
  for (const input of inputs) {
    input.addEventListener('input', () => showProblem(input, undefined));
  }
  form.addEventListener('submit', (event) => {
    const problems = inputs.flatMap((input) => {
      const problem = findProblem(input);
      showProblem(input, problem);
      return problem === undefined ? [] : [{ input, problem }];
    });
    if (problems.length > 0) {
      event.preventDefault();
      event.stopImmediatePropagation();
      showSummary(form, problems);
    }
  });
}

function showSummary(
  form: HTMLFormElement,
  problems: readonly { readonly input: HTMLInputElement; readonly problem: string }[],
): void {
  const summary = form.querySelector<HTMLElement>('.summary');
  const items = problems.map(({ input, problem }) => {
    const link = document.createElement('a');
    link.href = `#${input.id}`;
    link.textContent = problem;
    const item = document.createElement('li');
    item.append(link);
    return item;
  });
  summary?.querySelector('ul')?.replaceChildren(...items);
  if (summary !== null) {
    summary.hidden = false;
    summary.focus();
  }
}

/** A page that is still there after so long was not left: somebody stopped it, or the answer was no page. In milliseconds. */
const GIVE_UP_MS = 10_000;

/** Sends a form once, however often its button is pressed, and says that something happens. */
export function sendOnce(form: HTMLFormElement): void {
  let isSent = false;
  form.addEventListener('submit', (event) => {
    if (isSent) {
      event.preventDefault();
      return;
    }
    isSent = true;
    const button = form.querySelector<HTMLButtonElement>('button[type=submit]');
    if (button?.dataset['working'] !== undefined) {
      const label = button.textContent;
      button.setAttribute('aria-disabled', 'true');
      button.textContent = button.dataset['working'];
      setTimeout(() => {
        button.removeAttribute('aria-disabled');
        button.textContent = label;
      }, GIVE_UP_MS);
    }
    setTimeout(() => {
      isSent = false;
    }, GIVE_UP_MS);
  });
}
