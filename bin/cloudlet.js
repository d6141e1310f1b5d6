#!/usr/bin/env node
// The only JavaScript here: it reads what an earlier start has compiled, before the first TypeScript is met. A start for
// which all is there spares the 13 MB of Node's TypeScript stripper, and time.
import { lstatSync, mkdirSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

const folder = cacheFolder()
if (folder !== undefined) enableCompileCache(folder)
await import('./cloudlet.ts')

/** In the folder for temporary files, where others must not be able to put code for us: ours alone, or none. */
function cacheFolder() {
  const uid = process.getuid?.()
  const path = join(tmpdir(), `cloudlet-compiled-${uid ?? 'user'}`)
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    const found = lstatSync(path)
    const isOurs = uid === undefined || (found.uid === uid && (found.mode & 0o077) === 0)
    return found.isDirectory() && isOurs ? path : undefined
  } catch {
    return undefined
  }
}
