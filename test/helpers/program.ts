import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

const BIN = join(import.meta.dirname, '../../bin/cloudlet.js')

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly pid: number
  /** Resolves with the first text on standard error that matches; rejects when the process ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Ended>
  /** What was written so far. */
  written(): { readonly out: string; readonly err: string }
}

export type ProgramEnv = Readonly<Record<string, string>>

/**
 * Runs the program as a process of its own. Nothing of this process's own settings reaches it. With a log file standard
 * output goes there.
 */
export function startProgram(args: readonly string[], env: ProgramEnv = {}, logFile?: string): Running {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CLOUDLET_') && name !== 'OC_PASS')
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', logFile === undefined ? 'pipe' : openSync(logFile, 'a'), 'pipe'],
  }) as ChildProcessByStdio<null, Readable | null, Readable>
  const text = { out: '', err: '' }
  child.stdout?.on('data', (data) => {
    text.out += data
  })
  child.stderr.on('data', (data) => {
    text.err += data
  })
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...text })))
  return {
    pid: child.pid ?? 0,
    ended,
    kill: (signal) => child.kill(signal),
    written: () => ({ ...text }),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(text.err)
          if (found !== null) resolve(found)
        }
        child.stderr.on('data', look)
        child.once('close', (code) => reject(new Error(`ended with ${code} before it said ${pattern}: ${text.err}`)))
        look()
      }),
  }
}

export async function runProgram(args: readonly string[], env: ProgramEnv = {}): Promise<Ended> {
  return startProgram(args, env).ended
}
