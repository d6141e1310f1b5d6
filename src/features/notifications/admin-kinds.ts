import { DEFAULT_KEPT_DAYS, type NotificationKind } from './kinds.ts'
import type { RichParameters } from './rich-text.ts'

/** What an administrator has written, as it is kept. It is in the administrator's language, whoever reads it. */
export interface AdminText {
  readonly subject: string
  readonly subjectParameters: RichParameters
  readonly message: string
  readonly messageParameters: RichParameters
  readonly isRich: boolean
}

/** Path of the bell. */
const BELL = '/apps/notifications/img/notifications-dark.svg'
const APP = 'admin_notifications'

export const ADMIN_MESSAGE = {
  kind: 'admin.message',
  app: APP,
  icon: BELL,
  path: '',
  keptDays: DEFAULT_KEPT_DAYS,
  compose: (params) => ({ ...(params as unknown as AdminText), actions: [] }),
} as const satisfies NotificationKind

const TEST_SUBJECT = {
  en: 'Testing push notifications',
  de: 'Test der Push-Benachrichtigungen',
  fr: 'Test des notifications push',
} as const

/** What accounts send to themselves to see whether their devices get it. */
export const SELF_TEST = {
  kind: 'admin.self-test',
  app: APP,
  icon: BELL,
  path: '',
  keptDays: 1,
  compose: (_params, _count, language) => ({
    subject: TEST_SUBJECT[language],
    subjectParameters: {},
    message: '',
    messageParameters: {},
    isRich: false,
    actions: [],
  }),
} as const satisfies NotificationKind
