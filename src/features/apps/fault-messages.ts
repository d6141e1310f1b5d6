import type { Message, Messages } from '../../lib/languages.ts'

/** English as on the wire (recording provisioning-apps-config). */
export const MESSAGES = {
  unknownFilter: {
    en: 'Invalid filter',
    de: 'Diesen Filter gibt es nicht',
    fr: 'Ce filtre n’existe pas',
  },
  noApp: {
    en: 'The request app was not found',
    de: 'Diese App gibt es hier nicht',
    fr: 'Cette application n’existe pas ici',
  },
  alwaysOn: (app: string): Message => ({
    en: `The app ${app} is a part of this server and cannot be disabled`,
    de: `Die App ${app} ist ein Teil dieses Servers und kann nicht abgeschaltet werden`,
    fr: `L’application ${app} fait partie de ce serveur et ne peut pas être désactivée`,
  }),
} as const satisfies Messages
