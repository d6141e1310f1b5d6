import { Fault } from '../../lib/fault.ts'
import { MESSAGES } from './fault-messages.ts'

/** The more somebody is there, the earlier. */
export const STATUS_TYPES = ['online', 'away', 'dnd', 'busy', 'invisible', 'offline'] as const
export type StatusType = (typeof STATUS_TYPES)[number]

const MAX_MESSAGE_CHARS = 80
/** One emoji may be many characters: a family with its skin tones has some thirty. */
const MAX_ICON_CHARS = 64
/** The year 9999. */
const MAX_TIME_SECONDS = 253_402_300_799

/** Throws Fault `bad-request` in the words of the wire, as all of these (recording user-status). */
export function acceptType(text: string): StatusType {
  const type = STATUS_TYPES.find((known) => known === text)
  if (type === undefined) throw new Fault('bad-request', MESSAGES.unknownType(text.slice(0, 64)))
  return type
}

/** What a client may say of somebody who has chosen nothing. */
export function acceptPresence(text: string): 'online' | 'away' {
  if (text === 'online' || text === 'away') return text
  throw new Fault('bad-request', '')
}

/** A set of whole sequences (Unicode TS #51), and single pictures that are newer than this program's Unicode. */
const EMOJI = /^(?:\p{RGI_Emoji}|\p{Extended_Pictographic}\ufe0f?)$/v

/** Exactly one emoji, as its reader counts. */
export function acceptIcon(text: string): string {
  if (text.length > MAX_ICON_CHARS || !EMOJI.test(text)) {
    throw new Fault('bad-request', MESSAGES.iconTooLong)
  }
  return text
}

export function acceptMessage(text: string): string {
  // By code points, as the reference counts.
  if (text.length > 2 * MAX_MESSAGE_CHARS || [...text].length > MAX_MESSAGE_CHARS) {
    throw new Fault('bad-request', MESSAGES.messageTooLong(MAX_MESSAGE_CHARS))
  }
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text) || !text.isWellFormed()) {
    throw new Fault('bad-request', MESSAGES.messageUnshown)
  }
  return text
}

/** Seconds since 1970, to come. Returns milliseconds. */
export function acceptClearAt(seconds: number, nowMs: number): number {
  if (seconds * 1_000 < nowMs) throw new Fault('bad-request', MESSAGES.clearAtPast)
  if (seconds > MAX_TIME_SECONDS) throw new Fault('bad-request', MESSAGES.clearAtFar)
  return seconds * 1_000
}
