import { defineSource, highlight, type NotificationSource } from '../notifications/index.ts'
import type { AppPasswords } from './app-passwords.ts'

const ICON = '/apps/notifications/img/key-dark.svg'

/** What an account is told of who gets in. */
export function authSources(appPasswords: Pick<AppPasswords, 'list'>): NotificationSource[] {
  return [appPasswordAdded(appPasswords)]
}

const appPasswordAdded = (appPasswords: Pick<AppPasswords, 'list'>): NotificationSource =>
  defineSource({
    event: 'app-password.added',
    kind: 'auth.app-password-added',
    app: 'settings',
    icon: ICON,
    words: {
      en: {
        subject: 'A new device or app was connected: {name}',
        subjectMany: '{count} new devices or apps were connected, the last one: {name}',
        message: 'It has an app password of its own. If this was not you, delete it and change your password.',
      },
      de: {
        subject: 'Ein neues Gerät oder eine neue App wurde verbunden: {name}',
        subjectMany: '{count} neue Geräte oder Apps wurden verbunden, zuletzt: {name}',
        message: 'Es gibt dafür ein eigenes App-Passwort. Wenn du das nicht warst, lösche es und ändere dein Passwort.',
      },
      fr: {
        subject: 'Un nouvel appareil ou une nouvelle application est connecté : {name}',
        subjectMany: '{count} nouveaux appareils ou applications sont connectés, le dernier : {name}',
        message:
          'Un mot de passe d’application lui est propre. Si ce n’était pas vous, supprimez-le et changez votre mot de passe.',
      },
    },
    async draft({ accountId, appPasswordId }) {
      const added = (await appPasswords.list(accountId)).find(({ id }) => id === appPasswordId)
      if (added === undefined) return undefined
      return {
        accountId,
        object: { type: 'app_password', id: '' },
        parameters: { name: highlight(String(added.id), added.name) },
        ref: `app-password:${added.id}`,
      }
    },
  })
