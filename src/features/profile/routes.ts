import type { FastifyRequest } from 'fastify'
import { languageFor } from '../../http/language.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import type { Json } from '../../lib/json.ts'
import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import { actionsOf } from './actions.ts'
import type { Profile, Profiles } from './service.ts'
import { localTimeText, offsetSeconds } from './time.ts'
import { PROFILE_WORDS, type ProfileWords } from './words.ts'

export interface ProfileRoutesDeps {
  readonly clock: Clock
  readonly profiles: Profiles
  /** Where and how a viewer reads the time. */
  readonly placeOf: (accountId: number) => Promise<{ readonly timezone: string; readonly locale: string }>
}

export function profileRoutes(deps: ProfileRoutesDeps): OcsRoute[] {
  return [getHovercard(deps), getProfile(deps), chooseVisibility(deps)]
}

const iconAddress = ({ baseUrl }: FastifyRequest, file: string): string => `${baseUrl}/core/img/actions/${file}`

const HovercardAction = Type.Object({
  title: Type.String(),
  icon: Type.String(),
  hyperlink: Type.String(),
  appId: Type.String(),
})

/** What is shown when the pointer rests on a name (recording navigation-profile-hovercard). */
const getHovercard = (deps: ProfileRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/hovercard/v1/:userId',
    summary: 'Name of an account, and what one can do with it: profile, local time, mail',
    auth: 'user',
    reach: 'read',
    reply: Type.Object({
      userId: Type.String(),
      displayName: Type.String(),
      actions: Type.Array(HovercardAction),
    }),
    async handler({ viewer, params, request }) {
      const profile = await deps.profiles.find(viewer, params.userId)
      if (profile === undefined) throw new Fault('not-found', '')
      const words = PROFILE_WORDS[languageFor(viewer, request)]
      const { userId, displayName } = profile
      return { userId, displayName, actions: await hovercardActions(deps, viewer, request, profile, words) }
    },
  })

async function hovercardActions(
  { clock, placeOf }: ProfileRoutesDeps,
  viewer: AccountViewer,
  request: FastifyRequest,
  profile: Profile,
  words: ProfileWords,
): Promise<Json[]> {
  const { timezone, locale } = await placeOf(viewer.accountId)
  const time = { timezone: profile.timezone, viewerTimezone: timezone, atMs: clock.nowMs(), locale }
  const page = {
    title: words.view,
    icon: iconAddress(request, 'profile.svg'),
    hyperlink: `${request.baseUrl}/u/${encodeURIComponent(profile.userId)}`,
    appId: 'profile',
  }
  const clockEntry = {
    title: localTimeText(time, words),
    icon: iconAddress(request, 'recent.svg'),
    hyperlink: '#',
    appId: 'timezone',
  }
  const mail = profile.emails.map((address) => ({
    title: address,
    icon: iconAddress(request, 'mail.svg'),
    hyperlink: `mailto:${address}`,
    appId: 'email',
  }))
  return [...(profile.isEnabled ? [page] : []), clockEntry, ...mail]
}

const Text = Type.Union([Type.String(), Type.Null()])

const getProfile = ({ clock, profiles }: ProfileRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/profile/:targetUserId',
    summary: 'Profile of an account, as far as it is shown to the one who asks',
    auth: 'user',
    reach: 'read',
    reply: Type.Object({
      userId: Type.String(),
      address: Text,
      isUserAvatarVisible: Type.Boolean(),
      biography: Text,
      displayname: Text,
      headline: Text,
      organisation: Text,
      role: Text,
      pronouns: Text,
      actions: Type.Array(Type.Object({ id: Type.String(), icon: Type.String(), title: Type.String(), target: Text })),
      timezone: Type.String(),
      timezoneOffset: Type.Integer({ description: 'Seconds ahead of UTC' }),
    }),
    async handler({ viewer, params, request }) {
      const profile = await profiles.find(viewer, params.targetUserId)
      if (profile === undefined || !profile.isEnabled) throw new Fault('not-found', '', { data: null })
      const words = PROFILE_WORDS[languageFor(viewer, request)]
      const text = (field: Parameters<Profile['value']>[0]): string | null => profile.value(field) || null
      return {
        userId: profile.userId,
        address: text('address'),
        isUserAvatarVisible: profile.shows('avatar'),
        biography: text('biography'),
        displayname: text('displayname'),
        headline: text('headline'),
        organisation: text('organisation'),
        role: text('role'),
        pronouns: text('pronouns'),
        actions: actionsOf(profile, words).map(({ id, icon, title, target }) => ({
          id,
          icon: iconAddress(request, icon),
          title,
          target,
        })),
        timezone: profile.timezone,
        timezoneOffset: offsetSeconds(profile.timezone, clock.nowMs()),
      }
    },
  })

const chooseVisibility = ({ profiles }: ProfileRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'PUT',
    path: '/profile/:targetUserId',
    summary: 'Chooses to whom a part of one’s own profile is shown: show, show_users_only or hide',
    auth: 'user',
    input: Type.Object({ paramId: Type.String({ maxLength: 64 }), visibility: Type.String({ maxLength: 64 }) }),
    async handler({ viewer, params, input }) {
      await profiles.choose(viewer, params.targetUserId, input.paramId, input.visibility)
      return undefined
    },
  })
