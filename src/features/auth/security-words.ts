import { acceptedLanguage, type Language, languageOfTag } from '../../lib/languages.ts'

/** What the page of devices says. `{...}` are put in as bold text. */
export interface SecurityWords {
  readonly language: Language
  readonly title: string
  readonly back: string
  readonly devices: string
  readonly devicesHint: string
  readonly none: string
  readonly lastUsed: string
  readonly made: string
  readonly readOnly: string
  readonly onlyFolder: string
  readonly folderGone: string
  readonly ends: string
  readonly ended: string
  readonly wipeWanted: string
  readonly manage: string
  readonly name: string
  readonly rename: string
  readonly revoke: string
  readonly wipe: string
  readonly wipeHint: string
  readonly add: string
  readonly addTitle: string
  readonly addHint: string
  readonly readOnlyBox: string
  readonly folder: string
  readonly folderHint: string
  readonly expires: string
  readonly expiresHint: string
  readonly password: string
  readonly secretTitle: string
  readonly secretHint: string
  readonly userName: string
  readonly appPassword: string
  readonly phoneTitle: string
  readonly phoneHint: string
  readonly phoneButton: string
  readonly codeAlt: string
  readonly codeHint: string
  readonly wrongPassword: string
  readonly noFolder: string
  readonly noDate: string
  readonly pastDate: string
  readonly tooMany: string
  readonly done: Readonly<Record<Done, string>>
}

/** What was done, as the address says it to the page. */
export type Done = 'renamed' | 'revoked' | 'wiped'

export function isDone(text: string): text is Done {
  return text === 'renamed' || text === 'revoked' || text === 'wiped'
}

const ENGLISH: SecurityWords = {
  language: 'en',
  title: 'Devices and apps',
  back: 'Back to the start',
  devices: 'Connected devices and apps',
  devicesHint: 'Each has an app password of its own. Revoke what you do not know, and change your password.',
  none: 'Nothing is connected yet.',
  lastUsed: 'Last used {time}',
  made: 'Connected {time}',
  readOnly: 'Read only',
  onlyFolder: 'Only the folder {folder}',
  folderGone: 'Only a folder that was deleted: it opens nothing',
  ends: 'Ends {time}',
  ended: 'Has ended {time}',
  wipeWanted: 'Will delete its data when it comes next',
  manage: 'Change',
  name: 'Name',
  rename: 'Save the name',
  revoke: 'Revoke access',
  wipe: 'Delete its data',
  wipeHint: 'Asks the app to delete everything that it has from here. It works with the official apps.',
  add: 'Make an app password',
  addTitle: 'New app password',
  addHint: 'For a program that asks for name and password. It never needs to know your own password.',
  readOnlyBox: 'Read only: it changes nothing',
  folder: 'Only this folder',
  folderHint: 'Such as /Photos/Sea. Empty: all files.',
  expires: 'Last day',
  expiresHint: 'Empty: until you revoke it.',
  password: 'Your password, once more',
  secretTitle: 'The new app password',
  secretHint: 'It is shown only now. Enter it in the program, together with the name.',
  userName: 'Name',
  appPassword: 'App password',
  phoneTitle: 'Connect a phone',
  phoneHint: 'Shows a code that the app on the phone takes a picture of.',
  phoneButton: 'Show a code',
  codeAlt: 'Code for the app on the phone',
  codeHint: 'Choose “Scan QR code” in the app. The code works once, within five minutes.',
  wrongPassword: 'That password is not right. Please try again.',
  noFolder: 'There is no such folder.',
  noDate: 'That is no date.',
  pastDate: 'The last day has passed already.',
  tooMany: 'There are too many app passwords. Revoke some first.',
  done: {
    renamed: 'The name is saved.',
    revoked: 'Access is revoked.',
    wiped: 'The device will delete its data when it comes next.',
  },
}

const GERMAN: SecurityWords = {
  language: 'de',
  title: 'Geräte und Apps',
  back: 'Zurück zum Anfang',
  devices: 'Verbundene Geräte und Apps',
  devicesHint:
    'Jedes hat ein eigenes App-Passwort. Was du nicht kennst, solltest du widerrufen und dein Passwort ändern.',
  none: 'Noch ist nichts verbunden.',
  lastUsed: 'Zuletzt benutzt {time}',
  made: 'Verbunden {time}',
  readOnly: 'Nur lesen',
  onlyFolder: 'Nur der Ordner {folder}',
  folderGone: 'Nur ein Ordner, der gelöscht wurde: öffnet nichts',
  ends: 'Endet {time}',
  ended: 'Ist abgelaufen {time}',
  wipeWanted: 'Löscht seine Daten, sobald es sich meldet',
  manage: 'Ändern',
  name: 'Name',
  rename: 'Namen speichern',
  revoke: 'Zugriff widerrufen',
  wipe: 'Daten löschen lassen',
  wipeHint: 'Bittet die App, alles zu löschen, was sie von hier hat. Das geht mit den offiziellen Apps.',
  add: 'App-Passwort erzeugen',
  addTitle: 'Neues App-Passwort',
  addHint: 'Für ein Programm, das nach Name und Passwort fragt. Dein eigenes Passwort muss es nie kennen.',
  readOnlyBox: 'Nur lesen: es ändert nichts',
  folder: 'Nur dieser Ordner',
  folderHint: 'Zum Beispiel /Fotos/Meer. Leer: alle Dateien.',
  expires: 'Letzter Tag',
  expiresHint: 'Leer: bis du es widerrufst.',
  password: 'Dein Passwort, noch einmal',
  secretTitle: 'Das neue App-Passwort',
  secretHint: 'Es wird nur jetzt gezeigt. Gib es zusammen mit dem Namen im Programm ein.',
  userName: 'Name',
  appPassword: 'App-Passwort',
  phoneTitle: 'Ein Telefon verbinden',
  phoneHint: 'Zeigt einen Code, den die App auf dem Telefon fotografiert.',
  phoneButton: 'Code zeigen',
  codeAlt: 'Code für die App auf dem Telefon',
  codeHint: 'Wähle in der App „QR-Code scannen“. Der Code gilt einmal, fünf Minuten lang.',
  wrongPassword: 'Das Passwort stimmt nicht. Bitte noch einmal versuchen.',
  noFolder: 'Diesen Ordner gibt es nicht.',
  noDate: 'Das ist kein Datum.',
  pastDate: 'Der letzte Tag ist schon vorbei.',
  tooMany: 'Es gibt zu viele App-Passwörter. Widerrufe zuerst einige.',
  done: {
    renamed: 'Der Name ist gespeichert.',
    revoked: 'Der Zugriff ist widerrufen.',
    wiped: 'Das Gerät löscht seine Daten, sobald es sich meldet.',
  },
}

const FRENCH: SecurityWords = {
  language: 'fr',
  title: 'Appareils et applications',
  back: 'Retour au début',
  devices: 'Appareils et applications connectés',
  devicesHint:
    'Chacun a son propre mot de passe d’application. Révoquez ce que vous ne connaissez pas et changez votre mot de passe.',
  none: 'Rien n’est encore connecté.',
  lastUsed: 'Dernière utilisation : {time}',
  made: 'Connecté : {time}',
  readOnly: 'Lecture seule',
  onlyFolder: 'Seulement le dossier {folder}',
  folderGone: 'Seulement un dossier supprimé : n’ouvre rien',
  ends: 'Se termine : {time}',
  ended: 'Terminé : {time}',
  wipeWanted: 'Effacera ses données à sa prochaine connexion',
  manage: 'Modifier',
  name: 'Nom',
  rename: 'Enregistrer le nom',
  revoke: 'Révoquer l’accès',
  wipe: 'Faire effacer ses données',
  wipeHint: 'Demande à l’application d’effacer tout ce qu’elle a reçu d’ici. Les applications officielles le font.',
  add: 'Créer un mot de passe d’application',
  addTitle: 'Nouveau mot de passe d’application',
  addHint: 'Pour un programme qui demande un nom et un mot de passe. Il n’a jamais besoin du vôtre.',
  readOnlyBox: 'Lecture seule : il ne change rien',
  folder: 'Seulement ce dossier',
  folderHint: 'Par exemple /Photos/Mer. Vide : tous les fichiers.',
  expires: 'Dernier jour',
  expiresHint: 'Vide : jusqu’à ce que vous le révoquiez.',
  password: 'Votre mot de passe, encore une fois',
  secretTitle: 'Le nouveau mot de passe d’application',
  secretHint: 'Il n’est affiché que maintenant. Saisissez-le dans le programme, avec le nom.',
  userName: 'Nom',
  appPassword: 'Mot de passe d’application',
  phoneTitle: 'Connecter un téléphone',
  phoneHint: 'Affiche un code que l’application du téléphone prend en photo.',
  phoneButton: 'Afficher un code',
  codeAlt: 'Code pour l’application du téléphone',
  codeHint: 'Choisissez « Scanner un code QR » dans l’application. Le code sert une fois, pendant cinq minutes.',
  wrongPassword: 'Ce mot de passe n’est pas le bon. Veuillez réessayer.',
  noFolder: 'Ce dossier n’existe pas.',
  noDate: 'Ce n’est pas une date.',
  pastDate: 'Le dernier jour est déjà passé.',
  tooMany: 'Il y a trop de mots de passe d’application. Révoquez-en d’abord.',
  done: {
    renamed: 'Le nom est enregistré.',
    revoked: 'L’accès est révoqué.',
    wiped: 'L’appareil effacera ses données à sa prochaine connexion.',
  },
}

const WORDS: Readonly<Record<Language, SecurityWords>> = { en: ENGLISH, de: GERMAN, fr: FRENCH }

/** In the language that the account has chosen, else in that of the browser. */
export function securityWords(tag: string, acceptLanguage: string | undefined): SecurityWords {
  return WORDS[languageOfTag(tag) ?? acceptedLanguage(acceptLanguage) ?? 'en']
}
