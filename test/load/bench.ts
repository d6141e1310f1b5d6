import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { comparedTable } from './measure.ts'
import type { Bench, Part } from './part.ts'
import { accounts } from './parts/accounts.ts'
import { chunks } from './parts/chunks.ts'
import { folders } from './parts/folders.ts'
import { large } from './parts/large.ts'
import { listing } from './parts/listing.ts'
import { notifications } from './parts/notifications.ts'
import { ocs } from './parts/ocs.ts'
import { push } from './parts/push.ts'
import { get, propfind } from './parts/reading.ts'
import { size } from './parts/size.ts'
import { sockets } from './parts/sockets.ts'
import { start } from './parts/start.ts'
import { put } from './parts/writing.ts'
import { findProgram } from './processes.ts'

/**
 * `npm run bench`: Cloudlet beside the least that a `node:http` server can do for the same work, and beside other file
 * servers where they are installed, in turn, in one run. Only ratios mean something on another machine.
 * `npm run bench -- put listing` runs some parts, `files` all that are about files; `--quick` gives a first idea.
 */
const FILES: Readonly<Record<string, Part>> = { propfind, get, put, listing, large, folders, chunks, size }
const PARTS: Readonly<Record<string, Part>> = { start, ocs, accounts, notifications, push, sockets, ...FILES }

const isQuick = process.argv.includes('--quick')
const asked = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const names =
  asked.length === 0 ? Object.keys(PARTS) : asked.flatMap((word) => (word === 'files' ? Object.keys(FILES) : word))
const unknown = names.filter((name) => !(name in PARTS))
if (unknown.length > 0)
  throw new Error(`No such part: ${unknown.join(', ')}. There are: files, ${Object.keys(PARTS).join(', ')}`)

const folder = mkdtempSync(join(tmpdir(), 'cloudlet-bench-'))
const bench: Bench = { folder, isQuick, seconds: isQuick ? 0.4 : 1.5, rounds: isQuick ? 1 : 5 }
const missing = (['rclone', 'nginx'] as const).filter((program) => findProgram(program) === undefined)
try {
  const { seconds, rounds } = bench
  console.log(
    `${cpus().length} cores, the load on the same machine; medians of ${rounds} rounds, ${seconds} s each where it is a rate`,
  )
  for (const name of names) {
    const { rows, notes, table } = (await PARTS[name]?.(bench)) ?? { rows: [], notes: [] }
    console.log(`\n## ${name}\n`)
    if (rows.length > 0 || table !== undefined) console.log(table ?? comparedTable(rows, missing))
    for (const note of notes) console.log(`- ${note}`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
