import { randomBytes } from 'node:crypto'
import type { Command, CommandOutput } from '../../cli/command.ts'
import type { Database } from '../../db/database.ts'
import { Fault } from '../../lib/fault.ts'
import type { Checking, CheckReport } from './check.ts'
import { type Cleaned, type Cleaning, USUAL_AGES } from './clean.ts'
import * as maintenance from './maintenance-store.ts'

export interface FileCommandsDeps {
  readonly db: Database
  readonly checking: Checking
  readonly cleaning: Cleaning
  /** Until it is released. Throws Fault `conflict` while a server runs on the data folder. */
  readonly keepServersAway: () => { release(): void }
}

const NOW_AGES = { garbageMs: 0, orphanMs: 0, unfinishedMs: 0 }
const ADVICE =
  'files:check --repair sets right what can be; what is lost comes from a backup (docs/how-to/after-a-crash.md)'
const PROGRESS_EVERY_MS = 5_000

export function fileCommands(deps: FileCommandsDeps): Command[] {
  return [checkCommand(deps), cleanupCommand(deps), fingerprintCommand(deps)]
}

function checkCommand({ checking }: FileCommandsDeps): Command {
  return {
    name: 'files:check',
    summary: 'Check folders, sizes and content; exit code 1 when something is wrong',
    options: {
      content: { type: 'boolean', summary: 'Read all content and compare its checksums; takes long' },
      repair: { type: 'boolean', summary: 'Set right what can be: all but content that is lost or damaged' },
    },
    async run({ options }, out) {
      const report = await checking.check({
        readsContent: options['content'] === true,
        repairs: options['repair'] === true,
        onProgress: createProgress(out),
      })
      out.result(reportJson(report), reportLines(report))
      const left = report.found - report.repaired
      if (left === 0) return
      throw new Fault('conflict', `${left} ${left === 1 ? 'problem' : 'problems'} left. ${ADVICE}`)
    },
  }
}

function createProgress(out: CommandOutput): (step: string, done: number, total: number) => void {
  let saidMs = performance.now()
  return (step, done, total) => {
    if (performance.now() - saidMs < PROGRESS_EVERY_MS) return
    saidMs = performance.now()
    out.progress(`${step}: ${done} of ${total}`)
  }
}

function reportJson({ files, folders, blobs, problems, counts, found, repaired }: CheckReport) {
  return {
    files,
    folders,
    blobs,
    found,
    repaired,
    counts: Object.fromEntries(counts),
    problems: problems.map(({ kind, message, isRepaired }) => ({ kind, message, repaired: isRepaired })),
  }
}

function reportLines({ files, blobs, problems, found, repaired }: CheckReport): string[] {
  const more = found - problems.length
  return [
    ...problems.map(({ message, isRepaired }) => `  - ${message}${isRepaired ? ' (repaired)' : ''}`),
    ...(more > 0 ? [`  - and ${more} more`] : []),
    `${files} files, ${blobs} pieces of content, ${found} problems${repaired === 0 ? '' : `, ${repaired} repaired`}`,
  ]
}

function cleanupCommand({ cleaning, keepServersAway }: FileCommandsDeps): Command {
  // What is on its way to its row would be taken for an orphan: no server may start before the end.
  const cleanAlone = async (): Promise<Cleaned> => {
    const lock = keepServersAway()
    try {
      return await cleaning.clean(NOW_AGES)
    } finally {
      lock.release()
    }
  }
  return {
    name: 'files:cleanup',
    summary: 'Remove content that nothing refers to, and what crashes have left behind',
    options: {
      now: { type: 'boolean', summary: 'Even if it is younger than a day; only while no server runs anywhere' },
    },
    async run({ options }, out) {
      const isNow = options['now'] === true
      const cleaned = isNow ? await cleanAlone() : await cleaning.clean(USUAL_AGES)
      const { removedBlobs, foundOrphans, removedUnfinished, removedTrees } = cleaned
      out.result({ ...cleaned }, [
        `${foundOrphans} orphaned pieces of content found${isNow || foundOrphans === 0 ? '' : ', which go in an hour'}`,
        `${removedBlobs} pieces of content, ${removedUnfinished} unfinished uploads to the object storage and ${removedTrees} trees of deleted accounts removed`,
      ])
    },
  }
}

function fingerprintCommand({ db }: FileCommandsDeps): Command {
  return {
    name: 'maintenance:data-fingerprint',
    summary: 'After a restore from a backup: make clients keep files that are newer on their side',
    async run(_input, out) {
      const fingerprint = randomBytes(8).toString('hex')
      await db.write((tx) => maintenance.saveSetting(tx, 'data_fingerprint', fingerprint))
      out.result({ fingerprint }, ['Restart the server. Clients will compare before they replace anything'])
    },
  }
}
