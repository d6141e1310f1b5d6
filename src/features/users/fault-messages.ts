import type { Message, Messages } from '../../lib/languages.ts'

/** Why a change of an account is refused. English as on the wire (recordings provisioning-users, provisioning-users-edit). */
export const MESSAGES = {
  noAccount: {
    en: 'User does not exist',
    de: 'Dieses Konto gibt es nicht',
    fr: 'Ce compte n’existe pas',
  },
  accountExists: {
    en: 'User already exists',
    de: 'Dieses Konto gibt es schon',
    fr: 'Ce compte existe déjà',
  },
  goneWhileMade: {
    en: 'The account was deleted while it was made',
    de: 'Das Konto wurde gelöscht, während es angelegt wurde',
    fr: 'Le compte a été supprimé pendant sa création',
  },
  groupGone: {
    en: 'A group was deleted meanwhile',
    de: 'Eine der Gruppen wurde inzwischen gelöscht',
    fr: 'Un des groupes a été supprimé entre-temps',
  },
  noUserId: {
    en: 'A valid Login must be provided',
    de: 'Ein Anmeldename fehlt',
    fr: 'Il manque un nom de connexion',
  },
  userIdCharacters: {
    en: 'Only the following characters are allowed in an Login: "a-z", "A-Z", "0-9", spaces and "_.@-\'"',
    de: "In einem Anmeldenamen sind nur diese Zeichen erlaubt: „a-z“, „A-Z“, „0-9“, Leerzeichen und „_.@-'“",
    fr: "Un nom de connexion ne peut contenir que ces caractères : « a-z », « A-Z », « 0-9 », des espaces et « _.@-' »",
  },
  userIdBlanks: {
    en: 'Login contains whitespace at the beginning or at the end',
    de: 'Der Anmeldename beginnt oder endet mit einem Leerzeichen',
    fr: 'Le nom de connexion commence ou se termine par un espace',
  },
  userIdDots: {
    en: 'Login must not consist of dots only',
    de: 'Ein Anmeldename darf nicht nur aus Punkten bestehen',
    fr: 'Un nom de connexion ne peut pas contenir que des points',
  },
  userIdTooLong: {
    en: 'Username is too long',
    de: 'Der Anmeldename ist zu lang',
    fr: 'Le nom de connexion est trop long',
  },
  userIdReserved: {
    en: 'This login name is reserved',
    de: 'Dieser Anmeldename ist dem Server vorbehalten',
    fr: 'Ce nom de connexion est réservé au serveur',
  },
  passwordTooLong: {
    en: 'Invalid password value',
    de: 'Dieses Passwort geht nicht: es ist zu lang',
    fr: 'Ce mot de passe ne convient pas : il est trop long',
  },
  passwordTooShort: (chars: number): Message => ({
    en: `The password needs at least ${chars} characters`,
    de: `Das Passwort braucht mindestens ${chars} Zeichen`,
    fr: `Le mot de passe doit compter au moins ${chars} caractères`,
  }),
  invalidQuota: (value: string): Message => ({
    en: `Invalid quota value: ${value}`,
    de: `Das ist keine Größe für den Speicherplatz: ${value}`,
    fr: `Ce n’est pas une taille pour l’espace de stockage : ${value}`,
  }),
  invalidManager: {
    en: 'Invalid manager',
    de: 'Ungültige Angabe, wer vorgesetzt ist',
    fr: 'Responsable non valide',
  },
  invalidDisplayName: {
    en: 'Invalid displayname',
    de: 'Ungültiger Anzeigename',
    fr: 'Nom affiché non valide',
  },
  invalidLanguage: {
    en: 'Invalid language',
    de: 'Ungültige Sprache',
    fr: 'Langue non valide',
  },
  invalidLocale: {
    en: 'Invalid locale',
    de: 'Ungültiges Gebietsschema',
    fr: 'Paramètres régionaux non valides',
  },
  invalidTimezone: {
    en: 'Invalid timezone',
    de: 'Ungültige Zeitzone',
    fr: 'Fuseau horaire non valide',
  },
  invalidScope: {
    en: 'Invalid scope',
    de: 'Ungültige Sichtbarkeit',
    fr: 'Visibilité non valide',
  },
  /** In the answer that names every field at fault; `field` is the name on the wire. */
  invalidField: (field: string): Message => ({
    en: `Invalid ${field}`,
    de: `Ungültiger Wert für ${field}`,
    fr: `Valeur non valide pour ${field}`,
  }),
  tooManyAddresses: {
    en: 'Too many addresses',
    de: 'Das sind zu viele Adressen',
    fr: 'Cela fait trop d’adresses',
  },
  noPasswordNoMail: {
    en: 'A password is required: no mail is sent from here, so nobody could be invited to choose one',
    de: 'Ein Passwort ist nötig: dieser Server verschickt keine Mails und kann niemanden einladen, eines zu wählen',
    fr: 'Il faut un mot de passe : ce serveur n’envoie pas de messages et ne peut inviter personne à en choisir un',
  },
  noPasswordNoAddress: {
    en: 'An email address is required, to send a password link to the user.',
    de: 'Eine E-Mail-Adresse ist nötig, um den Link zum Wählen eines Passworts zu schicken.',
    fr: 'Il faut une adresse e-mail, pour y envoyer le lien qui permet de choisir un mot de passe.',
  },
  tooManyNumbers: (count: number): Message => ({
    en: `At most ${count} numbers at once`,
    de: `Höchstens ${count} Nummern auf einmal`,
    fr: `Au plus ${count} numéros à la fois`,
  }),
  noGroupGiven: {
    en: 'No group specified (required for sub-admins)',
    de: 'Es fehlt eine Gruppe: wer nur Gruppen verwaltet, muss eine angeben',
    fr: 'Il manque un groupe : qui n’administre que des groupes doit en indiquer un',
  },
  unknownGroup: (groupId: string): Message => ({
    en: `Group ${groupId} does not exist`,
    de: `Die Gruppe ${groupId} gibt es nicht`,
    fr: `Le groupe ${groupId} n’existe pas`,
  }),
  foreignGroup: (groupId: string): Message => ({
    en: `Insufficient privileges for group ${groupId}`,
    de: `Über die Gruppe ${groupId} darfst du nicht bestimmen`,
    fr: `Vous n’avez pas de droits sur le groupe ${groupId}`,
  }),
  unknownAdminGroup: {
    en: 'Sub-admin group does not exist',
    de: 'Die Gruppe, die das Konto verwalten soll, gibt es nicht',
    fr: 'Le groupe que ce compte doit administrer n’existe pas',
  },
  noAdminOfAdmins: {
    en: 'Cannot create sub-admins for admin group',
    de: 'Für die Gruppe der Administratoren gibt es keine Gruppenverwaltung',
    fr: 'Le groupe des administrateurs ne peut pas avoir d’administrateurs de groupe',
  },
  mayNotPromote: {
    en: 'Insufficient privileges to promote user to sub-admin',
    de: 'Du darfst niemandem die Verwaltung dieser Gruppe geben',
    fr: 'Vous ne pouvez confier l’administration de ce groupe à personne',
  },
  onlyAdminsPromote: {
    en: 'Only an administrator makes administrators of groups',
    de: 'Wer Gruppen verwaltet, bestimmt nur die Verwaltung des Servers',
    fr: 'Seule l’administration du serveur désigne les administrateurs de groupe',
  },
  noGroupAdmin: {
    en: 'User is not a sub-admin of this group',
    de: 'Dieses Konto verwaltet die Gruppe nicht',
    fr: 'Ce compte n’administre pas ce groupe',
  },
  staysAdmin: {
    en: 'Cannot remove yourself from the admin group',
    de: 'Du kannst dich nicht selbst aus der Gruppe der Administratoren nehmen',
    fr: 'Vous ne pouvez pas vous retirer vous-même du groupe des administrateurs',
  },
  staysInOwnGroup: {
    en: 'Cannot remove yourself from this group as you are a sub-admin',
    de: 'Du kannst dich nicht selbst aus einer Gruppe nehmen, die du verwaltest',
    fr: 'Vous ne pouvez pas vous retirer vous-même d’un groupe que vous administrez',
  },
  staysInLastGroup: {
    en: 'Not viable to remove user from the last group you are sub-admin of',
    de: 'Das ist die letzte von dir verwaltete Gruppe, in der dieses Konto ist: es muss darin bleiben',
    fr: 'C’est le dernier groupe que vous administrez où se trouve ce compte : il doit y rester',
  },
  lastAdminDeleted: {
    en: 'The last administrator cannot be deleted',
    de: 'Das letzte Konto mit Administrationsrechten kann nicht gelöscht werden',
    fr: 'Le dernier compte d’administration ne peut pas être supprimé',
  },
  lastAdminDisabled: {
    en: 'The last administrator cannot be disabled',
    de: 'Das letzte Konto mit Administrationsrechten kann nicht gesperrt werden',
    fr: 'Le dernier compte d’administration ne peut pas être désactivé',
  },
  lastAdminDemoted: {
    en: 'The last administrator cannot be taken out of the administrators’ group',
    de: 'Das letzte Konto mit Administrationsrechten muss in der Gruppe der Administratoren bleiben',
    fr: 'Le dernier compte d’administration doit rester dans le groupe des administrateurs',
  },
} as const satisfies Messages

/** Why a value is none for a field of a profile, by the field's name on the wire. */
export const INVALID_FIELD = {
  phone: { en: 'Invalid phone', de: 'Ungültige Telefonnummer', fr: 'Numéro de téléphone non valide' },
  address: { en: 'Invalid address', de: 'Ungültige Adresse', fr: 'Adresse non valide' },
  website: { en: 'Invalid website', de: 'Ungültige Adresse einer Website', fr: 'Adresse de site web non valide' },
  twitter: { en: 'Invalid twitter', de: 'Ungültiger Name bei X (Twitter)', fr: 'Nom sur X (Twitter) non valide' },
  bluesky: { en: 'Invalid bluesky', de: 'Ungültiger Name bei Bluesky', fr: 'Nom sur Bluesky non valide' },
  fediverse: { en: 'Invalid fediverse', de: 'Ungültiger Name im Fediverse', fr: 'Nom sur le fédivers non valide' },
  organisation: { en: 'Invalid organisation', de: 'Ungültige Organisation', fr: 'Organisation non valide' },
  role: { en: 'Invalid role', de: 'Ungültige Aufgabe', fr: 'Fonction non valide' },
  headline: { en: 'Invalid headline', de: 'Ungültige Überschrift', fr: 'Titre non valide' },
  biography: { en: 'Invalid biography', de: 'Ungültiger Text über dich', fr: 'Présentation non valide' },
  profile_enabled: {
    en: 'Invalid profile_enabled',
    de: 'Ungültige Angabe, ob das Profil gezeigt wird (1 oder 0)',
    fr: 'Valeur non valide pour l’affichage du profil (1 ou 0)',
  },
  pronouns: { en: 'Invalid pronouns', de: 'Ungültige Pronomen', fr: 'Pronoms non valides' },
  birthdate: { en: 'Invalid birthdate', de: 'Ungültiges Geburtsdatum', fr: 'Date de naissance non valide' },
  first_day_of_week: {
    en: 'Invalid first day of week',
    de: 'Ungültiger erster Tag der Woche',
    fr: 'Premier jour de la semaine non valide',
  },
} as const satisfies Messages
