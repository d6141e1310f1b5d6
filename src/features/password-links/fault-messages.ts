import type { Messages } from '../../lib/languages.ts'

/** Why no link is sent. */
export const MESSAGES = {
  noAddress: {
    en: 'Email address not available',
    de: 'Zu diesem Konto gibt es keine E-Mail-Adresse',
    fr: 'Ce compte n’a pas d’adresse e-mail',
  },
  noMail: {
    en: 'No mail server is set on this server',
    de: 'Dieser Server verschickt keine Mails',
    fr: 'Ce serveur n’envoie pas de messages',
  },
} as const satisfies Messages
