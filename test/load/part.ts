import type { Row } from './measure.ts'

/** How long and how often, and where. */
export interface Bench {
  /** Removed at the end. */
  readonly folder: string
  readonly isQuick: boolean
  /** Of one measurement of a rate. */
  readonly seconds: number
  readonly rounds: number
}

export interface Report {
  readonly rows: readonly Row[]
  readonly notes: readonly string[]
  /** In place of the usual one. */
  readonly table?: string
}

export type Part = (bench: Bench) => Promise<Report>
