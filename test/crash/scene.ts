import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { sql } from 'kysely'
import { loadConfig } from '../../src/config/load.ts'
import type { DatabaseKind } from '../../src/db/database.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { type App, createApp } from '../../src/main/app.ts'
import { createPostgresDatabase } from '../helpers/postgres.ts'
import { type Ended, type ProgramEnv, type Running, runProgram, startProgram } from '../helpers/program.ts'
import { type Client, createClient } from './client.ts'

/** Longer crash tests: every point of every operation, and more rounds. Minutes instead of seconds. */
export const IS_LONG: boolean = process.env['TEST_CRASH_LONG'] === '1'

export interface Scene {
  readonly database: DatabaseKind
  readonly data: string
  /** What the program is started with. */
  readonly env: ProgramEnv
  /** Starts the server, to die at this point once `arm` was called; without one it lives. */
  start(crashAt?: string, logFile?: string): Promise<Running>
  /** From now on passes of the crash point count. */
  arm(): void
  /** Resolves when the server has died of the crash point. */
  killed(): Promise<void>
  /** Ends the server as an administrator would. */
  stop(): Promise<void>
  /** A client of `alice`, or of another account that is made now; while no server runs. */
  client(): Client
  newcomer(): Promise<Client>
  /** Starts the server, which dies of this point while it starts or sweeps. */
  startToDie(crashAt: string): Promise<void>
  command(args: readonly string[], env?: ProgramEnv): Promise<Ended>
  /** Opens the same data in this process, as a command beside the server does. */
  beside<T>(look: (app: App) => Promise<T>): Promise<T>
}

export interface SceneOptions {
  /** Folder that the data folder is made in; without one, in the system's folder for temporary files. */
  readonly on?: string
  readonly env?: ProgramEnv
}

/** A data folder with accounts, on which the real program is started and killed. */
export async function createScene(
  t: TestContext,
  database: DatabaseKind,
  { on, env: more = {} }: SceneOptions = {},
): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-crash-'))
  const postgres = database === 'postgres' ? await createPostgresDatabase() : undefined
  const data = join(on ?? folder, 'data')
  const trigger = join(folder, 'armed')
  const env: ProgramEnv = {
    CLOUDLET_ADMIN_PASSWORD: 'admin-password',
    CLOUDLET_LOG_LEVEL: 'error',
    ...(postgres === undefined ? {} : { CLOUDLET_DATABASE_URL: postgres.url }),
    ...more,
  }
  const loaded = loadConfig({ env: { ...env, CLOUDLET_DATA: data, CLOUDLET_PORT: '0' }, flags: {} })
  const beside: Scene['beside'] = async (look) => {
    const { config, secrets } = loaded
    const app = await createApp({ config, secrets, clock: systemClock, log: silentLog, isServing: false })
    try {
      return await look(app)
    } finally {
      await app.close()
    }
  }
  const addUser = async (userId: string): Promise<Client> => {
    return beside(async ({ features }) => {
      const { row } = await features.accounts.add({ userId }, 'test')
      const { secret } = await features.auth.appPasswords.add(row.id, 'test', 'test')
      return createClient(() => url, userId, secret)
    })
  }
  let newcomers = 0
  let running: Running | undefined
  let url = ''
  t.after(async () => {
    running?.kill('SIGKILL')
    await running?.ended
    await postgres?.drop()
    rmSync(folder, { recursive: true, force: true })
  })
  // The first start makes the folder with its mark; after that accounts can be added from here.
  const first = startProgram(['serve', '--port', '0', '--data', data], env)
  running = first
  await first.says(/Address\s+(http\S+)/)
  first.kill('SIGTERM')
  assert.equal((await first.ended).code, 0)
  const alice = await addUser('alice')
  return {
    database,
    data,
    env,
    beside,
    async start(crashAt = '', logFile) {
      rmSync(trigger, { force: true })
      const crash: ProgramEnv = crashAt === '' ? {} : { TEST_CRASH_AT: crashAt, TEST_CRASH_WHEN: trigger }
      running = startProgram(['serve', '--port', '0', '--data', data], { ...env, ...crash }, logFile)
      const [, address = ''] = await running.says(/Address\s+(http\S+)/)
      url = address
      return running
    },
    arm: () => writeFileSync(trigger, ''),
    async killed() {
      rmSync(trigger, { force: true })
      assert.equal((await running?.ended)?.code, null, running?.written().err ?? '')
    },
    async stop() {
      running?.kill('SIGTERM')
      assert.equal((await running?.ended)?.code, 0, running?.written().err ?? '')
    },
    client: () => alice,
    newcomer() {
      newcomers += 1
      return addUser(`newcomer${newcomers}`)
    },
    async startToDie(crashAt) {
      running = startProgram(['serve', '--port', '0', '--data', data], { ...env, TEST_CRASH_AT: crashAt })
      assert.equal((await running.ended).code, null, running.written().err)
    },
    command: (args, more = {}) => runProgram([...args, '--data', data], { ...env, ...more }),
  }
}

/** Keys of the files in the blob folder, in order; its mark is none. */
export function storedKeys(data: string): string[] {
  const folder = join(data, 'blobs')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .toSorted()
}

/** Keys that files and waiting chunks have, in order. */
export async function usedKeys({ db }: App): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    select key from blob where key is not null union all select key from blob_part
    union all select key from upload_chunk`.execute(db.read)
  return rows.map(({ key }) => key).toSorted()
}

/** What must hold after every crash, beside the running server. */
export async function assertWhole(scene: Scene): Promise<void> {
  await scene.beside(async (app) => {
    const report = await app.features.files.checking.check({ readsContent: false, repairs: false })
    assert.deepEqual(report.problems, [])
    const stored = new Set(storedKeys(scene.data))
    const lost = (await usedKeys(app)).filter((key) => !stored.has(key))
    assert.deepEqual(lost, [], 'rows name content that is not there')
    if (scene.database === 'postgres') await assertNobodyWaits(app)
  })
}

/** Sessions of a server that was killed let go of everything, without a time-out. */
async function assertNobodyWaits({ db }: App): Promise<void> {
  for (let turn = 0; ; turn++) {
    const { rows } = await sql`
      select state, query from pg_stat_activity
      where datname = current_database() and state like 'idle in transaction%'`.execute(db.read)
    if (rows.length === 0) return
    assert.ok(turn < 100, JSON.stringify(rows))
    await setTimeout(20)
  }
}

/** With the server down: the sweeper finds all that crashes have left, and nothing else. */
export async function assertSwept(scene: Scene): Promise<void> {
  const cleaned = await scene.command(['files:cleanup', '--now'])
  assert.equal(cleaned.code, 0, cleaned.err)
  const checked = await scene.command(['files:check', '--content'])
  assert.equal(checked.code, 0, `${checked.out}${checked.err}`)
  await scene.beside(async (app) => {
    assert.deepEqual(storedKeys(scene.data), await usedKeys(app))
    const garbage = await app.db.read.selectFrom('blob_garbage').selectAll().execute()
    assert.deepEqual(garbage, [])
  })
}
