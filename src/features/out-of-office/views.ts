import type { Json } from '../../lib/json.ts'
import { Type } from '../../lib/schema.ts'
import type { Person } from '../users/index.ts'
import type { Period } from './period.ts'
import type { Absence } from './service.ts'

const nullable = Type.Union([Type.String(), Type.Null()])

const COMMON = {
  userId: Type.String(),
  message: Type.String(),
  replacementUserId: nullable,
  replacementUserDisplayName: nullable,
}

export const AbsenceReply = Type.Object({
  ...COMMON,
  id: Type.Integer(),
  firstDay: Type.String(),
  lastDay: Type.String(),
  status: Type.String(),
})

export const CurrentReply = Type.Object({
  ...COMMON,
  id: Type.String(),
  startDate: Type.Integer(),
  endDate: Type.Integer(),
  shortMessage: Type.String(),
})

interface Shown<A> {
  readonly userId: string
  readonly absence: A
  /** undefined: none, or none that the reader may see. */
  readonly replacement: Person | undefined
}

export function absenceView({ userId, absence, replacement }: Shown<Absence>): Json {
  const { id, firstDay, lastDay, shortText, message } = absence
  return { id, userId, firstDay, lastDay, status: shortText, message, ...replacementView(replacement) }
}

/** Here the id is a text (recording out-of-office). */
export function currentView({ userId, absence, replacement }: Shown<Absence & Period>): Json {
  const { id, startMs, endMs, shortText, message } = absence
  return {
    id: String(id),
    userId,
    startDate: startMs / 1_000,
    endDate: endMs / 1_000,
    shortMessage: shortText,
    message,
    ...replacementView(replacement),
  }
}

function replacementView(replacement: Person | undefined): Record<string, Json> {
  return {
    replacementUserId: replacement?.userId ?? null,
    replacementUserDisplayName: replacement?.displayName ?? null,
  }
}
