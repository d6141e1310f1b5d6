import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { DatabaseKind } from '../../src/db/database.ts'
import { createPostgresDatabase } from '../helpers/postgres.ts'
import { type ProgramEnv, runProgram, startProgram } from '../helpers/program.ts'

export const USER = 'admin'
export const PASSWORD = 'admin-password'

/** A reason to skip, which the runner prints, or false when the program is there. */
export function missing(path: string, debianPackage: string): string | false {
  return existsSync(path) ? false : `${path} is not here: install the package "${debianPackage}"`
}

export interface Ran {
  readonly code: number | null
  readonly out: string
}

/** Far more than any program here needs; one that hangs is ended and shows what it said. */
const LONGEST_MS = 5 * 60_000

/** Runs a client. What it says on both streams comes back together. */
export async function run(
  command: string,
  args: readonly string[],
  { env = {}, folder }: { readonly env?: ProgramEnv; readonly folder: string },
): Promise<Ran> {
  const child = spawn(command, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', HOME: folder, XDG_CONFIG_HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      out += data
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out }))
  })
}

export interface ClientServer {
  readonly url: string
  /** A folder for the client, which goes with the server. */
  readonly folder: string
  /** Ends the server and asserts that everything it has stored is whole. */
  stop(): Promise<void>
}

/** The program as its users run it. It ends with the test, however that ends. */
export async function startServer(
  t: TestContext,
  { database }: { readonly database: DatabaseKind },
): Promise<ClientServer> {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-client-'))
  const data = join(folder, 'data')
  const work = join(folder, 'work')
  mkdirSync(work)
  const postgres = database === 'postgres' ? await createPostgresDatabase() : undefined
  const env = {
    CLOUDLET_ADMIN_PASSWORD: PASSWORD,
    ...(postgres === undefined ? {} : { CLOUDLET_DATABASE_URL: postgres.url }),
  }
  const server = startProgram(['serve', '--port', '0', '--data', data], env)
  t.after(async () => {
    server.kill('SIGKILL')
    await server.ended
    await postgres?.drop()
    rmSync(folder, { recursive: true, force: true })
  })
  const [, url = ''] = await server.says(/Address\s+(http\S+)/)
  return {
    url,
    folder: work,
    async stop() {
      server.kill('SIGTERM')
      assert.equal((await server.ended).code, 0, server.written().err)
      const checked = await runProgram(['files:check', '--content', '--data', data], env)
      assert.equal(checked.code, 0, `${checked.out}${checked.err}`)
    },
  }
}
