import type { Message, Messages } from '../../lib/languages.ts'

/** English as on the wire (recording user-status). */
export const MESSAGES = {
  unknownType: (type: string): Message => ({
    en: `Status-type "${type}" is not supported`,
    de: `Den Status „${type}“ gibt es hier nicht`,
    fr: `Le statut « ${type} » n’existe pas ici`,
  }),
  unknownMessage: (messageId: string): Message => ({
    en: `Message-Id "${messageId}" is not supported`,
    de: `Die Statusmeldung „${messageId}“ gibt es hier nicht`,
    fr: `Le message de statut « ${messageId} » n’existe pas ici`,
  }),
  iconTooLong: {
    en: 'Status-Icon is longer than one character',
    de: 'Das Symbol des Status muss genau ein Emoji sein',
    fr: 'L’icône du statut doit être un seul emoji',
  },
  messageTooLong: (chars: number): Message => ({
    en: `Message is longer than supported length of ${chars} characters`,
    de: `Die Statusmeldung hat mehr als ${chars} Zeichen`,
    fr: `Le message de statut dépasse ${chars} caractères`,
  }),
  messageUnshown: {
    en: 'Message has characters that cannot be shown',
    de: 'In der Statusmeldung sind Zeichen, die nicht gezeigt werden können',
    fr: 'Le message de statut contient des caractères qui ne peuvent pas être affichés',
  },
  clearAtPast: {
    en: 'ClearAt is in the past',
    de: 'Der Status müsste schon gelöscht sein: die Zeit liegt in der Vergangenheit',
    fr: 'Le statut devrait déjà être effacé : l’heure est passée',
  },
  clearAtFar: {
    en: 'ClearAt is too far away',
    de: 'Die Zeit, zu der der Status gelöscht wird, liegt zu weit in der Zukunft',
    fr: 'L’heure à laquelle effacer le statut est trop lointaine',
  },
  noOwnStatus: {
    en: 'No status for the current user',
    de: 'Du hast keinen Status',
    fr: 'Vous n’avez pas de statut',
  },
  noStatus: {
    en: 'No status for the requested userId',
    de: 'Dieses Konto hat keinen Status',
    fr: 'Ce compte n’a pas de statut',
  },
} as const satisfies Messages
