import type { OutgoingAnswer } from '../../outgoing/outgoing.ts'

/** How sending went, as far as it decides what happens next. */
export type Outcome =
  | { readonly kind: 'sent' }
  /** Once more, when this time is over, and nothing else to there before. `isUnsent`: it was no attempt. */
  | { readonly kind: 'later'; readonly afterMs: number; readonly why: string; readonly isUnsent?: true }
  | { readonly kind: 'too-large' }
  /** Whoever it was for is not there any more. */
  | { readonly kind: 'unknown' }
  /** Nothing can be encrypted for whoever it was for: what is kept of it is no key (any more). */
  | { readonly kind: 'unusable'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string }
  /** Nobody was asked, because it would have been in vain. */
  | { readonly kind: 'dropped'; readonly why: string }

export const RETRY_MS = 30_000
const MAX_PAUSE_MS = 3_600_000

/** For answers that mean the same to push proxies and push services. */
export function commonOutcome({ status, headers }: OutgoingAnswer, nowMs: number): Outcome {
  const why = `status ${status}`
  const afterMs = retryAfterMs(headers['retry-after'], nowMs)
  if (status >= 200 && status < 300) return { kind: 'sent' }
  if (status === 429 || status >= 500) return { kind: 'later', afterMs, why }
  if (status === 413) return { kind: 'too-large' }
  return { kind: 'refused', why }
}

/** RFC 9110 section 10.2.3: seconds or a date. Without it half a minute, and never more than an hour. */
function retryAfterMs(header: string | string[] | undefined, nowMs: number): number {
  const text = typeof header === 'string' ? header.trim() : ''
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs
  return Number.isFinite(ms) ? Math.min(MAX_PAUSE_MS, Math.max(1_000, ms)) : RETRY_MS
}

/** Nobody answered, or nobody may be asked. */
export function failureOutcome(reason: string | undefined): Outcome {
  if (reason === 'outgoing-queue') return { kind: 'later', afterMs: RETRY_MS, why: reason, isUnsent: true }
  const isFinal = reason === 'outgoing-address' || reason === 'outgoing-url'
  const why = reason ?? 'failed'
  return isFinal ? { kind: 'refused', why } : { kind: 'later', afterMs: RETRY_MS, why }
}
