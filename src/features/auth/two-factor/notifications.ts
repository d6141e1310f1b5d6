import type { EventTypes } from '../../../events/catalogue.ts'
import type { Language } from '../../../lib/languages.ts'
import { defineSource, type NotificationDraft, type NotificationSource } from '../../notifications/index.ts'

const ICON = '/apps/notifications/img/key-dark.svg'

type TwoFactorEvent = 'two-factor.enabled' | 'two-factor.disabled' | 'two-factor.recovery-code-used'

const IF_NOT_YOU: Readonly<Record<Language, string>> = {
  en: 'If this was not you, change your password.',
  de: 'Wenn du das nicht warst, ändere dein Passwort.',
  fr: 'Si ce n’était pas vous, changez votre mot de passe.',
}

/** What an account is told of its second step at sign-in. */
export const twoFactorSources: readonly NotificationSource[] = [
  source('two-factor.enabled', {
    en: 'A second step is needed to sign in to your account now',
    de: 'Zum Anmelden in deinem Konto braucht es jetzt einen zweiten Schritt',
    fr: 'Une seconde étape est désormais demandée pour se connecter à votre compte',
  }),
  source('two-factor.disabled', {
    en: 'No second step is needed to sign in to your account any more',
    de: 'Zum Anmelden in deinem Konto braucht es keinen zweiten Schritt mehr',
    fr: 'Plus aucune seconde étape n’est demandée pour se connecter à votre compte',
  }),
  source('two-factor.recovery-code-used', {
    en: 'One of your recovery codes was used to sign in',
    de: 'Einer deiner Wiederherstellungscodes wurde zum Anmelden benutzt',
    fr: 'L’un de vos codes de secours a servi à une connexion',
  }),
]

function source(event: TwoFactorEvent, subjects: Readonly<Record<Language, string>>): NotificationSource {
  const words = (language: Language) => ({ subject: subjects[language], message: IF_NOT_YOU[language] })
  return defineSource({
    event,
    kind: `auth.${event}`,
    app: 'settings',
    icon: ICON,
    words: { en: words('en'), de: words('de'), fr: words('fr') },
    draft: async ({ accountId, atMs }: EventTypes[TwoFactorEvent]): Promise<NotificationDraft> => ({
      accountId,
      object: { type: 'two_factor', id: event },
      parameters: {},
      ref: `${event}:${atMs}`,
    }),
  })
}
