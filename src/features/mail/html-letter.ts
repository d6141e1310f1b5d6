import { html } from '../../http/html.ts'
import type { Letter } from './mailer.ts'

/** Mail programs know little of style sheets: styles stand in the elements. Nothing is loaded from anywhere. */
export function createHtmlLetter({ language, subject, paragraphs, action, closing }: Letter, site: string): string {
  const button =
    action === undefined
      ? undefined
      : html`<p style="margin:24px 0"><a href="${action.url}" style="display:inline-block;padding:12px 20px;border-radius:8px;background:#1f6f8b;color:#ffffff;text-decoration:none;font-weight:600">${action.label}</a></p>
<p style="color:#5b6570;font-size:14px;overflow-wrap:anywhere">${action.url}</p>`
  return html`<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${subject}</title></head>
<body style="margin:0;padding:24px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
<div style="max-width:560px;margin:0 auto">
${paragraphs.map((paragraph) => html`<p>${paragraph}</p>`)}
${button}
${closing === undefined ? undefined : html`<p style="color:#5b6570;font-size:14px">${closing}</p>`}
<p style="color:#5b6570;font-size:14px">${site}</p>
</div>
</body>
</html>
`.toString()
}
