import type { Language } from '../../lib/languages.ts'
import type { Letter } from '../mail/index.ts'

/** `invitation`: choose a password. `welcome`: there is one already. `reminder`: it was forgotten. */
export type Occasion = 'invitation' | 'welcome' | 'reminder'

interface Text {
  readonly subject: string
  readonly paragraphs: readonly string[]
  readonly action: string
  readonly closing?: string
}

type Texts = Readonly<Record<Occasion, Text>> & { readonly greeting: string }

/** `{name}`, `{user}` and `{site}` are put in. */
const ENGLISH: Texts = {
  greeting: 'Hello {name},',
  invitation: {
    subject: 'Your account at {site}',
    paragraphs: ['an account was made for you at {site}. Your login name is {user}.', 'Please choose a password:'],
    action: 'Choose a password',
    closing: 'The link works once, and for seven days.',
  },
  welcome: {
    subject: 'Welcome to {site}',
    paragraphs: ['you have an account at {site}. Your login name is {user}.'],
    action: 'Sign in',
  },
  reminder: {
    subject: 'A new password for {site}',
    paragraphs: [
      'somebody, most likely you, has asked for a new password for your account {user} at {site}.',
      'With this link you can choose one:',
    ],
    action: 'Choose a password',
    closing: 'The link works once, and for two hours. If it was not you, leave it: your password stays as it is.',
  },
}

const GERMAN: Texts = {
  greeting: 'Hallo {name},',
  invitation: {
    subject: 'Dein Konto bei {site}',
    paragraphs: [
      'für dich gibt es jetzt ein Konto bei {site}. Dein Anmeldename ist {user}.',
      'Bitte wähle ein Passwort:',
    ],
    action: 'Passwort wählen',
    closing: 'Der Link gilt einmal und sieben Tage lang.',
  },
  welcome: {
    subject: 'Willkommen bei {site}',
    paragraphs: ['du hast ein Konto bei {site}. Dein Anmeldename ist {user}.'],
    action: 'Anmelden',
  },
  reminder: {
    subject: 'Ein neues Passwort für {site}',
    paragraphs: [
      'jemand, wahrscheinlich du, möchte ein neues Passwort für dein Konto {user} bei {site}.',
      'Mit diesem Link kannst du eines wählen:',
    ],
    action: 'Passwort wählen',
    closing:
      'Der Link gilt einmal und zwei Stunden lang. Warst du es nicht, dann lass ihn liegen: Dein Passwort bleibt.',
  },
}

const FRENCH: Texts = {
  greeting: 'Bonjour {name},',
  invitation: {
    subject: 'Votre compte sur {site}',
    paragraphs: [
      'un compte a été créé pour vous sur {site}. Votre nom de connexion est {user}.',
      'Veuillez choisir un mot de passe :',
    ],
    action: 'Choisir un mot de passe',
    closing: 'Le lien sert une seule fois, pendant sept jours.',
  },
  welcome: {
    subject: 'Bienvenue sur {site}',
    paragraphs: ['vous avez un compte sur {site}. Votre nom de connexion est {user}.'],
    action: 'Se connecter',
  },
  reminder: {
    subject: 'Un nouveau mot de passe pour {site}',
    paragraphs: [
      'quelqu’un, sans doute vous, demande un nouveau mot de passe pour votre compte {user} sur {site}.',
      'Ce lien permet d’en choisir un :',
    ],
    action: 'Choisir un mot de passe',
    closing:
      'Le lien sert une seule fois, pendant deux heures. Si ce n’était pas vous, ne faites rien : votre mot de passe reste le même.',
  },
}

const TEXTS: Readonly<Record<Language, Texts>> = { en: ENGLISH, de: GERMAN, fr: FRENCH }

export interface LetterFacts {
  readonly occasion: Occasion
  readonly to: string
  readonly name: string
  readonly userId: string
  readonly site: string
  readonly url: string
  readonly language: Language
}

export function writeLetter({ occasion, to, name, userId, site, url, language }: LetterFacts): Letter {
  const text = TEXTS[language][occasion]
  const names: Readonly<Record<string, string>> = { name, user: userId, site }
  const filled = (sentence: string): string => sentence.replace(/\{(\w+)\}/g, (_all, key: string) => names[key] ?? '')
  return {
    to,
    toName: name,
    subject: filled(text.subject),
    language,
    paragraphs: [TEXTS[language].greeting, ...text.paragraphs].map(filled),
    action: { label: text.action, url },
    ...(text.closing === undefined ? {} : { closing: text.closing }),
  }
}
