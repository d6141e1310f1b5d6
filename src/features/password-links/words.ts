import { acceptedLanguage, type Language } from '../../lib/languages.ts'

/** What the pages say. `{user}` and `{site}` are put in as bold text. */
export interface Words {
  readonly language: Language
  readonly chooseTitle: string
  readonly choose: string
  readonly password: string
  readonly again: string
  readonly hint: string
  readonly save: string
  readonly differ: string
  readonly poor: string
  readonly doneTitle: string
  readonly done: string
  readonly signIn: string
  readonly goneTitle: string
  readonly gone: string
  readonly tooMany: string
  readonly forgottenTitle: string
  readonly forgotten: string
  readonly user: string
  readonly send: string
  readonly sentTitle: string
  readonly sent: string
}

const ENGLISH: Words = {
  language: 'en',
  chooseTitle: 'Choose a password',
  choose: 'For the account {user} at {site}.',
  password: 'New password',
  again: 'New password, once more',
  hint: 'Eight characters or more. Several words are easier to remember than a few odd characters.',
  save: 'Set password',
  differ: 'The two passwords are not the same. Please try again.',
  poor: 'That password is too short or too long. It needs at least eight characters.',
  doneTitle: 'Your password is set',
  done: 'You can sign in with it now.',
  signIn: 'Sign in',
  goneTitle: 'This link does not work any more',
  gone: 'It was used already, or it is too old. Ask for a new one, or ask your administrator.',
  tooMany: 'There were too many attempts. Please wait a few minutes, then try again.',
  forgottenTitle: 'Forgot your password?',
  forgotten:
    'Enter your login name or e-mail address. You get a mail with a link at which you can choose a new password.',
  user: 'Name or e-mail address',
  send: 'Send the mail',
  sentTitle: 'Look into your mailbox',
  sent: 'If there is such an account, a mail is on its way to its address. It may take a few minutes; look into the folder for spam too.',
}

const GERMAN: Words = {
  language: 'de',
  chooseTitle: 'Passwort wählen',
  choose: 'Für das Konto {user} bei {site}.',
  password: 'Neues Passwort',
  again: 'Neues Passwort, noch einmal',
  hint: 'Acht Zeichen oder mehr. Mehrere Wörter lassen sich leichter merken als ein paar Sonderzeichen.',
  save: 'Passwort setzen',
  differ: 'Die beiden Passwörter sind nicht gleich. Bitte noch einmal versuchen.',
  poor: 'Das Passwort ist zu kurz oder zu lang. Es braucht mindestens acht Zeichen.',
  doneTitle: 'Dein Passwort ist gesetzt',
  done: 'Du kannst dich jetzt damit anmelden.',
  signIn: 'Anmelden',
  goneTitle: 'Dieser Link gilt nicht mehr',
  gone: 'Er ist verbraucht oder zu alt. Bitte einen neuen anfordern oder bei der Administration nachfragen.',
  tooMany: 'Das waren zu viele Versuche. Bitte ein paar Minuten warten und dann noch einmal versuchen.',
  forgottenTitle: 'Passwort vergessen?',
  forgotten:
    'Gib deinen Anmeldenamen oder deine E-Mail-Adresse ein. Du bekommst eine Mail mit einem Link, bei dem du ein neues Passwort wählen kannst.',
  user: 'Name oder E-Mail-Adresse',
  send: 'Mail senden',
  sentTitle: 'Schau in dein Postfach',
  sent: 'Wenn es ein solches Konto gibt, ist eine Mail an seine Adresse unterwegs. Es kann ein paar Minuten dauern; schau auch in den Spam-Ordner.',
}

const FRENCH: Words = {
  language: 'fr',
  chooseTitle: 'Choisir un mot de passe',
  choose: 'Pour le compte {user} sur {site}.',
  password: 'Nouveau mot de passe',
  again: 'Nouveau mot de passe, encore une fois',
  hint: 'Huit caractères ou plus. Plusieurs mots se retiennent mieux que quelques caractères spéciaux.',
  save: 'Enregistrer le mot de passe',
  differ: 'Les deux mots de passe ne sont pas les mêmes. Veuillez réessayer.',
  poor: 'Ce mot de passe est trop court ou trop long. Il faut au moins huit caractères.',
  doneTitle: 'Votre mot de passe est enregistré',
  done: 'Vous pouvez maintenant vous connecter avec.',
  signIn: 'Se connecter',
  goneTitle: 'Ce lien ne marche plus',
  gone: 'Il a déjà servi ou il est trop ancien. Demandez-en un nouveau, ou adressez-vous à votre administrateur.',
  tooMany: 'Trop de tentatives. Patientez quelques minutes, puis réessayez.',
  forgottenTitle: 'Mot de passe oublié ?',
  forgotten:
    'Saisissez votre nom de connexion ou votre adresse e-mail. Vous recevrez un message avec un lien pour choisir un nouveau mot de passe.',
  user: 'Nom ou adresse e-mail',
  send: 'Envoyer le message',
  sentTitle: 'Consultez votre boîte de réception',
  sent: 'Si ce compte existe, un message est en route vers son adresse. Cela peut prendre quelques minutes ; regardez aussi dans les indésirables.',
}

const WORDS: Readonly<Record<Language, Words>> = { en: ENGLISH, de: GERMAN, fr: FRENCH }

export function wordsFor(acceptLanguage: string | undefined): Words {
  return WORDS[acceptedLanguage(acceptLanguage) ?? 'en']
}
