import type { Messages } from '../lib/languages.ts'

/** Why somebody may not call an endpoint (recordings ocs-envelope, provisioning-groups, provisioning-apps-config). */
export const MESSAGES = {
  adminsOnly: {
    en: 'Logged in account must be an admin',
    de: 'Das darf nur die Verwaltung dieses Servers',
    fr: 'Seule l’administration de ce serveur peut faire cela',
  },
  delegatedAdminsOnly: {
    en: 'Logged in account must be an administrator or have authorization to edit this setting.',
    de: 'Das darf nur die Verwaltung dieses Servers, oder wer das Recht zu dieser Einstellung bekommen hat.',
    fr: 'Seule l’administration de ce serveur peut faire cela, ou qui a reçu le droit de changer ce réglage.',
  },
  settingsAdminsOnly: {
    en: 'Logged in account must be an admin, a sub admin or gotten special right to access this setting',
    de: 'Das darf nur die Verwaltung dieses Servers oder einer Gruppe, oder wer das Recht dazu bekommen hat',
    fr: 'Seule l’administration de ce serveur ou d’un groupe peut faire cela, ou qui en a reçu le droit',
  },
  groupAdminsOnly: {
    en: 'Logged in account must be at least a sub admin',
    de: 'Das darf nur, wer eine Gruppe oder den Server verwaltet',
    fr: 'Seul qui administre un groupe ou le serveur peut faire cela',
  },
  tooManyCalls: {
    en: 'Too many changes in a short time. Try again later',
    de: 'Zu viele Änderungen in kurzer Zeit. Bitte später noch einmal versuchen',
    fr: 'Trop de changements en peu de temps. Réessayez plus tard',
  },
} as const satisfies Messages
