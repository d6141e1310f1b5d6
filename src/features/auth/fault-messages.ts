import type { Messages } from '../../lib/languages.ts'

/** Why somebody is not let in, or gets no app password. */
export const MESSAGES = {
  throttled: {
    en: 'Too many failed attempts. Try again later',
    de: 'Zu viele vergebliche Versuche. Bitte später noch einmal versuchen',
    fr: 'Trop de tentatives manquées. Réessayez plus tard',
  },
  noAppPassword: {
    en: 'There is no such app password',
    de: 'Dieses App-Passwort gibt es nicht',
    fr: 'Ce mot de passe d’application n’existe pas',
  },
  endsInPast: {
    en: 'An app password must end in the future',
    de: 'Ein App-Passwort muss in der Zukunft enden',
    fr: 'Un mot de passe d’application doit se terminer dans le futur',
  },
  tooManyAppPasswords: {
    en: 'This account has too many app passwords. Delete some first',
    de: 'Dieses Konto hat zu viele App-Passwörter. Bitte zuerst einige löschen',
    fr: 'Ce compte a trop de mots de passe d’application. Supprimez-en d’abord',
  },
  factorOn: {
    en: 'The second factor of this account is on already',
    de: 'Der zweite Schritt ist bei diesem Konto schon an',
    fr: 'La seconde étape est déjà activée pour ce compte',
  },
  factorNotBegun: {
    en: 'No second factor is being set up',
    de: 'Es wird gerade kein zweiter Schritt eingerichtet',
    fr: 'Aucune seconde étape n’est en cours d’installation',
  },
  factorOff: {
    en: 'The second factor of this account is off',
    de: 'Der zweite Schritt ist bei diesem Konto aus',
    fr: 'La seconde étape est désactivée pour ce compte',
  },
} as const satisfies Messages
