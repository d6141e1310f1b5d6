import { acceptedLanguage, type Language, languageOfTag } from '../../lib/languages.ts'

/** What the page for the own password says. */
export interface PasswordWords {
  readonly language: Language
  readonly title: string
  readonly hint: string
  readonly current: string
  readonly wanted: string
  readonly again: string
  readonly change: string
  readonly back: string
  readonly wrong: string
  readonly different: string
  readonly notGood: string
  readonly tooMany: string
  readonly done: string
  readonly signIn: string
}

const ENGLISH: PasswordWords = {
  language: 'en',
  title: 'Change your password',
  hint: 'Every browser is signed out then. Apps that have a password of their own stay connected.',
  current: 'Your password now',
  wanted: 'New password',
  again: 'New password, once more',
  change: 'Change password',
  back: 'Back',
  wrong: 'That is not your password. Please try again.',
  different: 'The two new passwords differ.',
  notGood: 'A password has 8 to 469 characters.',
  tooMany: 'There were too many attempts. Please wait a few minutes, then try again.',
  done: 'Your password is changed.',
  signIn: 'Sign in',
}

const GERMAN: PasswordWords = {
  language: 'de',
  title: 'Passwort ändern',
  hint: 'Danach ist jeder Browser abgemeldet. Apps mit eigenem Passwort bleiben verbunden.',
  current: 'Dein jetziges Passwort',
  wanted: 'Neues Passwort',
  again: 'Neues Passwort, noch einmal',
  change: 'Passwort ändern',
  back: 'Zurück',
  wrong: 'Das ist nicht dein Passwort. Bitte noch einmal versuchen.',
  different: 'Die beiden neuen Passwörter sind verschieden.',
  notGood: 'Ein Passwort hat 8 bis 469 Zeichen.',
  tooMany: 'Das waren zu viele Versuche. Bitte ein paar Minuten warten und dann noch einmal versuchen.',
  done: 'Dein Passwort ist geändert.',
  signIn: 'Anmelden',
}

const FRENCH: PasswordWords = {
  language: 'fr',
  title: 'Changer de mot de passe',
  hint: 'Tous les navigateurs seront déconnectés. Les applications qui ont leur propre mot de passe restent connectées.',
  current: 'Votre mot de passe actuel',
  wanted: 'Nouveau mot de passe',
  again: 'Nouveau mot de passe, encore une fois',
  change: 'Changer le mot de passe',
  back: 'Retour',
  wrong: 'Ce n’est pas votre mot de passe. Veuillez réessayer.',
  different: 'Les deux nouveaux mots de passe sont différents.',
  notGood: 'Un mot de passe compte de 8 à 469 caractères.',
  tooMany: 'Trop de tentatives. Patientez quelques minutes, puis réessayez.',
  done: 'Votre mot de passe est changé.',
  signIn: 'Se connecter',
}

const WORDS: Readonly<Record<Language, PasswordWords>> = { en: ENGLISH, de: GERMAN, fr: FRENCH }

/** In the language that the account has chosen, else in that of the browser. */
export function passwordWords(tag: string, acceptLanguage: string | undefined): PasswordWords {
  return WORDS[languageOfTag(tag) ?? acceptedLanguage(acceptLanguage) ?? 'en']
}
