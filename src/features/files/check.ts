import type { BlobStore } from '../../blobs/blob-store.ts'
import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { checkContent, checkRows, checkStored } from './check-content.ts'
import * as checkStore from './check-store.ts'
import { checkFolderSizes, checkLocks, checkNodes, checkRoots } from './check-tree.ts'
import { Findings, type Problem, type ProblemKind } from './findings.ts'
import type { ContentHolder } from './held-content.ts'
import { createPlaces, type Places } from './places.ts'
import { createRepairs, type Repairs } from './repairs.ts'

export interface CheckReport {
  readonly files: number
  readonly folders: number
  readonly blobs: number
  /** At most ten thousand; `counts` has them all. */
  readonly problems: readonly Problem[]
  readonly counts: ReadonlyMap<ProblemKind, number>
  readonly found: number
  readonly repaired: number
}

export interface CheckOptions {
  /** Reads all content and compares its checksums, not its sizes alone. */
  readonly readsContent: boolean
  readonly repairs: boolean
  /** Told now and then how far a step is. */
  readonly onProgress?: (step: string, done: number, total: number) => void
}

export interface Checking {
  check(options: CheckOptions): Promise<CheckReport>
}

export interface CheckingDeps {
  readonly db: Database
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly holder: ContentHolder
  /** Name of an account, for people. */
  readonly displayNameOf: (accountId: number) => Promise<string>
}

/** What each step works with. */
export interface Check extends Omit<CheckingDeps, 'displayNameOf'> {
  readonly findings: Findings
  readonly repairs: Repairs
  readonly places: Places
  readonly progress: (step: string, done: number, total: number) => void
}

/**
 * Holds the tree against itself and against the content: what must be true at every moment, after every crash. It works
 * beside a running server, in pages, and whatever looks wrong is looked at once more where it may have changed meanwhile.
 */
export function createChecking({ displayNameOf, ...deps }: CheckingDeps): Checking {
  return {
    async check({ readsContent, repairs, onProgress = () => {} }) {
      const findings = new Findings(repairs)
      const check: Check = {
        ...deps,
        findings,
        repairs: createRepairs(deps),
        places: createPlaces(deps.db, displayNameOf),
        progress: onProgress,
      }
      await checkDatabase(check)
      await checkRoots(check)
      const { files, folders } = await checkNodes(check)
      await checkFolderSizes(check)
      await checkLocks(check)
      const blobs = await checkRows(check)
      await checkStored(check, readsContent)
      if (readsContent) await checkContent(check, blobs)
      const { problems, counts, total, repaired } = findings
      return { files, folders, blobs, problems, counts, found: total, repaired }
    },
  }
}

async function checkDatabase({ db, findings }: Check): Promise<void> {
  if (db.kind !== 'sqlite') return
  for (const text of await checkStore.damageOfSqlite(db.read)) {
    await findings.add('database', `The database file is damaged: ${text}`)
  }
}
