import { drive, requestBytes } from './drive.ts'
import { BARE, compare, type Row } from './measure.ts'
import type { Bench } from './part.ts'
import { type Started, startBare } from './processes.ts'
import type { Side } from './sides.ts'

/** One request, for whichever server. */
export interface Work {
  readonly name: string
  readonly method: string
  /** Below the root; a function gives another one for each request. */
  readonly path: string | (() => string)
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly goal?: number
}

/** The same request each time. */
export interface Steady extends Work {
  readonly path: string
}

export const CONNECTIONS = 8

/** A bare server that sends what Cloudlet sends. */
export async function bareAnswer({ origin, root, headers }: Side, work: Steady): Promise<Started> {
  const { method, path, body } = work
  const sample = await fetch(`${origin}${root}${path}`, {
    method,
    headers: { ...headers, ...work.headers },
    ...(typeof body === 'string' ? { body } : {}),
  })
  if (!sample.ok && sample.status !== 304) throw new Error(`${method} ${path}: status ${sample.status}`)
  const text = await sample.text()
  return startBare({ kind: 'answer', status: sample.status, headers: sentHeaders(sample.headers), body: text })
}

/** The headers that Cloudlet sets, without those that Node adds by itself. */
function sentHeaders(headers: Headers): Record<string, string> {
  const own = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding'])
  return Object.fromEntries([...headers].filter(([name]) => !own.has(name)))
}

function nextOf(path: Work['path'], make: (path: string) => Buffer): () => Buffer {
  if (typeof path !== 'string') return () => make(path())
  const made = make(path)
  return () => made
}

/** Answers a second of every side and of the bare server. Every answer of Cloudlet's has to be a success. */
export async function compareRates(bench: Bench, work: Work, sides: readonly Side[], bare: Started): Promise<Row> {
  const everybody: [string, { origin: string; root: string; headers: Readonly<Record<string, string>> }][] = [
    [BARE, { origin: bare.origin, root: '', headers: {} }],
    ...sides.map((side): [string, Side] => [side.name, side]),
  ]
  const by = everybody.map(([who, { origin, root, headers }]) => {
    const make = (path: string): Buffer =>
      requestBytes(origin, work.method, root + path, { ...headers, ...work.headers }, work.body)
    const next = nextOf(work.path, make)
    const run = async (): Promise<number> => {
      const { perSecond, failures } = await drive({ origin, next }, CONNECTIONS, bench.seconds)
      if (failures > 0 && who === 'Cloudlet') throw new Error(`${work.name}: ${failures} requests failed`)
      return perSecond
    }
    return [who, run] as const
  })
  const { name, goal } = work
  return compare(
    { name, unit: '/s', by: Object.fromEntries(by), ...(goal === undefined ? {} : { goal }) },
    bench.rounds,
  )
}

/** The same requests to one side, each beside a bare server that sends what it sends. */
export async function compareWithBare(bench: Bench, works: readonly Steady[], side: Side): Promise<Row[]> {
  const rows: Row[] = []
  for (const work of works) {
    const bare = await bareAnswer(side, work)
    try {
      rows.push(await compareRates(bench, work, [side], bare))
    } finally {
      await bare.stop()
    }
  }
  return rows
}
