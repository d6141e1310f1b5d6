import type { Messages } from '../lib/languages.ts'

/** What goes wrong with any content. */
export const MESSAGES = {
  diskFull: {
    en: 'The disk of the server is full',
    de: 'Auf dem Server ist kein Platz mehr',
    fr: 'Le serveur n’a plus de place',
  },
  diskUnusable: {
    en: 'The disk of the server cannot be used',
    de: 'Der Speicher des Servers ist gerade nicht zu benutzen',
    fr: 'Le disque du serveur est indisponible',
  },
  storageFull: {
    en: 'The object storage of the server is full',
    de: 'Auf dem Server ist kein Platz mehr',
    fr: 'Le serveur n’a plus de place',
  },
  storageUnusable: {
    en: 'The object storage of the server cannot be used',
    de: 'Der Speicher des Servers ist gerade nicht zu benutzen',
    fr: 'Le stockage du serveur est indisponible',
  },
} as const satisfies Messages
