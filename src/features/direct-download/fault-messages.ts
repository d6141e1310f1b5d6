import type { Message, Messages } from '../../lib/languages.ts'

/** English as on the wire (recording direct-download). */
export const MESSAGES = {
  expirationTime: (maxSeconds: number): Message => ({
    en: `Expiration time should be greater than 0 and less than or equal to ${maxSeconds}`,
    de: `Ein Link gilt mindestens eine Sekunde und höchstens ${maxSeconds} Sekunden`,
    fr: `Un lien vaut au moins une seconde et au plus ${maxSeconds} secondes`,
  }),
  onlyFiles: {
    en: 'Direct download only works for files',
    de: 'Direkte Links gibt es nur für Dateien',
    fr: 'Les liens directs ne marchent que pour les fichiers',
  },
} as const satisfies Messages
