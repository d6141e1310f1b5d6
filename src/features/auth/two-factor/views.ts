import { type Html, html } from '../../../http/html.ts'
import { qrCode } from '../device-views.ts'
import type { TwoFactorWords } from './words.ts'

/** Where a form goes, and what shows that it is ours. */
export interface FormPlace {
  readonly path: string
  readonly requestToken: string
}

export const hidden = ({ requestToken }: FormPlace): Html =>
  html`<input type="hidden" name="requesttoken" value="${requestToken}">`

export const alert = (text: string | undefined): Html | undefined =>
  text === undefined ? undefined : html`<p class="wrong" role="alert">${text}</p>`

export function codeField(words: TwoFactorWords, isDigits: boolean): Html {
  const keys = isDigits ? html` inputmode="numeric" pattern="[0-9 ]{6,7}"` : html` autocapitalize="characters"`
  return html`<label for="code">${words.code}</label>
<input id="code" name="code" autocomplete="one-time-code"${keys} maxlength="40" spellcheck="false" required autofocus>`
}

export function challengeView(words: TwoFactorWords, place: FormPlace, problem: string | undefined): Html {
  return html`<h2>${words.challengeTitle}</h2>
${alert(problem)}
<p>${words.challenge}</p>
<form method="post" action="${place.path}">
${hidden(place)}
${codeField(words, false)}
<p class="quiet">${words.codeHint}</p>
<button>${words.signIn}</button>
</form>`
}

/** Shows the secret and asks for the first code. */
export async function setupView(
  words: TwoFactorWords,
  place: FormPlace,
  address: { readonly secret: string; readonly uri: string },
  problem: string | undefined,
): Promise<Html> {
  return html`${alert(problem)}
<p>${words.scan}</p>
<p class="code">${await qrCode(address.uri, words.codeAlt)}</p>
<p class="quiet">${words.typed}</p>
<code>${address.secret}</code>
<form method="post" action="${place.path}">
${hidden(place)}
<p>${words.confirm}</p>
${codeField(words, true)}
<button name="action" value="confirm">${words.confirmButton}</button>
</form>`
}

export function recoveryView(words: TwoFactorWords, codes: readonly string[], next: Html): Html {
  const items = codes.map((code) => html`<li><code>${code}</code></li>`)
  return html`<h2>${words.recoveryTitle}</h2>
<p role="status">${words.recovery}</p>
<ul class="codes">${items}</ul>
${next}`
}

/** What authenticator apps read (documentation: Google Authenticator's key URI format). */
export function keyUri(site: string, userId: string, secret: string): string {
  const label = `${encodeURIComponent(site)}:${encodeURIComponent(userId)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(site)}&algorithm=SHA1&digits=6&period=30`
}
