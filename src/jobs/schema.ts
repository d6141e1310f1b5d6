import type { Generated } from 'kysely'

/** Work that waits. It is deleted when it is done, and kept with its last error when it was given up. */
export interface JobTable {
  id: Generated<number>
  kind: string
  /** One job of a kind and key waits at a time. Null when it has none, and from its first run on. */
  key: string | null
  /** JSON. */
  payload: string
  run_at_ms: number
  /** Whoever runs it has it until then; 0 when nobody does. */
  leased_until_ms: number
  attempts: number
  /** Of its last run; empty for none. */
  last_error: string
  created_at_ms: number
  /** When it was given up; null before. */
  failed_at_ms: number | null
}

declare module '../db/database.ts' {
  interface Tables {
    job: JobTable
  }
}
