import { answerNotModified } from '../../http/conditional.ts'
import { type Html, html } from '../../http/html.ts'
import { languageOf } from '../../http/language.ts'
import { type Branding, sendPage } from '../../http/page.ts'
import type { HttpRoute } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256Hex } from '../../lib/digest.ts'
import { Fault } from '../../lib/fault.ts'
import { lookUp } from '../../lib/lookup.ts'
import { actionsOf } from './actions.ts'
import { ACTION_ICONS } from './icons.ts'
import type { Profile, Profiles } from './service.ts'
import { timeText } from './time.ts'
import { PROFILE_WORDS, type ProfileWords } from './words.ts'

export interface ProfilePagesDeps {
  readonly clock: Clock
  readonly profiles: Profiles
  readonly branding: (baseUrl: string) => Branding | Promise<Branding>
}

export function profilePages(deps: ProfilePagesDeps): HttpRoute[] {
  return [profilePage(deps), actionIcon]
}

/** Clients open it from the hovercard. It shows to each what is shown to them, and to strangers what is for everybody. */
const profilePage = ({ clock, profiles, branding }: ProfilePagesDeps): HttpRoute => ({
  method: 'GET',
  path: '/u/:userId',
  summary: 'Profile page of an account, as far as it is shown to the one who asks',
  access: 'public',
  async handler(request, reply) {
    const { userId = '' } = request.params as { readonly userId?: string }
    const viewer = await request.viewer()
    if (viewer.kind === 'account') reply.header('x-user-id', encodeURI(viewer.userId))
    const profile = await profiles.find(viewer, userId)
    if (profile === undefined || !profile.isEnabled) throw new Fault('not-found', 'There is no page at this address')
    const language = languageOf(request)
    const words = PROFILE_WORDS[language]
    reply.header('cache-control', 'private, no-cache')
    return sendPage(reply, {
      language,
      title: words.profileOf.replace('{value}', profile.displayName),
      branding: await branding(request.baseUrl),
      body: pageBody(profile, words, timeText(profile.timezone, clock.nowMs(), language)),
    })
  },
})

function pageBody(profile: Profile, words: ProfileWords, time: string): Html {
  const line = (text: string): Html | undefined => (text === '' ? undefined : html`<p class="quiet">${text}</p>`)
  const work = [profile.value('role'), profile.value('organisation')].filter((text) => text !== '').join(', ')
  const biography = profile.value('biography')
  const actions = actionsOf(profile, words).map(
    ({ title, target }) => html`<li><a href="${target}" rel="nofollow noopener noreferrer">${title}</a></li>`,
  )
  const address = `/avatar/${encodeURIComponent(profile.userId)}/512`
  const picture = profile.shows('avatar')
    ? html`<picture><source srcset="${address}/dark" media="(prefers-color-scheme: dark)"><img class="portrait" src="${address}" alt="" width="128" height="128"></picture>`
    : undefined
  return html`<section class="profile">
${picture}
<h2>${profile.displayName}</h2>
${line(profile.value('pronouns'))}
${line(profile.value('headline'))}
${line(work)}
${line(profile.value('address'))}
${biography === '' ? undefined : html`<p class="prose">${biography}</p>`}
<p class="quiet">${words.localTime}: ${time}</p>
${actions.length === 0 ? undefined : html`<ul class="devices">${actions}</ul>`}
</section>`
}

/** A client may keep it for a day. */
const ICON_CACHE = 'public, max-age=86400'

const actionIcon: HttpRoute = {
  method: 'GET',
  path: '/core/img/actions/:file',
  summary: 'An icon of what can be done with people',
  access: 'public',
  handler(request, reply) {
    const { file = '' } = request.params as { readonly file?: string }
    const svg = lookUp(ACTION_ICONS, file)
    if (svg === undefined) throw new Fault('not-found', 'There is no such picture')
    reply.header('cache-control', ICON_CACHE)
    reply.header('content-security-policy', "default-src 'none';sandbox")
    if (answerNotModified(request, reply, { etag: `"${sha256Hex(svg).slice(0, 32)}"` })) return reply
    return reply.header('content-type', 'image/svg+xml').send(svg)
  },
}
