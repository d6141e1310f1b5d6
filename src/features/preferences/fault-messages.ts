import type { Messages } from '../../lib/languages.ts'

/** Why a preference is not kept. */
export const MESSAGES = {
  noAccount: {
    en: 'User does not exist',
    de: 'Dieses Konto gibt es nicht',
    fr: 'Ce compte n’existe pas',
  },
} as const satisfies Messages
