import type { Message, Messages } from '../../lib/languages.ts'

/** Why a look is not taken (recording theming). */
export const MESSAGES = {
  fixed: {
    en: 'The administrator has fixed the theme',
    de: 'Die Verwaltung hat das Aussehen festgelegt',
    fr: 'L’administration a fixé l’apparence',
  },
  noBackground: {
    en: 'The given file name is invalid',
    de: 'Diesen Hintergrund gibt es nicht',
    fr: 'Cet arrière-plan n’existe pas',
  },
  noColor: {
    en: 'The colour must be written as #rrggbb',
    de: 'Die Farbe muss als #rrggbb geschrieben sein',
    fr: 'La couleur doit être écrite sous la forme #rrggbb',
  },
  noTheme: (id: string): Message => ({
    en: `Invalid theme id: ${id}`,
    de: `Dieses Aussehen gibt es nicht: ${id}`,
    fr: `Ce thème n’existe pas : ${id}`,
  }),
} as const satisfies Messages
