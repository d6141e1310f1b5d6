import type { Messages } from './languages.ts'

/** Of what every surface rests on. */
export const MESSAGES = {
  tooManySignIns: {
    en: 'Too many people sign in at once. Try again in a moment',
    de: 'Gerade melden sich zu viele auf einmal an. Bitte gleich noch einmal versuchen',
    fr: 'Trop de personnes se connectent en même temps. Réessayez dans un instant',
  },
} as const satisfies Messages
