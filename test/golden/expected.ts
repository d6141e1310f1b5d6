import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Replayed } from './replay.ts'

/** A difference that is wanted, or that waits for a feature. */
export interface Expected {
  /** Which recordings, as a regular expression over their names. */
  readonly topic: string
  /** Which exchanges, as a regular expression over their names. */
  readonly exchanges: string
  /** Which parts, as a regular expression over `status`, over WebDAV `status 404` (what is answered), `header x`, `body a.b`. */
  readonly parts: string
  /** `wanted`: it stays. `later`: the feature is not built yet. */
  readonly kind: 'wanted' | 'later'
  readonly reason: string
}

type Written = Omit<Expected, 'topic'> & Partial<Pick<Expected, 'topic'>>

const FOLDER = join(import.meta.dirname, 'expected')

/** From `expected/TOPIC.json`; entries in `several-topics.json` name the topics themselves. */
export function readExpected(): Expected[] {
  return readdirSync(FOLDER).flatMap((file) => {
    const entries = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Written[]
    return entries.map((entry) => ({ topic: basename(file, '.json'), ...entry }))
  })
}

export interface Verdict {
  readonly equal: number
  readonly wanted: number
  readonly later: number
  /** Differences nobody has listed, as lines to read. */
  readonly unexpected: readonly string[]
  /** Entries of the list that an exchange of this recording needs. */
  readonly used: ReadonlySet<Expected>
}

export function judge(topic: string, replayed: readonly Replayed[], expected: readonly Expected[]): Verdict {
  const entries = expected.filter((entry) => matches(entry.topic, topic))
  const used = new Set<Expected>()
  const unexpected: string[] = []
  let equal = 0
  let later = 0
  for (const [index, { exchange, differences }] of replayed.entries()) {
    if (differences.length === 0) equal += 1
    const kinds = differences.map(({ part, recorded, actual }) => {
      const entry = entries.find(({ exchanges, parts }) => matches(exchanges, exchange.name) && matches(parts, part))
      if (entry === undefined)
        unexpected.push(`${topic} ${index} "${exchange.name}" ${part}: recorded ${recorded}, is ${actual}`)
      else used.add(entry)
      return entry?.kind
    })
    if (kinds.includes('later')) later += 1
  }
  return { equal, later, wanted: replayed.length - equal - later, unexpected, used }
}

export function matches(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(text)
}
