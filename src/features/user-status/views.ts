import type { Json } from '../../lib/json.ts'
import type { Language } from '../../lib/languages.ts'
import { Type } from '../../lib/schema.ts'
import { findPredefined, type PredefinedStatus } from './predefined.ts'
import type { StatusRow } from './store.ts'

const nullable = Type.Union([Type.String(), Type.Null()])

const PUBLIC_FIELDS = {
  userId: Type.String(),
  message: nullable,
  icon: nullable,
  clearAt: Type.Union([Type.Integer(), Type.Null()]),
  status: Type.String(),
}

export const PublicReply = Type.Object(PUBLIC_FIELDS)

export const PrivateReply = Type.Object({
  ...PUBLIC_FIELDS,
  messageId: nullable,
  messageIsPredefined: Type.Boolean(),
  statusIsUserDefined: Type.Boolean(),
})

export const PredefinedReply = Type.Object({
  id: Type.String(),
  icon: Type.String(),
  message: Type.String(),
  clearAt: Type.Union([
    Type.Object({ type: Type.String(), time: Type.Union([Type.Integer(), Type.String()]) }),
    Type.Null(),
  ]),
})

interface Shown {
  readonly userId: string
  readonly row: StatusRow
  /** Puts words to a message that has an id; without it they are left out, as after a change (recording user-status). */
  readonly language?: Language
}

/** What others see: to them an invisible account is offline. */
export function publicView({ userId, row, language }: Shown): Json {
  return { userId, ...briefView(row, language) }
}

/** The same beside a name that is there already. */
export function briefView(row: StatusRow, language: Language | undefined): Record<string, Json> {
  return {
    ...messageView(row, language),
    clearAt: secondsOf(row.clear_at_ms),
    status: row.type === 'invisible' ? 'offline' : row.type,
  }
}

/** What an account sees of itself. */
export function privateView({ userId, row, language }: Shown): Json {
  const { message, icon } = messageView(row, language)
  return {
    userId,
    message,
    messageId: row.message_id,
    messageIsPredefined: row.message_id !== null,
    icon,
    clearAt: secondsOf(row.clear_at_ms),
    status: row.type,
    statusIsUserDefined: row.is_chosen === 1,
  }
}

function messageView(
  { message_id, message, icon }: StatusRow,
  language: Language | undefined,
): { readonly message: string | null; readonly icon: string | null } {
  const predefined = language === undefined ? undefined : findPredefined(message_id)
  if (language === undefined || predefined === undefined) return { message, icon }
  return { message: message ?? predefined.words[language], icon: icon ?? predefined.icon }
}

function secondsOf(ms: number | null): number | null {
  return ms === null ? null : Math.floor(ms / 1_000)
}

export function predefinedView({ id, icon, words, clearAt }: PredefinedStatus, language: Language): Json {
  return { id, icon, message: words[language], clearAt: clearAt === null ? null : { ...clearAt } }
}
