import { escapeHtml } from '../http/escape-html.js';

/** HTML that is safe to send, because {@link html} has escaped what was put into it. */
export class Html {
  /** @internal Only for markup that the library itself has written. */
  constructor(private readonly markup: string) {}

  toString(): string {
    return this.markup;
  }
}

/** What can be put into {@link html}: text, which is escaped, other HTML, which is not, and nothing at all. */
export type HtmlValue = string | number | Html | readonly HtmlValue[] | false | null | undefined;

/**
 * Writes HTML. Every value is escaped so that it can stand between tags and in quoted attributes; only what another
 * `html` has written stays as it is. `false`, `null` and `undefined` write nothing, a list writes its parts.
 *
 * Escaping makes no URL safe: a `href` needs one that no stranger has written.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings.reduce((before, text, index) => before + render(values[index - 1]) + text));
}

/**
 * Writes attributes, each with a space before it: one that is `true` stands without a value, one that is `false` or
 * `undefined` not at all.
 */
export function attributes(values: Readonly<Record<string, string | number | boolean | undefined>>): Html {
  return new Html(
    Object.entries(values)
      .map(([name, value]) => {
        if (value === undefined || value === false) {
          return '';
        }
        return value === true ? ` ${name}` : ` ${name}="${escapeHtml(String(value))}"`;
      })
      .join(''),
  );
}

function render(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) {
    return '';
  }
  if (value instanceof Html) {
    return value.toString();
  }
  return typeof value === 'object' ? value.map(render).join('') : escapeHtml(String(value));
}
