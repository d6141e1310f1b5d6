import type { EventName, EventTypes } from '../../events/catalogue.ts'
import type { Json } from '../../lib/json.ts'
import type { Language } from '../../lib/languages.ts'
import { highlight, placeholdersOf, type RichParameters } from './rich-text.ts'

export const ACTION_TYPES = ['WEB', 'GET', 'POST', 'PUT', 'DELETE'] as const

export type ActionType = (typeof ACTION_TYPES)[number]

/** Something the reader can do right from the notification. */
export interface NotificationAction {
  readonly label: string
  /** A path of this server, never another one's address. */
  readonly path: string
  readonly type: ActionType
  readonly isPrimary: boolean
}

/** A notification in words. Placeholders `{name}` stand for the parameters. */
export interface Composed {
  readonly subject: string
  readonly subjectParameters: RichParameters
  readonly message: string
  readonly messageParameters: RichParameters
  /** False: only the plain form is on the wire (recording notifications, what comes from the command line). */
  readonly isRich: boolean
  readonly actions: readonly NotificationAction[]
}

/** What may be told. Everything on the wire that is not a name comes from here, never from whoever causes it. */
export interface NotificationKind {
  /** Kept with each notification, so never used for something else later. */
  readonly kind: string
  /** Which app it belongs to on the wire. */
  readonly app: string
  /** Path of this server. */
  readonly icon: string
  /** Path of this server where the reader can see more; empty for none. */
  readonly path: string
  readonly keptDays: number
  compose(params: Json, count: number, language: Language): Composed
}

/** One thing that has happened to one account. */
export interface NotificationDraft {
  readonly accountId: number
  /** Of one account, kind and object there is one notification; a newer one takes the place of the older. */
  readonly object: { readonly type: string; readonly id: string }
  readonly parameters: RichParameters
  /** Names what has caused it, such as `app-password:7`: told twice of it, nothing changes. */
  readonly ref: string
}

/** What a source says, in one language. `subjectMany` is for several at once: `{count}` says how many. */
export interface SourceWords {
  readonly subject: string
  readonly subjectMany?: string
  readonly message?: string
  /** By the name of the action. */
  readonly actions?: Readonly<Record<string, string>>
}

interface SourceAction {
  readonly path: string
  readonly type: ActionType
  readonly isPrimary?: boolean
}

interface SourceDefinition<Name extends EventName> {
  readonly kind: string
  readonly app: string
  readonly icon: string
  readonly path?: string
  readonly keptDays?: number
  /** Only for accounts that have asked for this topic. */
  readonly topic?: string
  readonly words: Readonly<Record<Language, SourceWords>>
  readonly actions?: Readonly<Record<string, SourceAction>>
  readonly event: Name
  /** Who is told what of it. Reads what is there now; undefined when there is nothing to tell any more. */
  draft(payload: EventTypes[Name]): Promise<NotificationDraft | undefined>
}

/** A kind of notification and the event that causes it. */
export interface NotificationSource extends NotificationKind {
  readonly topic: string | undefined
  readonly event: EventName
  readonly draft: (payload: never) => Promise<NotificationDraft | undefined>
}

export const DEFAULT_KEPT_DAYS = 30

/**
 * Declares a source of notifications: when this event happens, tell this to that account, in these words. Throws when
 * its texts and paths cannot be right, which is a mistake in the program.
 */
export function defineSource<Name extends EventName>(definition: SourceDefinition<Name>): NotificationSource {
  const { kind, app, icon, path = '', words, actions = {} } = definition
  for (const own of [icon, ...Object.values(actions).map((action) => action.path)]) requireOwnPath(own)
  if (path !== '') requireOwnPath(path)
  return {
    kind,
    app,
    icon,
    path,
    keptDays: definition.keptDays ?? DEFAULT_KEPT_DAYS,
    topic: definition.topic,
    event: definition.event,
    draft: definition.draft,
    compose(params, count, language) {
      const { subject, subjectMany = subject, message = '', actions: labels = {} } = words[language]
      const parameters = { ...(params as RichParameters), count: highlight('count', String(count)) }
      const template = count > 1 ? subjectMany : subject
      return {
        subject: template,
        subjectParameters: usedBy(template, parameters),
        message,
        messageParameters: usedBy(message, parameters),
        isRich: true,
        actions: Object.entries(actions).map(([name, { path: target, type, isPrimary = false }]) => ({
          label: labels[name] ?? name,
          path: target,
          type,
          isPrimary,
        })),
      }
    },
  }
}

function usedBy(template: string, parameters: RichParameters): RichParameters {
  const names = new Set(placeholdersOf(template))
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => names.has(name)))
}

/** Whether a browser, too, would read it as a path of the server it came from. */
export function isOwnPath(path: string): boolean {
  return /^\/(?![/\\])[\w\-./~!$&'()*+,;=:@%?#]*$/.test(path) && path.length <= 2_048
}

function requireOwnPath(path: string): void {
  if (!isOwnPath(path)) throw new Error(`${path} is no path of this server`)
}
