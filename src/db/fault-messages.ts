import type { Messages } from '../lib/languages.ts'

/** What goes wrong with any database. */
export const MESSAGES = {
  full: {
    en: 'The disk of the database is full',
    de: 'Auf dem Server ist kein Platz mehr für die Datenbank',
    fr: 'Le serveur n’a plus de place pour la base de données',
  },
  unusable: {
    en: 'The database cannot be used right now',
    de: 'Die Datenbank des Servers ist gerade nicht zu benutzen. Bitte später noch einmal versuchen',
    fr: 'La base de données du serveur est indisponible. Réessayez plus tard',
  },
  notKept: {
    en: 'The disk could not keep the last write. Check it, then restart Cloudlet',
    de: 'Der Server konnte die letzte Änderung nicht sichern. Die Verwaltung muss nach seiner Festplatte sehen',
    fr: 'Le serveur n’a pas pu conserver le dernier changement. L’administration doit vérifier son disque',
  },
  unconfirmed: {
    en: 'The database went away while it kept the last write. Look whether it is there',
    de: 'Die Datenbank war weg, während sie die letzte Änderung sicherte. Bitte nachsehen, ob sie da ist',
    fr: 'La base de données a disparu pendant le dernier changement. Vérifiez s’il a été conservé',
  },
} as const satisfies Messages
