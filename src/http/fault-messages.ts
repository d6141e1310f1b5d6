import type { Messages } from '../lib/languages.ts'

/** Said by every surface. */
export const MESSAGES = {
  limitedAppPassword: {
    en: 'This app password may not do that',
    de: 'Dieses App-Passwort darf das nicht',
    fr: 'Ce mot de passe d’application n’en a pas le droit',
  },
} as const satisfies Messages
