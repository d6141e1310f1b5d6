import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

export interface Started {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

export const ADMIN = { name: 'admin', password: 'bench-password' } as const

/** Cloudlet as its users start it, on a free port. Resolves when it answers. */
export async function startCloudlet(dataFolder: string): Promise<Started & { readonly startMs: number }> {
  const begun = performance.now()
  const child = spawn(process.execPath, ['bin/cloudlet.ts', 'serve', '--port', '0', '--data', dataFolder], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, CLOUDLET_ADMIN_PASSWORD: ADMIN.password },
  })
  const url = await lineOf(child, child.stderr, /Address\s+(http\S+)/)
  await fetch(`${url}/healthz`)
  return { ...handle(child, url), startMs: performance.now() - begun }
}

/** A bare `node:http` server that sends the same answer to everything. */
export async function startBare(headers: Record<string, string>, body: string): Promise<Started> {
  const child = spawn(process.execPath, ['test/load/bare-server.ts'], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify({ headers, body }))
  const port = await lineOf(child, child.stdout, /^(\d+)$/)
  return handle(child, `http://127.0.0.1:${port}`)
}

function handle(child: ChildProcess, url: string): Started {
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
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

/** Resident memory of a process in bytes (Linux); undefined elsewhere. */
export function residentBytes(pid: number): number | undefined {
  try {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  } catch {
    return undefined
  }
}
