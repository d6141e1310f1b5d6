import type { Messages } from '../../lib/languages.ts'

/** English as on the wire (recording provisioning-groups). */
export const MESSAGES = {
  noGroup: {
    en: 'Group does not exist',
    de: 'Diese Gruppe gibt es nicht',
    fr: 'Ce groupe n’existe pas',
  },
  noAccount: {
    en: 'User does not exist',
    de: 'Dieses Konto gibt es nicht',
    fr: 'Ce compte n’existe pas',
  },
  groupExists: {
    en: 'group exists',
    de: 'Diese Gruppe gibt es schon',
    fr: 'Ce groupe existe déjà',
  },
  adminsStay: {
    en: 'The administrators’ group cannot be deleted',
    de: 'Die Gruppe der Administratoren kann nicht gelöscht werden',
    fr: 'Le groupe des administrateurs ne peut pas être supprimé',
  },
  noAdminOfAdmins: {
    en: 'Cannot create sub-admins for admin group',
    de: 'Für die Gruppe der Administratoren gibt es keine Gruppenverwaltung',
    fr: 'Le groupe des administrateurs ne peut pas avoir d’administrateurs de groupe',
  },
  invalidName: {
    en: 'Invalid group name',
    de: 'Ungültiger Name für eine Gruppe',
    fr: 'Nom de groupe non valide',
  },
} as const satisfies Messages
