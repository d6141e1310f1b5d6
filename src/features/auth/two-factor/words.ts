import { acceptedLanguage, type Language, languageOfTag } from '../../../lib/languages.ts'

export interface TwoFactorWords {
  readonly language: Language
  readonly challengeTitle: string
  readonly challenge: string
  readonly code: string
  readonly codeHint: string
  readonly signIn: string
  readonly wrong: string
  readonly tooMany: string
  readonly again: string
  readonly mustTitle: string
  readonly must: string
  readonly title: string
  readonly off: string
  readonly on: string
  readonly left: string
  readonly setUp: string
  readonly scan: string
  readonly codeAlt: string
  readonly typed: string
  readonly confirm: string
  readonly confirmButton: string
  readonly recoveryTitle: string
  readonly recovery: string
  readonly renew: string
  readonly switchOff: string
  readonly isHeld: string
  readonly password: string
  readonly wrongPassword: string
  readonly goOn: string
  readonly back: string
  readonly appPasswords: string
}

const ENGLISH: TwoFactorWords = {
  language: 'en',
  challengeTitle: 'One more step',
  challenge: 'Enter the code that your authenticator app shows now.',
  code: 'Code',
  codeHint: 'Six digits, or one of your recovery codes.',
  signIn: 'Sign in',
  wrong: 'That code is not right, or was used already. Please try the next one.',
  tooMany: 'There were too many attempts. Please wait a few minutes, then try again.',
  again: 'Sign in again',
  mustTitle: 'Set up a second step',
  must: 'This server asks for a second step besides the password. Set it up to go on.',
  title: 'Second step at sign-in',
  off: 'The password alone is enough to sign in. An authenticator app on your phone makes it safer: then a code is needed, too.',
  on: 'A code of your authenticator app is needed to sign in.',
  left: 'Recovery codes left: {count}',
  setUp: 'Set up an authenticator app',
  scan: 'Take a picture of this code with your authenticator app.',
  codeAlt: 'Code for the authenticator app',
  typed: 'Or type this secret into it:',
  confirm: 'Then enter the six digits that it shows.',
  confirmButton: 'Switch on',
  recoveryTitle: 'Your recovery codes',
  recovery: 'Each works once when you do not have your phone. They are shown only now: print them or write them down.',
  renew: 'Make new recovery codes',
  switchOff: 'Switch off',
  isHeld: 'This server asks for it, so it cannot be switched off.',
  password: 'Your password, once more',
  wrongPassword: 'That password is not right. Please try again.',
  goOn: 'Go on',
  back: 'Back to the start',
  appPasswords: 'Connected devices and apps go on working: they have passwords of their own.',
}

const GERMAN: TwoFactorWords = {
  language: 'de',
  challengeTitle: 'Noch ein Schritt',
  challenge: 'Gib den Code ein, den deine Authentifizierungs-App gerade zeigt.',
  code: 'Code',
  codeHint: 'Sechs Ziffern, oder einer deiner Wiederherstellungscodes.',
  signIn: 'Anmelden',
  wrong: 'Der Code stimmt nicht oder wurde schon benutzt. Bitte den nächsten versuchen.',
  tooMany: 'Das waren zu viele Versuche. Bitte ein paar Minuten warten und dann noch einmal versuchen.',
  again: 'Neu anmelden',
  mustTitle: 'Zweiten Schritt einrichten',
  must: 'Dieser Server verlangt neben dem Passwort einen zweiten Schritt. Richte ihn ein, um weiterzukommen.',
  title: 'Zweiter Schritt beim Anmelden',
  off: 'Zum Anmelden genügt das Passwort. Sicherer ist es mit einer Authentifizierungs-App auf dem Telefon: dann braucht es auch einen Code.',
  on: 'Zum Anmelden braucht es einen Code deiner Authentifizierungs-App.',
  left: 'Verbleibende Wiederherstellungscodes: {count}',
  setUp: 'Authentifizierungs-App einrichten',
  scan: 'Fotografiere diesen Code mit deiner Authentifizierungs-App.',
  codeAlt: 'Code für die Authentifizierungs-App',
  typed: 'Oder gib dort dieses Geheimnis ein:',
  confirm: 'Gib dann die sechs Ziffern ein, die sie zeigt.',
  confirmButton: 'Einschalten',
  recoveryTitle: 'Deine Wiederherstellungscodes',
  recovery:
    'Jeder gilt einmal, wenn du dein Telefon nicht hast. Sie werden nur jetzt gezeigt: drucke sie oder schreib sie auf.',
  renew: 'Neue Wiederherstellungscodes erzeugen',
  switchOff: 'Ausschalten',
  isHeld: 'Dieser Server verlangt ihn, deshalb lässt er sich nicht ausschalten.',
  password: 'Dein Passwort, noch einmal',
  wrongPassword: 'Das Passwort stimmt nicht. Bitte noch einmal versuchen.',
  goOn: 'Weiter',
  back: 'Zurück zum Anfang',
  appPasswords: 'Verbundene Geräte und Apps gehen weiter: sie haben eigene Passwörter.',
}

const FRENCH: TwoFactorWords = {
  language: 'fr',
  challengeTitle: 'Encore une étape',
  challenge: 'Saisissez le code que votre application d’authentification affiche maintenant.',
  code: 'Code',
  codeHint: 'Six chiffres, ou l’un de vos codes de secours.',
  signIn: 'Se connecter',
  wrong: 'Ce code n’est pas le bon, ou a déjà servi. Essayez le suivant.',
  tooMany: 'Trop de tentatives. Patientez quelques minutes, puis réessayez.',
  again: 'Se connecter à nouveau',
  mustTitle: 'Configurer une seconde étape',
  must: 'Ce serveur demande une seconde étape en plus du mot de passe. Configurez-la pour continuer.',
  title: 'Seconde étape à la connexion',
  off: 'Le mot de passe suffit pour se connecter. Une application d’authentification sur votre téléphone est plus sûre : un code est alors demandé aussi.',
  on: 'Un code de votre application d’authentification est demandé à la connexion.',
  left: 'Codes de secours restants : {count}',
  setUp: 'Configurer une application d’authentification',
  scan: 'Prenez ce code en photo avec votre application d’authentification.',
  codeAlt: 'Code pour l’application d’authentification',
  typed: 'Ou saisissez-y ce secret :',
  confirm: 'Saisissez ensuite les six chiffres qu’elle affiche.',
  confirmButton: 'Activer',
  recoveryTitle: 'Vos codes de secours',
  recovery:
    'Chacun sert une fois, quand vous n’avez pas votre téléphone. Ils ne sont affichés que maintenant : imprimez-les ou notez-les.',
  renew: 'Créer de nouveaux codes de secours',
  switchOff: 'Désactiver',
  isHeld: 'Ce serveur la demande : elle ne peut pas être désactivée.',
  password: 'Votre mot de passe, encore une fois',
  wrongPassword: 'Ce mot de passe n’est pas le bon. Veuillez réessayer.',
  goOn: 'Continuer',
  back: 'Retour au début',
  appPasswords: 'Les appareils et applications connectés continuent : ils ont leurs propres mots de passe.',
}

const WORDS: Readonly<Record<Language, TwoFactorWords>> = { en: ENGLISH, de: GERMAN, fr: FRENCH }

export function twoFactorWords(tag: string, acceptLanguage: string | undefined): TwoFactorWords {
  return WORDS[languageOfTag(tag) ?? acceptedLanguage(acceptLanguage) ?? 'en']
}
