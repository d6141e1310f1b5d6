import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

const MOUNT = '/usr/bin/mount'
const UNMOUNT = '/usr/bin/umount'

export function mount(...args: string[]): void {
  execFileSync(MOUNT, args, { stdio: 'ignore' })
}

export function unmount(folder: string): void {
  execFileSync(UNMOUNT, ['--lazy', folder])
}

export interface SmallDisk {
  readonly folder: string
  /** Leaves this many bytes free, more or less a page, or less when there are fewer. */
  fill(freeBytes: number): void
  /** Takes the filling away. */
  free(): void
}

/** A file system of a few MiB, which only root can mount. Without one the test is skipped and says so. */
export function mountSmallDisk(t: TestContext, sizeMiB: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-disk-'))
  try {
    mount('-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=0700`, 'cloudlet-test', folder)
  } catch {
    rmSync(folder, { recursive: true })
    t.skip('a small file system cannot be mounted here: it takes root on Linux')
    return undefined
  }
  t.after(() => {
    unmount(folder)
    rmSync(folder, { recursive: true })
  })
  const filling = join(folder, 'filling')
  return {
    folder,
    free: () => rmSync(filling, { force: true }),
    fill(freeBytes) {
      const file = openSync(filling, 'a')
      try {
        for (;;) {
          const { bavail, bsize } = statfsSync(folder)
          const left = bavail * bsize - freeBytes
          if (left <= 0) return
          writeSync(file, Buffer.alloc(Math.min(left, 1024 * 1024)))
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
  }
}
