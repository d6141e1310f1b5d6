import type { Message, Messages } from '../../lib/languages.ts'

/** Why an absence is not taken. What clients look at is in the data of the answer (recording out-of-office). */
export const MESSAGES = {
  noDay: (field: string): Message => ({
    en: `Parameter "${field}" must be a day, YYYY-MM-DD`,
    de: `„${field}“ muss ein Tag sein, JJJJ-MM-TT`,
    fr: `« ${field} » doit être un jour, AAAA-MM-JJ`,
  }),
  messageTooLong: (chars: number): Message => ({
    en: `The message has more than ${chars} characters`,
    de: `Die Nachricht hat mehr als ${chars} Zeichen`,
    fr: `Le message dépasse ${chars} caractères`,
  }),
  unshown: (field: string): Message => ({
    en: `Parameter "${field}" has characters that cannot be shown`,
    de: `In „${field}“ sind Zeichen, die nicht gezeigt werden können`,
    fr: `« ${field} » contient des caractères qui ne peuvent pas être affichés`,
  }),
} as const satisfies Messages
