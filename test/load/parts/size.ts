import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { call } from '../call.ts'
import { drive, requestBytes } from '../drive.ts'
import { fill } from '../fill.ts'
import { compare, markdown, median, type Row, ratioOf, rounded } from '../measure.ts'
import type { Bench, Part } from '../part.ts'
import { DESKTOP_PROPFIND, POLL_PROPFIND } from '../propfind-bodies.ts'
import { CONNECTIONS } from '../rates.ts'
import { type Side, startCloudletSide } from '../sides.ts'

const FILES_A_FOLDER = 1_000
const FILE_BYTES = 64

/** The same work for accounts with few and with many files: what does it cost to have them? */
export const size: Part = async (bench) => {
  const counts = bench.isQuick ? [1_000, 10_000, 100_000] : [1_000, 100_000, 1_000_000]
  const accounts: [string, Side][] = []
  const folder = join(bench.folder, 'size')
  mkdirSync(folder)
  try {
    for (const count of counts) {
      const dataFolder = join(folder, String(count))
      const side = await startCloudletSide(dataFolder)
      accounts.push([`${count.toLocaleString('en')} files`, side])
      const names = Array.from({ length: count / FILES_A_FOLDER }, (_, index) => `folder-${index}`)
      await fill(dataFolder, names, FILES_A_FOLDER, FILE_BYTES)
    }
    const rows = await measureAll(bench, accounts)
    return {
      rows,
      notes: [],
      table: tableOf(
        rows,
        accounts.map(([name]) => name),
      ),
    }
  } finally {
    for (const [, side] of accounts) await side.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function tableOf(rows: readonly Row[], names: readonly string[]): string {
  const [few = '', many = ''] = [names[0], names.at(-1)]
  const lines = rows.map((row) => [
    `${row.name}, ${row.unit}`,
    ...names.map((name) => rounded(median(row.rounds[name] ?? []))),
    ratioOf(row, many, few)?.toFixed(2) ?? '',
  ])
  return markdown(['work', ...names, 'last to first'], lines)
}

async function measureAll(bench: Bench, accounts: readonly [string, Side][]): Promise<Row[]> {
  const inTurn = (work: (side: Side) => Promise<number>) =>
    Object.fromEntries(accounts.map(([name, side]) => [name, () => work(side)]))
  const rows: Row[] = []
  const rounds = bench.isQuick ? 1 : 3
  for (const { name, next } of RATES) {
    const rate = async (side: Side): Promise<number> => {
      const { perSecond, failures } = await drive(
        { origin: side.origin, next: () => next(side) },
        CONNECTIONS,
        bench.seconds / 2,
      )
      if (failures > 0) throw new Error(`${name}: ${failures} requests failed`)
      return perSecond
    }
    rows.push(await compare({ name, unit: '/s', by: inTurn(rate) }, rounds))
  }
  for (const method of ['MOVE', 'COPY']) {
    const timed = (side: Side): Promise<number> => thereAndBack(side, method)
    rows.push(await compare({ name: `${method} a folder of 1,000 files`, unit: 'ms', by: inTurn(timed) }, rounds))
  }
  return rows
}

let made = 0
const body = Buffer.alloc(4_096, 'x')
const bytesOf = (
  { origin, root, headers }: Side,
  method: string,
  path: string,
  more: Record<string, string>,
  sent: string | Uint8Array,
) => requestBytes(origin, method, root + path, { ...headers, ...more }, sent)

const RATES = [
  { name: 'PROPFIND depth 0', next: (side: Side) => bytesOf(side, 'PROPFIND', '/', { depth: '0' }, POLL_PROPFIND) },
  {
    name: 'PROPFIND depth 1 of 1,000',
    next: (side: Side) => bytesOf(side, 'PROPFIND', '/folder-0/', { depth: '1' }, DESKTOP_PROPFIND),
  },
  { name: 'GET', next: (side: Side) => bytesOf(side, 'GET', '/folder-0/00500.bin', {}, '') },
  {
    name: 'PUT new files of 4 KiB',
    next: (side: Side) => bytesOf(side, 'PUT', `/folder-0/new-${++made}.bin`, {}, body),
  },
  { name: 'PUT over one file of 4 KiB', next: (side: Side) => bytesOf(side, 'PUT', '/folder-0/00000.bin', {}, body) },
]

async function thereAndBack({ origin, root, headers }: Side, method: string): Promise<number> {
  const destination = `${origin}${root}/elsewhere/`
  const there = await call({ origin, method, path: `${root}/folder-0/`, headers: { ...headers, destination } })
  if (method === 'MOVE') {
    const back = `${origin}${root}/folder-0/`
    await call({ origin, method, path: `${root}/elsewhere/`, headers: { ...headers, destination: back } })
  } else {
    await call({ origin, method: 'DELETE', path: `${root}/elsewhere/`, headers })
  }
  return there.totalMs
}
