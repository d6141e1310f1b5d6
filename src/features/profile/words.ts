import type { Language } from '../../lib/languages.ts'

/** What is said of people. `{value}` is what the action is about, `{span}` a difference in time. */
export interface ProfileWords {
  readonly view: string
  readonly email: string
  readonly phone: string
  readonly website: string
  readonly twitter: string
  readonly fediverse: string
  readonly bluesky: string
  readonly sameTime: string
  readonly ahead: string
  readonly behind: string
  readonly profileOf: string
  readonly localTime: string
}

const ENGLISH: ProfileWords = {
  view: 'View profile',
  email: 'Mail {value}',
  phone: 'Call {value}',
  website: 'Visit {value}',
  twitter: 'View @{value} on X',
  fediverse: 'View @{value} on the fediverse',
  bluesky: 'View {value} on Bluesky',
  sameTime: 'same time',
  ahead: '{span} ahead',
  behind: '{span} behind',
  profileOf: 'Profile of {value}',
  localTime: 'Local time',
}

const GERMAN: ProfileWords = {
  view: 'Profil ansehen',
  email: 'E-Mail an {value}',
  phone: '{value} anrufen',
  website: '{value} besuchen',
  twitter: '@{value} auf X ansehen',
  fediverse: '@{value} im Fediverse ansehen',
  bluesky: '{value} auf Bluesky ansehen',
  sameTime: 'gleiche Zeit',
  ahead: '{span} voraus',
  behind: '{span} zurück',
  profileOf: 'Profil von {value}',
  localTime: 'Ortszeit',
}

const FRENCH: ProfileWords = {
  view: 'Voir le profil',
  email: 'Écrire à {value}',
  phone: 'Appeler le {value}',
  website: 'Visiter {value}',
  twitter: 'Voir @{value} sur X',
  fediverse: 'Voir @{value} sur le fédivers',
  bluesky: 'Voir {value} sur Bluesky',
  sameTime: 'même heure',
  ahead: '{span} d’avance',
  behind: '{span} de retard',
  profileOf: 'Profil de {value}',
  localTime: 'Heure locale',
}

export const PROFILE_WORDS: Readonly<Record<Language, ProfileWords>> = { en: ENGLISH, de: GERMAN, fr: FRENCH }
