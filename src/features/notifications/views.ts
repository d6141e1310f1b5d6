import type { Json } from '../../lib/json.ts'
import { Type } from '../../lib/schema.ts'
import type { RichParameters } from './rich-text.ts'
import type { Notification } from './service.ts'

/** Versions of the API that have a list. */
export type ListApi = 'v1' | 'v2'

/** Links on the wire are whole addresses (recording notifications); a parameter's `link` may be an administrator's own. */
const absolute = (path: string, baseUrl: string): string => (path.startsWith('/') ? `${baseUrl}${path}` : path)

/** One notification as the recording shows it. Version 1 of the API knows no rich form. */
export function notificationView(notification: Notification, userId: string, api: ListApi, baseUrl: string): Json {
  const { id, app, object, createdAtMs, plainSubject, plainMessage, path, actions } = notification
  return {
    notification_id: id,
    app,
    user: userId,
    // Seconds, with the offset in numbers.
    datetime: `${new Date(createdAtMs).toISOString().slice(0, 19)}+00:00`,
    object_type: object.type,
    object_id: object.id,
    subject: plainSubject,
    message: plainMessage,
    link: absolute(path, baseUrl),
    ...(api === 'v1' ? {} : richView(notification, baseUrl)),
    actions: actions.map((action) => ({
      label: action.label,
      link: absolute(action.path, baseUrl),
      type: action.type,
      primary: action.isPrimary,
    })),
  }
}

function richView(notification: Notification, baseUrl: string): { readonly [name: string]: Json } {
  const { isRich, subject, subjectParameters, message, messageParameters, icon } = notification
  return {
    subjectRich: isRich ? subject : '',
    subjectRichParameters: isRich ? parametersView(subjectParameters, baseUrl) : [],
    messageRich: isRich ? message : '',
    messageRichParameters: isRich ? parametersView(messageParameters, baseUrl) : [],
    icon: absolute(icon, baseUrl),
    shouldNotify: true,
  }
}

/** None is an empty list, as PHP writes it; clients take that for an empty object. */
function parametersView(parameters: RichParameters, baseUrl: string): Json {
  const entries = Object.entries(parameters)
  if (entries.length === 0) return []
  return Object.fromEntries(
    entries.map(([name, parameter]) => {
      const link = parameter['link']
      return [name, link === undefined ? parameter : { ...parameter, link: absolute(link, baseUrl) }]
    }),
  )
}

const Parameters = Type.Record(Type.String(), Type.Record(Type.String(), Type.String()))

export const NotificationReply = Type.Object({
  notification_id: Type.Integer(),
  app: Type.String(),
  user: Type.String(),
  datetime: Type.String({ description: 'ISO 8601' }),
  object_type: Type.String(),
  object_id: Type.String(),
  subject: Type.String(),
  message: Type.String(),
  link: Type.String(),
  subjectRich: Type.Optional(Type.String({ description: 'Version 2 of the API' })),
  subjectRichParameters: Type.Optional(Parameters),
  messageRich: Type.Optional(Type.String()),
  messageRichParameters: Type.Optional(Parameters),
  icon: Type.Optional(Type.String()),
  shouldNotify: Type.Optional(Type.Boolean()),
  actions: Type.Array(
    Type.Object({
      label: Type.String(),
      link: Type.String(),
      type: Type.String({ description: 'WEB, GET, POST, PUT or DELETE' }),
      primary: Type.Boolean(),
    }),
  ),
})
