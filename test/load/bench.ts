import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { CONNECTIONS, drive, type Load, type Measured, median } from './drive.ts'
import { ADMIN, residentBytes, startBare, startCloudlet } from './processes.ts'

/**
 * `npm run bench`: Cloudlet beside a bare `node:http` server that sends the same bytes, in turn, in one run. Only the
 * ratios mean something on another machine. `npm run bench -- --quick` takes seconds instead of minutes.
 */
const isQuick = process.argv.includes('--quick')
const SECONDS = isQuick ? 1 : 2
const ROUNDS = isQuick ? 1 : 7
const STARTS = isQuick ? 1 : 5

interface Case {
  readonly name: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Share of the bare server's rate to reach. */
  readonly goal: number
}

interface Row {
  readonly name: string
  readonly cloudlet: number
  readonly bare: number
  /** Median of the ratios of the rounds: the two sides of a round meet the same noise. */
  readonly ratio: number
  readonly p99Ms: number
  readonly goal: number
}

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'cloudlet-bench-'))
try {
  await bench()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function bench(): Promise<void> {
  const starts = await measureStarts()
  const server = await startCloudlet(folder)
  await setTimeout(isQuick ? 500 : 3_000)
  const idleBytes = residentBytes(server.pid)
  const rows: Row[] = []
  try {
    for (const work of await casesOf()) rows.push(await measure(work, server.url))
  } finally {
    const loadedBytes = residentBytes(server.pid)
    await server.stop()
    if (rows.length > 0) print(rows, starts, idleBytes, loadedBytes)
  }
}

/** The first start makes the data; the later ones are what an administrator waits for. */
async function measureStarts(): Promise<number[]> {
  const times: number[] = []
  for (let round = 0; round <= STARTS; round++) {
    const server = await startCloudlet(folder)
    if (round > 0) times.push(server.startMs)
    await server.stop()
  }
  return times
}

async function casesOf(): Promise<Case[]> {
  const ocs = { 'ocs-apirequest': 'true' }
  const basic = (secret: string): string => `Basic ${Buffer.from(`${ADMIN.name}:${secret}`).toString('base64')}`
  const made = await run(process.execPath, [
    'bin/cloudlet.ts',
    'user:auth-tokens:add',
    ADMIN.name,
    '--data',
    folder,
    '--output=json',
  ])
  const { app_password } = JSON.parse(made.stdout) as { app_password: string }
  const user = '/ocs/v2.php/cloud/user?format=json'
  return [
    { name: 'capabilities, anonymous', path: '/ocs/v2.php/cloud/capabilities?format=json', headers: ocs, goal: 0.6 },
    {
      name: 'capabilities, signed in',
      path: '/ocs/v2.php/cloud/capabilities?format=json',
      headers: { ...ocs, authorization: basic(app_password) },
      goal: 0.6,
    },
    {
      name: 'user metadata, app password',
      path: user,
      headers: { ...ocs, authorization: basic(app_password) },
      goal: 0.5,
    },
    {
      name: 'user metadata, login password',
      path: user,
      headers: { ...ocs, authorization: basic(ADMIN.password) },
      goal: 0.4,
    },
    { name: 'status.php', path: '/status.php', headers: {}, goal: 0.6 },
  ]
}

async function measure({ name, path, headers, goal }: Case, base: string): Promise<Row> {
  const sample = await fetch(`${base}${path}`, { headers })
  const body = await sample.text()
  if (sample.status !== 200) throw new Error(`${name}: status ${sample.status}`)
  const bare = await startBare(sentHeaders(sample.headers), body)
  const ours: Measured[] = []
  const theirs: Measured[] = []
  try {
    const load = (url: string): Load => ({ url: `${url}${path}`, headers })
    await drive(load(base), 1)
    await drive(load(bare.url), 1)
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await drive(load(base), SECONDS))
      theirs.push(await drive(load(bare.url), SECONDS))
    }
  } finally {
    await bare.stop()
  }
  const failures = ours.reduce((sum, measured) => sum + measured.failures, 0)
  if (failures > 0) throw new Error(`${name}: ${failures} requests failed`)
  return {
    name,
    goal,
    cloudlet: median(ours.map(({ perSecond }) => perSecond)),
    bare: median(theirs.map(({ perSecond }) => perSecond)),
    ratio: median(ours.map(({ perSecond }, round) => perSecond / (theirs[round]?.perSecond ?? Number.NaN))),
    p99Ms: median(ours.map(({ p99Ms }) => p99Ms)),
  }
}

/** The same bytes: the headers that Cloudlet sets, without those that Node adds by itself. */
function sentHeaders(headers: Headers): Record<string, string> {
  const own = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding'])
  return Object.fromEntries([...headers].filter(([name]) => !own.has(name)))
}

function print(
  rows: readonly Row[],
  starts: readonly number[],
  idle: number | undefined,
  loaded: number | undefined,
): void {
  const lines = rows.map(({ name, cloudlet, bare, ratio, p99Ms, goal }) => {
    return `| ${name} | ${Math.round(cloudlet)} | ${Math.round(bare)} | ${ratio.toFixed(2)} | ${goal} | ${p99Ms} |`
  })
  console.log(`
One process each, ${CONNECTIONS} connections, load from the same machine, median of ${ROUNDS} rounds of ${SECONDS} s.

| work | Cloudlet /s | bare node:http /s | ratio | goal | p99 ms |
|---|---:|---:|---:|---:|---:|
${lines.join('\n')}

start to first answer: ${Math.round(median(starts))} ms (median of ${starts.length})
memory: ${megabytes(idle)} idle, ${megabytes(loaded)} after the load`)
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? 'unknown' : `${Math.round(bytes / 1e6)} MB`
}
