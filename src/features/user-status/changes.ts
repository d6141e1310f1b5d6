import { STATUS_TYPES, type StatusType } from './rules.ts'
import type { StatusRow } from './store.ts'

/** Without a word of a client for so long, whoever only seemed to be there is gone. */
export const STALE_MS: number = 15 * 60_000
/** A client that says the same again is written down this often. */
export const CONFIRM_MS: number = 5 * 60_000

export interface NewMessage {
  readonly messageId: string | null
  readonly icon: string | null
  readonly message: string | null
  readonly clearAtMs: number | null
}

export interface AutomaticStatus {
  readonly type: StatusType
  readonly messageId: string
  /** Shown in place of the words that the message id stands for. */
  readonly message: string | null
  /** When what it has replaced comes back. */
  readonly untilMs: number
}

/** What is written down, as it counts now: messages end, and whoever was not heard of is offline. */
export function statusAt(row: StatusRow, nowMs: number): StatusRow {
  const isExpired = row.clear_at_ms !== null && row.clear_at_ms <= nowMs
  if (isExpired && row.replaced !== null) return statusAt(replacedBy(row), nowMs)
  const live = isExpired ? { ...row, ...NO_MESSAGE } : row
  const isSaid = live.is_chosen === 0 || live.type === 'online'
  const isStale = isSaid && live.type_at_ms <= nowMs - STALE_MS
  return isStale ? { ...live, type: 'offline', is_chosen: 0 } : live
}

const NO_MESSAGE = { message_id: null, icon: null, message: null, clear_at_ms: null } as const

/** Of an account that has said nothing yet. */
export function blankStatus(accountId: number): StatusRow {
  return { account_id: accountId, type: 'offline', is_chosen: 0, type_at_ms: 0, ...NO_MESSAGE, replaced: null }
}

/** What was there before the automatic status; the row itself when it is none. */
function replacedBy(row: StatusRow): StatusRow {
  if (row.replaced === null) return row
  return {
    ...(JSON.parse(row.replaced) as Omit<StatusRow, 'account_id' | 'replaced'>),
    account_id: row.account_id,
    replaced: null,
  }
}

/** The account chooses: what an automatic status would bring back is overtaken. */
export function withType(row: StatusRow, type: StatusType, nowMs: number): StatusRow {
  return { ...row, type, is_chosen: 1, type_at_ms: nowMs, replaced: null }
}

/** In place of the message of an automatic status, which goes with its type: that one was never the account's choice. */
export function withMessage(row: StatusRow, { messageId, icon, message, clearAtMs }: NewMessage): StatusRow {
  return { ...replacedBy(row), message_id: messageId, icon, message, clear_at_ms: clearAtMs }
}

export function withoutMessage(row: StatusRow): StatusRow {
  return { ...replacedBy(row), ...NO_MESSAGE }
}

const KEPT: ReadonlySet<string> = new Set<StatusType>(['away', 'dnd', 'busy', 'invisible'])

/** Whether what clients notice says nothing about this account, because it has chosen. */
export function isKept({ type, is_chosen }: StatusRow): boolean {
  return is_chosen === 1 && KEPT.has(type)
}

/** A client says that somebody is there, or just away. The same row when there is nothing to write. */
export function withPresence(row: StatusRow, presence: 'online' | 'away', nowMs: number): StatusRow {
  if (isKept(row)) return row
  const isMore = rankOf(presence) < rankOf(row.type)
  const isDue = row.type_at_ms <= nowMs - CONFIRM_MS
  return isMore || isDue ? { ...row, type: presence, is_chosen: 0, type_at_ms: nowMs } : row
}

function rankOf(type: string): number {
  return STATUS_TYPES.indexOf(type as StatusType)
}

/** Once more with other words, or later ends: what was there before stays what comes back. */
export function withAutomatic(row: StatusRow, status: AutomaticStatus, nowMs: number): StatusRow {
  const { account_id, replaced, ...before } = row
  return {
    account_id,
    type: status.type,
    is_chosen: 1,
    type_at_ms: nowMs,
    message_id: status.messageId,
    icon: null,
    message: status.message,
    clear_at_ms: status.untilMs,
    replaced: replaced ?? JSON.stringify(before),
  }
}

/** Brings back what an automatic status has replaced; undefined when it is none, or another one. */
export function reverted(row: StatusRow, messageId: string): StatusRow | undefined {
  return row.message_id === messageId && row.replaced !== null ? replacedBy(row) : undefined
}

/** The same at its end: of one that the account has changed meanwhile at least the message goes. */
export function withoutAutomatic(row: StatusRow, messageId: string): StatusRow | undefined {
  return row.message_id === messageId ? (reverted(row, messageId) ?? withoutMessage(row)) : undefined
}
