import { acceptedLanguage, type Language } from '../../lib/languages.ts'
import type { Refusal } from './refusal.ts'

export interface OidcWords {
  readonly language: Language
  readonly title: string
  readonly again: string
  readonly refusals: Readonly<Record<Refusal, string>>
}

const ENGLISH: OidcWords = {
  language: 'en',
  title: 'That did not work',
  again: 'Back to the sign-in',
  refusals: {
    unavailable: 'The service where you sign in does not answer. Please try again in a few minutes.',
    denied: 'The sign-in was cancelled or refused.',
    failed: 'The answer of the service where you sign in could not be checked. Please try again.',
    stale: 'This sign-in was begun in another window or is too old. Please begin again.',
    'no-name': 'The service where you sign in does not say who you are here. Please ask your administrator.',
    'bad-name': 'Your name there cannot be the name of an account here. Please ask your administrator.',
    taken: 'There is an account of this name already, and it is not yours yet. Please ask your administrator.',
    'no-account': 'You have no account here yet. Please ask your administrator for one.',
    disabled: 'Your account here is disabled.',
  },
}

const GERMAN: OidcWords = {
  language: 'de',
  title: 'Das hat nicht geklappt',
  again: 'Zurück zur Anmeldung',
  refusals: {
    unavailable:
      'Der Dienst, bei dem du dich anmeldest, antwortet nicht. Bitte in ein paar Minuten noch einmal versuchen.',
    denied: 'Die Anmeldung wurde abgebrochen oder abgelehnt.',
    failed: 'Die Antwort des Dienstes, bei dem du dich anmeldest, war nicht zu prüfen. Bitte noch einmal versuchen.',
    stale: 'Diese Anmeldung wurde in einem anderen Fenster begonnen oder ist zu alt. Bitte neu beginnen.',
    'no-name': 'Der Dienst, bei dem du dich anmeldest, sagt nicht, wer du hier bist. Bitte frag die Verwaltung.',
    'bad-name': 'Dein Name dort kann hier kein Kontoname sein. Bitte frag die Verwaltung.',
    taken: 'Ein Konto dieses Namens gibt es schon, und es gehört noch nicht dir. Bitte frag die Verwaltung.',
    'no-account': 'Du hast hier noch kein Konto. Bitte frag die Verwaltung danach.',
    disabled: 'Dein Konto hier ist gesperrt.',
  },
}

const FRENCH: OidcWords = {
  language: 'fr',
  title: 'Cela n’a pas marché',
  again: 'Retour à la connexion',
  refusals: {
    unavailable: 'Le service où vous vous connectez ne répond pas. Réessayez dans quelques minutes.',
    denied: 'La connexion a été annulée ou refusée.',
    failed: 'La réponse du service où vous vous connectez n’a pas pu être vérifiée. Réessayez.',
    stale: 'Cette connexion a commencé dans une autre fenêtre ou est trop ancienne. Recommencez.',
    'no-name': 'Le service où vous vous connectez ne dit pas qui vous êtes ici. Adressez-vous à l’administration.',
    'bad-name': 'Votre nom là-bas ne peut pas être celui d’un compte ici. Adressez-vous à l’administration.',
    taken: 'Un compte de ce nom existe déjà et n’est pas encore le vôtre. Adressez-vous à l’administration.',
    'no-account': 'Vous n’avez pas encore de compte ici. Demandez-en un à l’administration.',
    disabled: 'Votre compte ici est désactivé.',
  },
}

const WORDS: Readonly<Record<Language, OidcWords>> = { en: ENGLISH, de: GERMAN, fr: FRENCH }

export function oidcWords(acceptLanguage: string | undefined): OidcWords {
  return WORDS[acceptedLanguage(acceptLanguage) ?? 'en']
}
