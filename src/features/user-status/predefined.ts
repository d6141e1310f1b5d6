import type { Language } from '../../lib/languages.ts'

/** When a client proposes to take a message away: after so many seconds, or at the end of the day. */
export type ClearAt =
  | { readonly type: 'period'; readonly time: number }
  | { readonly type: 'end-of'; readonly time: 'day' | 'week' }

export interface PredefinedStatus {
  readonly id: string
  readonly icon: string
  readonly words: Readonly<Record<Language, string>>
  readonly clearAt: ClearAt | null
}

const MINUTE = 60
const DAY_END: ClearAt = { type: 'end-of', time: 'day' }

/** What clients offer, in their order (recording user-status). */
export const PREDEFINED: readonly PredefinedStatus[] = [
  {
    id: 'meeting',
    icon: '📅',
    words: { en: 'In a meeting', de: 'In einer Besprechung', fr: 'En réunion' },
    clearAt: { type: 'period', time: 60 * MINUTE },
  },
  {
    id: 'commuting',
    icon: '🚌',
    words: { en: 'Commuting', de: 'Auf dem Arbeitsweg', fr: 'Dans les transports' },
    clearAt: { type: 'period', time: 30 * MINUTE },
  },
  {
    id: 'be-right-back',
    icon: '⏳',
    words: { en: 'Be right back', de: 'Gleich zurück', fr: 'Je reviens tout de suite' },
    clearAt: { type: 'period', time: 15 * MINUTE },
  },
  {
    id: 'remote-work',
    icon: '🏡',
    words: { en: 'Working remotely', de: 'Arbeite von unterwegs', fr: 'En télétravail' },
    clearAt: DAY_END,
  },
  {
    id: 'sick-leave',
    icon: '🤒',
    words: { en: 'Out sick', de: 'Krank', fr: 'En arrêt maladie' },
    clearAt: DAY_END,
  },
  {
    id: 'vacationing',
    icon: '🌴',
    words: { en: 'Vacationing', de: 'Im Urlaub', fr: 'En vacances' },
    clearAt: null,
  },
]

export const OUT_OF_OFFICE = 'out-of-office'

/** Messages that nobody chooses: the server sets them. */
const AUTOMATIC: readonly PredefinedStatus[] = [
  {
    id: OUT_OF_OFFICE,
    icon: '🛑',
    words: { en: 'Out of office', de: 'Nicht im Büro', fr: 'Absent du bureau' },
    clearAt: null,
  },
]

const byId = new Map([...PREDEFINED, ...AUTOMATIC].map((status) => [status.id, status]))
const choosable = new Set(PREDEFINED.map(({ id }) => id))

export function isChoosable(messageId: string): boolean {
  return choosable.has(messageId)
}

export function findPredefined(messageId: string | null): PredefinedStatus | undefined {
  return messageId === null ? undefined : byId.get(messageId)
}
