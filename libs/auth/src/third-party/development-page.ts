import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText; }
main { box-sizing: border-box; width: min(100%, 26rem); padding: 1.5rem; }
h1 { margin: 0 0 .5rem; font-size: 1.4rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
form { display: grid; gap: 1rem; padding: 1.25rem; border: 1px solid GrayText; border-radius: .75rem; }
label { display: block; font-weight: 600; }
input[type=email] { box-sizing: border-box; width: 100%; margin-top: .25rem; padding: .6rem .7rem; font: inherit; border: 1px solid GrayText; border-radius: .4rem; }
.check { display: flex; gap: .5rem; align-items: baseline; font-weight: 400; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; }
button { flex: 1; min-height: 2.75rem; padding: .5rem 1rem; font: inherit; font-weight: 600; border: 1px solid GrayText; border-radius: .4rem; background: Canvas; color: CanvasText; cursor: pointer; }
button[value=allow] { border-color: #14532d; background: #14532d; color: #fff; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
`;

/** The page, and what allows its style in a content security policy. */
export interface DevelopmentPage {
  readonly html: string;
  readonly styleHash: string;
}

/** Renders the sign-in page of the pretended provider. @param fields what the form carries along. */
export function renderDevelopmentPage(
  name: string,
  appName: string,
  fields: readonly (readonly [string, string])[],
): DevelopmentPage {
  const hidden = fields
    .map(([field, value]) => `<input type="hidden" name="${escape(field)}" value="${escape(value)}">`)
    .join('\n        ');
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escape(name)} · pretended provider</title>
    <style>${STYLE}</style>
  </head>
  <body>
    <main>
      <h1>Who do you want to be?</h1>
      <p>This page pretends to be the sign-in page of a provider such as Google. The app ${escape(appName)} shows it in development only, and believes whatever you write here.</p>
      <form method="post">
        ${hidden}
        <div>
          <label for="email">Email</label>
          <input id="email" name="email" type="email" value="ada@example.com" autocomplete="off" spellcheck="false" aria-describedby="email-hint">
          <span id="email-hint">Leave it empty for an account without one.</span>
        </div>
        <label class="check"><input type="checkbox" name="email_verified" value="yes" checked> The provider vouches for this email</label>
        <div class="actions">
          <button name="decision" value="allow">Continue</button>
          <button name="decision" value="deny" formnovalidate>Cancel</button>
        </div>
      </form>
    </main>
  </body>
</html>
`;
  return { html, styleHash: `sha256-${createHash('sha256').update(STYLE).digest('base64')}` };
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
