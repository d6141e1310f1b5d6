/** What a push says of a notification; the rest is fetched by its id. */
export interface PushedNotification {
  readonly notificationId: number
  /** Id of the app it comes from. */
  readonly app: string
  /** In the language of the reader, without parameters. */
  readonly subject: string
  readonly objectType: string
  readonly objectId: string
}

export type Urgency = 'normal' | 'high'

/** Talk, whose messages and calls people wait for. */
export const TALK = 'spreed'
const SECOND_FACTOR = 'twofactor_nextcloud_notification'

export function urgencyOf(app: string): Urgency {
  return app === TALK || app === SECOND_FACTOR ? 'high' : 'normal'
}

/** Somebody waits at the door for the answer. */
export function disturbsAnyway(app: string): boolean {
  return app === SECOND_FACTOR
}

/** What a phone is told to do: show it, ring, or work in silence. */
export type AlertType = 'alert' | 'voip' | 'background'

export function alertTypeOf({ app, objectType }: PushedNotification): AlertType {
  return app === TALK && objectType === 'call' ? 'voip' : 'alert'
}

/**
 * JSON of at most `maxBytes` (recordings notifications-push and -webpush): a long subject is cut and ends with an
 * ellipsis, and an object whose names alone are too long is left out. `maxBytes` is 160 or more.
 */
export function notificationText(notification: PushedNotification, maxBytes: number): string {
  const whole = textWith(notification, notification.subject)
  if (Buffer.byteLength(whole) <= maxBytes) return whole
  if (Buffer.byteLength(textWith(notification, '…')) > maxBytes) {
    return notificationText({ ...notification, objectType: '', objectId: '' }, maxBytes)
  }
  // By characters, so that none is torn; each has one byte or more.
  const characters = Array.from(notification.subject.slice(0, maxBytes * 2))
  let [fits, tooLong] = [0, characters.length + 1]
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1
    if (Buffer.byteLength(cutText(notification, characters, middle)) <= maxBytes) fits = middle
    else tooLong = middle
  }
  return cutText(notification, characters, fits)
}

function cutText(notification: PushedNotification, characters: readonly string[], count: number): string {
  return textWith(notification, `${characters.slice(0, count).join('').trimEnd()}…`)
}

function textWith({ notificationId, app, objectType, objectId }: PushedNotification, subject: string): string {
  return JSON.stringify({ nid: notificationId, app, subject, type: objectType, id: objectId })
}

export function removedText(notificationId: number): string {
  return JSON.stringify({ nid: notificationId, delete: true })
}

/** For Talk alone, which is told of many at once. */
export function manyRemovedText(notificationIds: readonly number[]): string {
  return JSON.stringify({ nids: notificationIds, 'delete-multiple': true })
}

export const ALL_REMOVED_TEXT: string = JSON.stringify({ 'delete-all': true })

export function activationText(token: string): string {
  return JSON.stringify({ activationToken: token })
}
