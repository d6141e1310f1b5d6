import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'

/** A program that has been started and ends when it is told to. */
export interface Started {
  /** `http://127.0.0.1:8080` */
  readonly origin: string
  readonly pid: number
  stop(): Promise<void>
}

export const ADMIN = { name: 'admin', password: 'bench-password' } as const

/** Cloudlet as its users start it, on a free port. Resolves when it answers. */
export async function startCloudlet(
  dataFolder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Started & { readonly startMs: number }> {
  const begun = performance.now()
  const child = spawn(process.execPath, ['bin/cloudlet.js', 'serve', '--port', '0', '--data', dataFolder], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, CLOUDLET_ADMIN_PASSWORD: ADMIN.password, ...settings },
  })
  const origin = await lineOf(child, child.stderr, /Address\s+(http\S+)/)
  await fetch(`${origin}/healthz`)
  return { ...handle(child, origin), startMs: performance.now() - begun }
}

/** What the bare server does: one answer to everything, or files in a folder. */
export type BareWork =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers: Record<string, string>
      readonly body: string
    }
  | { readonly kind: 'files'; readonly folder: string }

export async function startBare(work: BareWork): Promise<Started> {
  const child = spawn(process.execPath, ['test/load/bare-server.ts'], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(work))
  const port = await lineOf(child, child.stdout, /^(\d+)$/)
  return handle(child, `http://127.0.0.1:${port}`)
}

/** A program of the system by its name, undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
}

/** Starts a server of the system and waits until it answers anything at all. */
export async function startProgram(program: string, args: readonly string[], origin: string): Promise<Started> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000)
  })
  const givesUpAt = performance.now() + START_TIMEOUT_MS
  for (;;) {
    const isUp = await fetch(origin).then(
      (response) => response.arrayBuffer().then(() => true),
      () => false,
    )
    if (isUp) return handle(child, origin)
    if (child.exitCode !== null || performance.now() > givesUpAt) {
      child.kill('SIGKILL')
      throw new Error(`${program} did not start: ${said}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const START_TIMEOUT_MS = 10_000

/** A port that was free a moment ago, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return port
}

function handle(child: ChildProcess, origin: string): Started {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return {
    origin,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function lineOf(child: ChildProcess, stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  for await (const line of createInterface({ input: stream })) {
    const found = pattern.exec(line)?.[1]
    if (found !== undefined) {
      stream.resume()
      return found
    }
  }
  throw new Error(`The process ended with code ${child.exitCode} before it was ready`)
}

/** Memory of a process and its children in bytes, now and at its highest (Linux); undefined elsewhere. */
export interface Memory {
  readonly nowBytes: number
  readonly peakBytes: number
}

export function memoryOf(pid: number): Memory | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const bytesOf = (field: string): number => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1_024
    const below = childrenOf(pid).map(memoryOf)
    return {
      nowBytes: below.reduce((sum, memory) => sum + (memory?.nowBytes ?? 0), bytesOf('VmRSS')),
      peakBytes: below.reduce((sum, memory) => sum + (memory?.peakBytes ?? 0), bytesOf('VmHWM')),
    }
  } catch {
    return undefined
  }
}

/** Lets the highest memory begin anew from what is used now. */
export function resetPeak(pid: number): void {
  try {
    for (const each of [pid, ...childrenOf(pid)]) writeFileSync(`/proc/${each}/clear_refs`, '5')
  } catch {
    // Not Linux: the memory is then unknown anyway.
  }
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}
