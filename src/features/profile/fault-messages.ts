import type { Message, Messages } from '../../lib/languages.ts'

/** English as on the wire (recording navigation-profile-hovercard). */
export const MESSAGES = {
  onlyOwn: {
    en: 'People can only edit their own visibility settings',
    de: 'Was andere sehen, kann jeder nur für sich selbst festlegen',
    fr: 'Chacun ne peut régler que la visibilité de son propre profil',
  },
  noField: (field: string): Message => ({
    en: `Account does not have a profile parameter with ID: ${field}`,
    de: `Im Profil gibt es kein Feld ${field}`,
    fr: `Il n’y a pas de champ ${field} dans le profil`,
  }),
  noVisibility: (known: string): Message => ({
    en: `The visibility must be one of ${known}`,
    de: `Die Sichtbarkeit muss eines davon sein: ${known}`,
    fr: `La visibilité doit être l’une de celles-ci : ${known}`,
  }),
  noAccount: {
    en: 'User does not exist',
    de: 'Dieses Konto gibt es nicht',
    fr: 'Ce compte n’existe pas',
  },
} as const satisfies Messages
