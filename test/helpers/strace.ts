import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

const STRACE = '/usr/bin/strace'

/** A reason to skip, which the runner prints, or false. */
export const WITHOUT_STRACE: string | false = existsSync(STRACE)
  ? false
  : `${STRACE} is not here: install the package "strace"`

export interface Traced {
  /** Ends it; the process goes on. Resolves to the lines that were written, one for each system call or part of one. */
  detach(): Promise<string[]>
}

/** Looks at the system calls of a process and all its threads, or makes some of them fail. */
export async function attachStrace(t: TestContext, pid: number, args: readonly string[]): Promise<Traced> {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-strace-'))
  const file = join(folder, 'trace')
  const child = spawn(STRACE, ['--follow-forks', '-p', String(pid), '-o', file, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (data) => {
      said += data
      if (said.includes('attached')) resolve()
    })
    child.once('error', reject)
    child.once('close', () => reject(new Error(`strace ended: ${said}`)))
  })
  return {
    async detach() {
      child.kill('SIGINT')
      await ended
      return readFileSync(file, 'utf8').split('\n')
    },
  }
}
