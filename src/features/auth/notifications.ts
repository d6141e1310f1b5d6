import type { EventTypes } from '../../events/catalogue.ts'
import { defineSource, highlight, type NotificationDraft, type NotificationSource } from '../notifications/index.ts'
import type { AppPasswords } from './app-passwords.ts'
import type { KnownClients } from './known-clients.ts'
import { twoFactorSources } from './two-factor/notifications.ts'

const ICON = '/apps/notifications/img/key-dark.svg'

interface AuthSourcesDeps {
  readonly appPasswords: Pick<AppPasswords, 'list'>
  readonly knownClients: Pick<KnownClients, 'find'>
}

/** What an account is told of who gets in. */
export function authSources(deps: AuthSourcesDeps): NotificationSource[] {
  return [appPasswordAdded(deps), unknownClient(deps), wipeStarted, wiped, ...twoFactorSources]
}

const appPasswordAdded = ({ appPasswords }: AuthSourcesDeps): NotificationSource =>
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
        object: { type: 'app_password', id: 'added' },
        parameters: { name: highlight(String(added.id), added.name) },
        ref: `app-password:${added.id}`,
      }
    },
  })

const unknownClient = ({ knownClients }: AuthSourcesDeps): NotificationSource =>
  defineSource({
    event: 'login.from-unknown-client',
    kind: 'auth.unknown-client',
    app: 'settings',
    icon: ICON,
    words: {
      en: {
        subject: 'New sign-in to your account: {client}',
        subjectMany: '{count} new sign-ins to your account, the last one: {client}',
        message: 'It came from {address}. If this was not you, change your password.',
      },
      de: {
        subject: 'Neue Anmeldung in deinem Konto: {client}',
        subjectMany: '{count} neue Anmeldungen in deinem Konto, zuletzt: {client}',
        message: 'Sie kam von {address}. Wenn du das nicht warst, ändere dein Passwort.',
      },
      fr: {
        subject: 'Nouvelle connexion à votre compte : {client}',
        subjectMany: '{count} nouvelles connexions à votre compte, la dernière : {client}',
        message: 'Elle venait de {address}. Si ce n’était pas vous, changez votre mot de passe.',
      },
    },
    async draft({ accountId, clientId }) {
      const client = await knownClients.find(clientId)
      if (client === undefined) return undefined
      return {
        accountId,
        object: { type: 'login', id: 'unknown-client' },
        parameters: {
          client: highlight(String(clientId), client.name),
          address: highlight(client.address, client.address),
        },
        ref: `client:${clientId}`,
      }
    },
  })

const wipeStarted: NotificationSource = defineSource({
  event: 'app-password.wipe-started',
  kind: 'auth.wipe-started',
  app: 'settings',
  icon: ICON,
  words: {
    en: {
      subject: '{name} has begun to delete its data',
      subjectMany: '{count} devices have begun to delete their data, the last one: {name}',
    },
    de: {
      subject: '{name} löscht jetzt seine Daten',
      subjectMany: '{count} Geräte löschen jetzt ihre Daten, zuletzt: {name}',
    },
    fr: {
      subject: '{name} commence à effacer ses données',
      subjectMany: '{count} appareils commencent à effacer leurs données, le dernier : {name}',
    },
  },
  draft: async (event) => wipeDraft(event, 'started'),
})

const wiped: NotificationSource = defineSource({
  event: 'app-password.wiped',
  kind: 'auth.wiped',
  app: 'settings',
  icon: ICON,
  words: {
    en: {
      subject: '{name} has deleted its data',
      subjectMany: '{count} devices have deleted their data, the last one: {name}',
    },
    de: {
      subject: '{name} hat seine Daten gelöscht',
      subjectMany: '{count} Geräte haben ihre Daten gelöscht, zuletzt: {name}',
    },
    fr: {
      subject: '{name} a effacé ses données',
      subjectMany: '{count} appareils ont effacé leurs données, le dernier : {name}',
    },
  },
  draft: async (event) => wipeDraft(event, 'done'),
})

function wipeDraft(
  { accountId, appPasswordId, name }: EventTypes['app-password.wiped'],
  id: string,
): NotificationDraft {
  return {
    accountId,
    object: { type: 'wipe', id },
    parameters: { name: highlight(String(appPasswordId), name) },
    ref: `app-password:${appPasswordId}`,
  }
}
