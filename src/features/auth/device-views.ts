import { type Html, html } from '../../http/html.ts'
import type { AppPassword } from './app-passwords.ts'
import { type Confirmation, confirmField } from './own-form.ts'
import type { SecurityWords } from './security-words.ts'

/** What every part of the page needs. */
export interface PageContext {
  readonly words: SecurityWords
  /** Where its forms go. */
  readonly path: string
  readonly requestToken: string
  /** What sensitive changes want. */
  readonly confirmation: Confirmation
  readonly nowMs: number
}

export function deviceList(
  context: PageContext,
  devices: readonly AppPassword[],
  folderPaths: ReadonlyMap<number, string>,
): Html {
  const { words } = context
  const items = devices.map((device) => deviceItem(context, device, folderPaths))
  const list =
    items.length === 0
      ? html`<p class="quiet">${words.none}</p>`
      : html`<ul class="devices">
${items}</ul>`
  return html`<h2>${words.devices}</h2>
<p class="quiet">${words.devicesHint}</p>
${list}`
}

function deviceItem(context: PageContext, device: AppPassword, folderPaths: ReadonlyMap<number, string>): Html {
  const { words } = context
  const facts = factsOf(context, device, folderPaths).map((fact) => html`<span>${fact}</span>`)
  const label = `name-${device.id}`
  const form = (inner: Html): Html => html`<form method="post" action="${context.path}">
${hidden(context)}<input type="hidden" name="id" value="${device.id}">
${inner}</form>`
  const renaming = html`<label for="${label}">${words.name}</label>
<input id="${label}" name="name" value="${device.name}" maxlength="120" required>
<button class="second" name="action" value="rename">${words.rename}</button>
`
  const wiping = html`<p class="quiet">${words.wipeHint}</p>
${passwordField(context, `password-${device.id}`)}
<button class="second danger" name="action" value="wipe">${words.wipe}</button>
`
  const revoking = html`<button class="second danger" name="action" value="revoke">${words.revoke}</button>
`
  return html`<li>
<strong>${device.name}</strong>
<p class="facts">${facts}</p>
<details><summary>${words.manage}<span class="hidden">: ${device.name}</span></summary>
${form(renaming)}
${form(revoking)}
${form(wiping)}
</details>
</li>
`
}

function factsOf(
  { words, nowMs }: PageContext,
  { createdAtMs, lastUsedAtMs, isReadOnly, folderId, endsAtMs, isWipeWanted }: AppPassword,
  folderPaths: ReadonlyMap<number, string>,
): Html[] {
  const facts = [
    withTime(words, words.lastUsed, lastUsedAtMs),
    withTime(words, words.made, createdAtMs),
    ...(isReadOnly ? [html`${words.readOnly}`] : []),
  ]
  const path = folderId === undefined ? undefined : folderPaths.get(folderId)
  if (path !== undefined) facts.push(filled(words.onlyFolder, 'folder', html`<b>${path}</b>`))
  else if (folderId !== undefined) facts.push(html`${words.folderGone}`)
  if (endsAtMs !== undefined) facts.push(withTime(words, endsAtMs > nowMs ? words.ends : words.ended, endsAtMs))
  if (isWipeWanted) facts.push(html`${words.wipeWanted}`)
  return facts
}

function withTime(words: SecurityWords, sentence: string, timeMs: number): Html {
  const format = new Intl.DateTimeFormat(words.language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  const time = new Date(timeMs)
  return filled(sentence, 'time', html`<time datetime="${time.toISOString()}">${format.format(time)} UTC</time>`)
}

/** A sentence with one of its places filled. */
function filled(sentence: string, name: string, value: Html): Html {
  const [before = '', after = ''] = sentence.split(`{${name}}`)
  return html`${before}${value}${after}`
}

const hidden = ({ requestToken }: PageContext): Html =>
  html`<input type="hidden" name="requesttoken" value="${requestToken}">`

const passwordField = ({ words, confirmation }: PageContext, id: string): Html | undefined =>
  confirmField(words.language, words.password, id, confirmation)

export function addForm(context: PageContext): Html {
  const { words } = context
  return html`<h2>${words.addTitle}</h2>
<p class="quiet">${words.addHint}</p>
<form method="post" action="${context.path}">
${hidden(context)}
<label for="new-name">${words.name}</label>
<input id="new-name" name="name" maxlength="120" required>
<label class="box"><input type="checkbox" name="read_only" value="1"> ${words.readOnlyBox}</label>
<label for="new-folder">${words.folder}</label>
<input id="new-folder" name="folder" maxlength="4000" aria-describedby="new-folder-hint">
<p class="quiet" id="new-folder-hint">${words.folderHint}</p>
<label for="new-expires">${words.expires}</label>
<input id="new-expires" name="expires" type="date" aria-describedby="new-expires-hint">
<p class="quiet" id="new-expires-hint">${words.expiresHint}</p>
${passwordField(context, 'new-password')}
<button name="action" value="add">${words.add}</button>
</form>`
}

export function phoneForm(context: PageContext): Html {
  const { words } = context
  return html`<h2>${words.phoneTitle}</h2>
<p class="quiet">${words.phoneHint}</p>
<form method="post" action="${context.path}">
${hidden(context)}
${passwordField(context, 'phone-password')}
<button class="second" name="action" value="code">${words.phoneButton}</button>
</form>`
}

export function secretPage({ words, path }: PageContext, userId: string, secret: string): Html {
  return html`<h2>${words.secretTitle}</h2>
<p role="status">${words.secretHint}</p>
<dl><dt>${words.userName}</dt><dd><code>${userId}</code></dd>
<dt>${words.appPassword}</dt><dd><code>${secret}</code></dd></dl>
<a class="button" href="${path}">${words.title}</a>`
}

export async function codePage({ words, path }: PageContext, address: string): Promise<Html> {
  return html`<h2>${words.phoneTitle}</h2>
<p role="status">${words.codeHint}</p>
<p class="code">${await qrCode(address, words.codeAlt)}</p>
<a class="button" href="${path}">${words.title}</a>`
}

/** A picture of a text for cameras. */
export async function qrCode(text: string, alternative: string): Promise<Html> {
  // Loaded with the first code: most processes never show one.
  const { encodeQR } = await import('qr')
  const picture = Buffer.from(encodeQR(text, 'svg')).toString('base64')
  return html`<img src="data:image/svg+xml;base64,${picture}" alt="${alternative}" width="260" height="260">`
}
