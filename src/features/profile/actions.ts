import type { Profile } from './service.ts'
import type { ProfileWords } from './words.ts'

/** Something one can do with somebody, as far as that is shown. */
export interface Action {
  readonly id: 'email' | 'phone' | 'website' | 'twitter' | 'fediverse' | 'bluesky'
  /** File below `/core/img/actions`. */
  readonly icon: string
  readonly title: string
  /** Address to open. */
  readonly target: string
}

interface Kind {
  readonly icon: string
  target(value: string): string
}

/** In the order in which clients show them (recording navigation-profile-hovercard). */
const KINDS: Readonly<Record<Action['id'], Kind>> = {
  email: { icon: 'mail.svg', target: (value) => `mailto:${value}` },
  phone: { icon: 'phone.svg', target: (value) => `tel:${value}` },
  website: { icon: 'website.svg', target: (value) => value },
  twitter: { icon: 'twitter.svg', target: (value) => `https://x.com/${encodeURIComponent(value)}` },
  fediverse: { icon: 'mastodon.svg', target: fediverseAddress },
  bluesky: { icon: 'bluesky.svg', target: (value) => `https://bsky.app/profile/${encodeURIComponent(value)}` },
}

export function actionsOf(profile: Profile, words: ProfileWords): Action[] {
  return Object.entries(KINDS).flatMap(([key, { icon, target }]) => {
    const id = key as Action['id']
    const value = profile.value(id).replace(/^@/, '')
    return value === '' ? [] : { id, icon, title: words[id].replace('{value}', value), target: target(value) }
  })
}

/** `name@example.social` lives at `https://example.social/@name`. */
function fediverseAddress(value: string): string {
  const [name = '', host = ''] = value.split('@')
  return `https://${host}/@${encodeURIComponent(name)}`
}
