import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Log } from '../lib/log.ts'
import { DATABASE_FILE } from './data-folder.ts'
import type { MigratableDatabase } from './migrator.ts'
import { openSqlite } from './sqlite.ts'

export interface OpenOptions {
  /** Address of a PostgreSQL database; without one, SQLite in the data folder. */
  readonly url: string | undefined
  readonly dataFolder: string
  readonly log: Log
  readonly onCommit?: (writers: number) => void
}

/** Opens the configured database. Throws Fault `unavailable` with the setting's name. */
export async function openDatabase({ url, dataFolder, log, onCommit }: OpenOptions): Promise<MigratableDatabase> {
  if (url !== undefined) {
    // Loaded only where it is used: a home server has no need of it.
    const { openPostgres } = await import('./postgres.ts')
    return openPostgres({ url, log })
  }
  warnOfNetworkFolder(dataFolder, log)
  return openSqlite({ file: join(dataFolder, DATABASE_FILE), ...(onCommit === undefined ? {} : { onCommit }) })
}

const NETWORK_TYPES = new Set([
  'nfs',
  'nfs4',
  'cifs',
  'smb3',
  'smbfs',
  '9p',
  'fuse.sshfs',
  'fuse.rclone',
  'ceph',
  'afs',
])

/** SQLite's locks and shared memory do not work over a network share; databases there get damaged. */
function warnOfNetworkFolder(folder: string, log: Log): void {
  const type = mountTypeOf(resolve(folder))
  if (type === undefined || !NETWORK_TYPES.has(type)) return
  log.warn(
    { folder, type },
    'The data folder is on a network share, where SQLite can be damaged. Use a local disk, or PostgreSQL by CLOUDLET_DATABASE_URL',
  )
}

function mountTypeOf(folder: string): string | undefined {
  if (!existsSync('/proc/mounts')) return undefined
  let best = ''
  let type: string | undefined
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const [, point = '', kind] = line.split(' ')
    const isAbove = folder === point || folder.startsWith(point.endsWith('/') ? point : `${point}/`)
    if (isAbove && point.length >= best.length) {
      best = point
      type = kind
    }
  }
  return type
}
