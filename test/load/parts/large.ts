import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Answer, call } from '../call.ts'
import { BARE, compare, megabytes } from '../measure.ts'
import type { Part } from '../part.ts'
import { memoryOf, resetPeak, startBare } from '../processes.ts'
import { withSides } from '../sides.ts'

interface Place {
  readonly origin: string
  readonly root: string
  readonly headers: Readonly<Record<string, string>>
}

/** One file up and down. Cloudlet and the bare server sync it before they answer. */
export const large: Part = (bench) =>
  withSides(bench.folder, ['Cloudlet', 'rclone', 'nginx'], async (sides, cloudlet) => {
    const sizeBytes = bench.isQuick ? 1 << 27 : 1 << 30
    const rounds = bench.isQuick ? 1 : 3
    const folder = join(bench.folder, 'bare')
    mkdirSync(folder)
    const bare = await startBare({ kind: 'files', folder })
    const places: [string, Place][] = [
      [BARE, { origin: bare.origin, root: '', headers: {} }],
      ...sides.map((side): [string, Place] => [side.name, side]),
    ]
    const speedOf =
      (method: 'PUT' | 'GET') =>
      ([who, { origin, root, headers }]: [string, Place]) => {
        const path = `${root}/large.bin`
        const send = (): Promise<Answer> =>
          call({ origin, method, path, headers, ...(method === 'PUT' ? { body: sizeBytes } : {}) })
        return [who, async () => sizeBytes / 1e3 / (await send()).totalMs] as const
      }
    const name = `of ${sizeBytes >> 20} MiB`
    const idle = memoryOf(cloudlet.pid)?.nowBytes
    resetPeak(cloudlet.pid)
    try {
      const up = {
        name: `upload ${name}`,
        unit: 'MB/s',
        goal: 0.8,
        by: Object.fromEntries(places.map(speedOf('PUT'))),
      } as const
      const rows = [await compare(up, rounds)]
      const afterUp = memoryOf(cloudlet.pid)?.peakBytes
      resetPeak(cloudlet.pid)
      const down = {
        name: `download ${name}`,
        unit: 'MB/s',
        goal: 0.8,
        by: Object.fromEntries(places.map(speedOf('GET'))),
      } as const
      rows.push(await compare(down, rounds))
      const afterDown = memoryOf(cloudlet.pid)?.peakBytes
      const peaks = `at most ${megabytes(afterUp)} while uploading, ${megabytes(afterDown)} while downloading`
      return { rows, notes: [`memory of Cloudlet: ${megabytes(idle)} before, ${peaks}`] }
    } finally {
      await bare.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  })
