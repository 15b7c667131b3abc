import { escapeHtml } from '../http/escape-html.js';
import type { EmailBody } from './email-templates.js';

/** The parts of a message. All of them are plain text. */
export interface EmailContent {
  readonly appName: string;
  readonly subject: string;
  readonly heading: string;
  /** What stands before the link. */
  readonly paragraphs: readonly string[];
  readonly action: { readonly label: string; readonly link: string };
  /** What stands after the link, in smaller letters. */
  readonly after: readonly string[];
}

/**
 * Writes a message as text and as HTML. The HTML keeps to what mail programs know: tables, inline styles, no image, no
 * font, nothing from elsewhere. The link stands there in full too, for whoever wants to see where it leads.
 */
export function renderEmail(content: EmailContent): EmailBody {
  const subject = content.subject.replace(/\s+/g, ' ').trim();
  return { subject, text: renderText(content), html: renderHtml({ ...content, subject }) };
}

function renderText({ appName, paragraphs, action, after }: EmailContent): string {
  return [...paragraphs, `${action.label}:\n${action.link}`, ...after, `-- \n${appName}`].join('\n\n') + '\n';
}

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

function renderHtml({ appName, subject, heading, paragraphs, action, after }: EmailContent): string {
  const paragraph = (text: string): string =>
    `<p style="margin:0 0 16px;${FONT};font-size:16px;line-height:24px;color:#1d2420">${escapeHtml(text)}</p>`;
  const small = (text: string): string =>
    `<p style="margin:0 0 12px;${FONT};font-size:14px;line-height:20px;color:#4d5751">${text}</p>`;
  const link = escapeHtml(action.link);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${escapeHtml(subject)}</title>
</head>
<body style="margin:0;padding:0;background-color:#f4f3ee">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background-color:#f4f3ee">
<tr><td align="center" style="padding:32px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:520px">
<tr><td style="padding:0 8px 16px;${FONT};font-size:16px;font-weight:600;color:#1d2420">${escapeHtml(appName)}</td></tr>
<tr><td style="padding:32px;background-color:#ffffff;border:1px solid #dcdad0;border-radius:12px">
<h1 style="margin:0 0 16px;${FONT};font-size:22px;line-height:28px;font-weight:600;color:#1d2420">${escapeHtml(heading)}</h1>
${paragraphs.map(paragraph).join('\n')}
<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:24px 0"><tr><td style="background-color:#1f5c43;border-radius:8px">
<a href="${link}" style="display:inline-block;padding:12px 24px;${FONT};font-size:16px;line-height:24px;font-weight:600;color:#ffffff;text-decoration:none">${escapeHtml(action.label)}</a>
</td></tr></table>
${after.map((text) => small(escapeHtml(text))).join('\n')}
${small(`If the button does not work, copy this address into your browser:<br><a href="${link}" style="color:#1f5c43;word-break:break-all">${link}</a>`)}
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
}
