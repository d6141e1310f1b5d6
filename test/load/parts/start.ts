import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { median, megabytes } from '../measure.ts'
import type { Part } from '../part.ts'
import { memoryOf, startCloudlet } from '../processes.ts'

/** The first start makes the data; the later ones are what an administrator waits for. */
export const start: Part = async (bench) => {
  const folder = join(bench.folder, 'start')
  const times: number[] = []
  let idleBytes: number | undefined
  try {
    for (let round = 0; round <= bench.rounds; round++) {
      const server = await startCloudlet(folder)
      if (round > 0) times.push(server.startMs)
      if (round === bench.rounds) {
        await setTimeout(bench.isQuick ? 500 : 3_000)
        idleBytes = memoryOf(server.pid)?.nowBytes
      }
      await server.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const first = `start to first answer: ${Math.round(median(times))} ms`
  return { rows: [], notes: [first, `memory when nothing happens: ${megabytes(idleBytes)}`] }
}
