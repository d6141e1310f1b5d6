import type { Json } from './json.ts'
import type { Language, Message } from './languages.ts'

/**
 * The one error class of Cloudlet. Rules throw a Fault of a closed list of kinds; each protocol has one table
 * that turns a kind into its own answer (`http/fault-status.ts`, `ocs/status.ts`, `cli/exit-code.ts`).
 */
export const FAULT_KINDS = [
  'bad-request',
  'unauthenticated',
  'forbidden',
  'not-found',
  'conflict',
  'exists',
  'precondition',
  'locked',
  'too-large',
  'no-space',
  'unsupported',
  'too-many',
  'unavailable',
  'internal',
] as const

export type FaultKind = (typeof FAULT_KINDS)[number]

export interface FaultDetail {
  /** A stable word for this cause, so that a route can give it the wire code its protocol asks for. */
  readonly reason?: string
  /** The request field or setting at fault. */
  readonly field?: string
  /** Of the resource as it is, without quotes, when the caller knows another. */
  readonly etag?: string
  /** When the caller may try again. */
  readonly retryAfterSeconds?: number
  /**
   * What the OCS API says of it in `data`, where an endpoint's clients look there and not at the message; made for the
   * reader's language where there are words in it.
   */
  readonly data?: Json | ((language: Language) => Json)
}

export class Fault extends Error {
  override readonly name = 'Fault'
  readonly kind: FaultKind
  readonly detail: FaultDetail
  readonly #translated: Message | undefined

  /**
   * A message that people read comes in every language. Plain text is for programs, for those who write or operate
   * them, and for what clients compare.
   */
  constructor(kind: FaultKind, message: string | Message, detail: FaultDetail = {}, options?: { cause?: unknown }) {
    super(typeof message === 'string' ? message : message.en, options)
    this.kind = kind
    this.detail = detail
    this.#translated = typeof message === 'string' ? undefined : message
  }

  /** The message for whoever reads that language; `message` is English, for the log and the command line. */
  messageIn(language: Language): string {
    return this.#translated?.[language] ?? this.message
  }
}

/** Any thrown value as a Fault: what is not one of ours is `internal`, with the original kept as the cause. */
export function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  return new Fault('internal', 'Internal error', {}, { cause: error })
}
