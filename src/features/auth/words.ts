/** What the sign-in pages say, in the languages they speak. */
export interface Words {
  readonly language: string
  readonly signIn: string
  readonly user: string
  readonly password: string
  readonly wrong: string
  readonly tooMany: string
  readonly signedOut: string
  readonly signedInAs: string
  readonly connect: string
  readonly connectHint: string
  readonly signOut: string
}

const ENGLISH: Words = {
  language: 'en',
  signIn: 'Sign in',
  user: 'Name or e-mail address',
  password: 'Password',
  wrong: 'That name and password do not fit together. Please try again.',
  tooMany: 'There were too many attempts. Please wait a few minutes, then try again.',
  signedOut: 'You are signed out.',
  signedInAs: 'You are signed in as',
  connect: 'Connect an app',
  connectHint: 'Enter this server address in the app on your computer or phone:',
  signOut: 'Sign out',
}

const GERMAN: Words = {
  language: 'de',
  signIn: 'Anmelden',
  user: 'Name oder E-Mail-Adresse',
  password: 'Passwort',
  wrong: 'Name und Passwort passen nicht zusammen. Bitte noch einmal versuchen.',
  tooMany: 'Das waren zu viele Versuche. Bitte ein paar Minuten warten und dann noch einmal versuchen.',
  signedOut: 'Du bist abgemeldet.',
  signedInAs: 'Angemeldet als',
  connect: 'Eine App verbinden',
  connectHint: 'Diese Server-Adresse in der App auf dem Computer oder Telefon eingeben:',
  signOut: 'Abmelden',
}

const FRENCH: Words = {
  language: 'fr',
  signIn: 'Se connecter',
  user: 'Nom ou adresse e-mail',
  password: 'Mot de passe',
  wrong: 'Ce nom et ce mot de passe ne vont pas ensemble. Veuillez réessayer.',
  tooMany: 'Trop de tentatives. Patientez quelques minutes, puis réessayez.',
  signedOut: 'Vous êtes déconnecté.',
  signedInAs: 'Connecté en tant que',
  connect: 'Connecter une application',
  connectHint: 'Saisissez cette adresse de serveur dans l’application de votre ordinateur ou téléphone :',
  signOut: 'Se déconnecter',
}

const LANGUAGES: readonly Words[] = [ENGLISH, GERMAN, FRENCH]

/** The words for a visitor: the first language of `Accept-Language` that there is, in order of its weights. */
export function wordsFor(acceptLanguage: string | undefined): Words {
  for (const tag of preferred(acceptLanguage ?? '')) {
    const words = LANGUAGES.find(({ language }) => tag === language || tag.startsWith(`${language}-`))
    if (words !== undefined) return words
  }
  return ENGLISH
}

/** RFC 9110 section 12.5.4. */
function preferred(header: string): string[] {
  return header
    .slice(0, 1_000)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';')
      const weight = parameters.find((parameter) => parameter.trim().startsWith('q='))
      return { tag: tag.trim(), weight: weight === undefined ? 1 : Number(weight.trim().slice(2)) || 0 }
    })
    .filter(({ tag, weight }) => tag !== '' && weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag)
}
