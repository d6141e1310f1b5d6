import { acceptedLanguage, type Language } from '../../lib/languages.ts'

/** What the sign-in pages say, in the languages they speak. */
export interface Words {
  readonly language: string
  readonly signIn: string
  readonly user: string
  readonly password: string
  readonly wrong: string
  readonly forgotten: string
  readonly tooMany: string
  readonly signedOut: string
  readonly signedInAs: string
  readonly connect: string
  readonly connectHint: string
  readonly devices: string
  readonly secondStep: string
  readonly signOut: string
}

const ENGLISH: Words = {
  language: 'en',
  signIn: 'Sign in',
  user: 'Name or e-mail address',
  password: 'Password',
  wrong: 'That name and password do not fit together. Please try again.',
  forgotten: 'Forgot your password?',
  tooMany: 'There were too many attempts. Please wait a few minutes, then try again.',
  signedOut: 'You are signed out.',
  signedInAs: 'You are signed in as',
  connect: 'Connect an app',
  connectHint: 'Enter this server address in the app on your computer or phone:',
  devices: 'Devices and apps',
  secondStep: 'Second step at sign-in',
  signOut: 'Sign out',
}

const GERMAN: Words = {
  language: 'de',
  signIn: 'Anmelden',
  user: 'Name oder E-Mail-Adresse',
  password: 'Passwort',
  wrong: 'Name und Passwort passen nicht zusammen. Bitte noch einmal versuchen.',
  forgotten: 'Passwort vergessen?',
  tooMany: 'Das waren zu viele Versuche. Bitte ein paar Minuten warten und dann noch einmal versuchen.',
  signedOut: 'Du bist abgemeldet.',
  signedInAs: 'Angemeldet als',
  connect: 'Eine App verbinden',
  connectHint: 'Diese Server-Adresse in der App auf dem Computer oder Telefon eingeben:',
  devices: 'Geräte und Apps',
  secondStep: 'Zweiter Schritt beim Anmelden',
  signOut: 'Abmelden',
}

const FRENCH: Words = {
  language: 'fr',
  signIn: 'Se connecter',
  user: 'Nom ou adresse e-mail',
  password: 'Mot de passe',
  wrong: 'Ce nom et ce mot de passe ne vont pas ensemble. Veuillez réessayer.',
  forgotten: 'Mot de passe oublié ?',
  tooMany: 'Trop de tentatives. Patientez quelques minutes, puis réessayez.',
  signedOut: 'Vous êtes déconnecté.',
  signedInAs: 'Connecté en tant que',
  connect: 'Connecter une application',
  connectHint: 'Saisissez cette adresse de serveur dans l’application de votre ordinateur ou téléphone :',
  devices: 'Appareils et applications',
  secondStep: 'Seconde étape à la connexion',
  signOut: 'Se déconnecter',
}

const WORDS: Readonly<Record<Language, Words>> = { en: ENGLISH, de: GERMAN, fr: FRENCH }

/** The words for a visitor, whose browser says which languages it wants. */
export function wordsFor(acceptLanguage: string | undefined): Words {
  return WORDS[acceptedLanguage(acceptLanguage) ?? 'en']
}
