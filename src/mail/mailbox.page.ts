import type { ReceivedEmail } from 'nestward';

/** The list of the messages, newest first. */
export function renderMailbox(messages: readonly ReceivedEmail[]): string {
  const items = messages.map(
    ({ id, to, subject, receivedAt }) => `
      <li>
        <a href="/dev/mailbox/${encodeURIComponent(id)}">${escape(subject)}</a>
        <span class="lead">to ${escape(to)}, ${renderTime(receivedAt)}</span>
      </li>`,
  );
  const list =
    items.length === 0
      ? '<p class="lead">There is none yet. Ask for a new password, say, and load this page again.</p>'
      : `<ol class="mailbox" reversed>${items.join('')}</ol>`;
  return renderPage(
    'Mailbox',
    `<h1>Mailbox</h1>
      <p class="lead">Messages of the last while. Nothing is really sent as long as no mail server is configured.</p>
      <section class="card" aria-label="Messages">${list}</section>`,
  );
}

/** One message, with its HTML in a frame. */
export function renderMessage({ id, to, subject, text, receivedAt }: ReceivedEmail): string {
  return renderPage(
    subject,
    `<p><a href="/dev/mailbox">All messages</a></p>
      <h1>${escape(subject)}</h1>
      <p class="lead">to ${escape(to)}, ${renderTime(receivedAt)}</p>
      <iframe class="message" title="The message" src="/dev/mailbox/${encodeURIComponent(id)}/html"
        sandbox="allow-top-navigation-by-user-activation"></iframe>
      <section class="card" aria-labelledby="text-heading">
        <h2 id="text-heading">As text</h2>
        <pre class="payload">${withLinks(escape(text))}</pre>
      </section>`,
  );
}

/** Makes the links of a message open in the place of the page that shows it. */
export function withLinksToTheTop(html: string): string {
  return html.replaceAll('<a ', '<a target="_top" ');
}

function renderPage(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${escape(title)} · Nestward demo</title>
    <link rel="icon" href="/assets/mark.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/assets/style.css" />
  </head>
  <body>
    <header class="bar">
      <p class="brand"><img src="/assets/mark.svg" width="32" height="32" alt="" />Nestward demo</p>
    </header>
    <main class="page stack">
      ${content}
    </main>
  </body>
</html>
`;
}

function renderTime(time: number): string {
  const iso = new Date(time).toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

/** Makes links of addresses in text that is escaped already. */
function withLinks(escaped: string): string {
  return escaped.replaceAll(/https?:\/\/[^\s<>"]+/g, (link) => `<a href="${link}">${link}</a>`);
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
