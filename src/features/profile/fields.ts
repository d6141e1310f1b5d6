import { lookUp } from '../../lib/lookup.ts'

/** To whom a part of a profile is shown, besides its owner. */
export const VISIBILITIES = ['show', 'show_users_only', 'hide'] as const
export type FieldVisibility = (typeof VISIBILITIES)[number]

/** Parts of a profile, each with whom it is shown to until its owner chooses otherwise. */
const USUAL_VISIBILITY = {
  address: 'show_users_only',
  avatar: 'show',
  biography: 'show',
  displayname: 'show',
  headline: 'show',
  organisation: 'show',
  role: 'show',
  pronouns: 'show',
  email: 'show_users_only',
  phone: 'show_users_only',
  website: 'show',
  twitter: 'show',
  fediverse: 'show',
  bluesky: 'show',
} as const satisfies Readonly<Record<string, FieldVisibility>>

export type ProfileFieldId = keyof typeof USUAL_VISIBILITY

export function isProfileField(id: string): id is ProfileFieldId {
  return lookUp(USUAL_VISIBILITY, id) !== undefined
}

export function usualVisibility(id: ProfileFieldId): FieldVisibility {
  return USUAL_VISIBILITY[id]
}
