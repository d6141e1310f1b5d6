import { defineSource, highlight, type NotificationSource } from '../notifications/index.ts'
import type {} from './events.ts'
import { isNearlyFull } from './scope.ts'

interface FilesSourcesDeps {
  readonly quotaOf: (accountId: number) => Promise<number | undefined>
  readonly usedBytes: (accountId: number) => number | Promise<number>
}

/** What an account is told of its files. */
export function filesSources(deps: FilesSourcesDeps): NotificationSource[] {
  return [quotaNearlyFull(deps)]
}

const quotaNearlyFull = ({ quotaOf, usedBytes }: FilesSourcesDeps): NotificationSource =>
  defineSource({
    event: 'quota.nearly-full',
    kind: 'files.quota-nearly-full',
    app: 'files',
    icon: '/apps/notifications/img/space-dark.svg',
    words: {
      en: {
        subject: 'Your storage is {percent} full',
        message:
          'When it is full, nothing can be uploaded any more. Delete what you do not need, or ask for more space.',
      },
      de: {
        subject: 'Dein Speicherplatz ist zu {percent} belegt',
        message:
          'Ist er voll, kann nichts mehr hochgeladen werden. Lösche, was du nicht brauchst, oder bitte um mehr Platz.',
      },
      fr: {
        subject: 'Votre espace de stockage est plein à {percent}',
        message:
          'Une fois plein, plus rien ne peut être envoyé. Supprimez ce qui ne sert plus, ou demandez plus d’espace.',
      },
    },
    async draft({ accountId }) {
      const quotaBytes = await quotaOf(accountId)
      const used = await usedBytes(accountId)
      if (quotaBytes === undefined || quotaBytes === 0 || !isNearlyFull(used, quotaBytes)) return undefined
      const percent = `${Math.floor((used / quotaBytes) * 100)} %`
      return {
        accountId,
        object: { type: 'storage', id: 'quota' },
        parameters: { percent: highlight('percent', percent) },
        ref: '',
      }
    },
  })
