import { randomBytes } from 'node:crypto'
import type { Command } from '../../cli/command.ts'
import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import type { Checking } from './check.ts'
import type { Cleaning } from './clean.ts'
import * as maintenance from './maintenance-store.ts'

export interface FileCommandsDeps {
  readonly db: Database
  readonly clock: Clock
  readonly checking: Checking
  readonly cleaning: Cleaning
}

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const WEEK_MS = 7 * DAY_MS

export function fileCommands({ db, checking, cleaning }: FileCommandsDeps): Command[] {
  return [
    {
      name: 'files:check',
      summary: 'Check folders, sizes and content; exit code 1 when something is wrong',
      options: {
        content: { type: 'boolean', summary: 'Read all content and compare its checksums; takes long' },
        repair: { type: 'boolean', summary: 'Set wrong sizes right and drop content that belongs to no file' },
      },
      async run({ options }, out) {
        const report = await checking.check({
          readsContent: options['content'] === true,
          repairs: options['repair'] === true,
        })
        const lines = [
          `${report.files} files, ${report.blobs} pieces of content, ${report.problems.length} problems`,
          ...report.problems.slice(0, 1_000).map(({ message }) => `  - ${message}`),
          ...(report.repaired > 0 ? [`${report.repaired} repaired`] : []),
        ]
        out.result({ ...report, problems: report.problems.map((problem) => ({ ...problem })) }, lines)
        if (report.problems.length > 0 && options['repair'] !== true) {
          throw new Fault('conflict', 'Something is wrong. `files:check --repair` sets sizes right')
        }
      },
    },
    {
      name: 'files:cleanup',
      summary: 'Remove content that nothing refers to, and what crashes have left behind',
      options: { now: { type: 'boolean', summary: 'Even if it is younger than a day; only while no server runs' } },
      async run({ options }, out) {
        const isNow = options['now'] === true
        const cleaned = await cleaning.clean({
          garbageMs: isNow ? 0 : HOUR_MS,
          orphanMs: isNow ? 0 : DAY_MS,
          unfinishedMs: isNow ? 0 : WEEK_MS,
        })
        out.result({ ...cleaned }, [
          `${cleaned.removedBlobs} unused and ${cleaned.removedOrphans} orphaned pieces of content, ${cleaned.removedUnfinished} unfinished uploads to the object storage, ${cleaned.removedTrees} trees of deleted accounts removed`,
        ])
      },
    },
    {
      name: 'maintenance:data-fingerprint',
      summary: 'After a restore from a backup: make clients keep files that are newer on their side',
      async run(_input, out) {
        const fingerprint = randomBytes(8).toString('hex')
        await db.write((tx) => maintenance.saveSetting(tx, 'data_fingerprint', fingerprint))
        out.result({ fingerprint }, ['Restart the server. Clients will compare before they replace anything'])
      },
    },
  ]
}
