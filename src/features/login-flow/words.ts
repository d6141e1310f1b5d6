import { acceptedLanguage, type Language } from '../../lib/languages.ts'

/** What the pages say. `{app}`, `{address}`, `{user}` and `{site}` are put in as bold text. */
export interface Words {
  readonly language: Language
  readonly connectTitle: string
  readonly connect: string
  readonly caution: string
  readonly signIn: string
  readonly grantTitle: string
  readonly grant: string
  readonly askedFrom: string
  readonly consequence: string
  readonly allow: string
  readonly refuse: string
  readonly password: string
  readonly wrongPassword: string
  readonly doneTitle: string
  readonly done: string
  readonly refusedTitle: string
  readonly refused: string
  readonly goneTitle: string
  readonly gone: string
  readonly appsOnly: string
}

const ENGLISH: Words = {
  language: 'en',
  connectTitle: 'Connect an app',
  connect: '{app} asks for access to your account on {site}.',
  caution: 'Go on only if you have just started this yourself, on a device of your own.',
  signIn: 'Sign in',
  grantTitle: 'Allow access?',
  grant: 'You are signed in as {user}. {app} will be able to use this account.',
  askedFrom: 'The app asked from the address {address}.',
  consequence: 'It gets a password of its own. You can take it back at any time, without changing yours.',
  allow: 'Allow access',
  refuse: 'Refuse',
  password: 'Your password, once more',
  wrongPassword: 'That password is not right. Please try again.',
  doneTitle: 'Connected',
  done: '{app} has access now. You can close this window and go back to the app.',
  refusedTitle: 'Refused',
  refused: '{app} got nothing. You can close this window.',
  goneTitle: 'This does not work any more',
  gone: 'The app’s request is used up or too old. Please start again in the app.',
  appsOnly: 'This address is for apps. Please start the sign-in in the app.',
}

const GERMAN: Words = {
  language: 'de',
  connectTitle: 'Eine App verbinden',
  connect: '{app} möchte Zugriff auf dein Konto bei {site}.',
  caution: 'Nur weitermachen, wenn du das gerade selbst auf einem eigenen Gerät begonnen hast.',
  signIn: 'Anmelden',
  grantTitle: 'Zugriff erlauben?',
  grant: 'Angemeldet als {user}. {app} kann dann dieses Konto benutzen.',
  askedFrom: 'Die App hat von der Adresse {address} gefragt.',
  consequence: 'Sie bekommt ein eigenes Passwort. Du kannst es jederzeit zurücknehmen, ohne deines zu ändern.',
  allow: 'Zugriff erlauben',
  refuse: 'Ablehnen',
  password: 'Dein Passwort, noch einmal',
  wrongPassword: 'Das Passwort stimmt nicht. Bitte noch einmal versuchen.',
  doneTitle: 'Verbunden',
  done: '{app} hat jetzt Zugriff. Du kannst dieses Fenster schließen und zur App zurückkehren.',
  refusedTitle: 'Abgelehnt',
  refused: '{app} hat nichts bekommen. Du kannst dieses Fenster schließen.',
  goneTitle: 'Das geht nicht mehr',
  gone: 'Die Anfrage der App ist verbraucht oder zu alt. Bitte in der App neu beginnen.',
  appsOnly: 'Diese Adresse ist für Apps. Bitte die Anmeldung in der App beginnen.',
}

const FRENCH: Words = {
  language: 'fr',
  connectTitle: 'Connecter une application',
  connect: '{app} demande l’accès à votre compte sur {site}.',
  caution: 'Ne continuez que si vous venez de lancer cela vous-même, sur un appareil à vous.',
  signIn: 'Se connecter',
  grantTitle: 'Autoriser l’accès ?',
  grant: 'Vous êtes connecté en tant que {user}. {app} pourra utiliser ce compte.',
  askedFrom: 'La demande vient de l’adresse {address}.',
  consequence: 'Elle reçoit un mot de passe à elle. Vous pouvez le retirer à tout moment, sans changer le vôtre.',
  allow: 'Autoriser l’accès',
  refuse: 'Refuser',
  password: 'Votre mot de passe, encore une fois',
  wrongPassword: 'Ce mot de passe n’est pas le bon. Veuillez réessayer.',
  doneTitle: 'Connecté',
  done: '{app} a maintenant accès. Vous pouvez fermer cette fenêtre et revenir à l’application.',
  refusedTitle: 'Refusé',
  refused: '{app} n’a rien reçu. Vous pouvez fermer cette fenêtre.',
  goneTitle: 'Cela ne marche plus',
  gone: 'La demande de l’application a déjà servi ou est trop ancienne. Recommencez dans l’application.',
  appsOnly: 'Cette adresse est pour les applications. Commencez la connexion dans l’application.',
}

const WORDS: Readonly<Record<Language, Words>> = { en: ENGLISH, de: GERMAN, fr: FRENCH }

export function wordsFor(acceptLanguage: string | undefined): Words {
  return WORDS[acceptedLanguage(acceptLanguage) ?? 'en']
}
