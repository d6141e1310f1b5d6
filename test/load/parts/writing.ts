import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Row } from '../measure.ts'
import type { Part } from '../part.ts'
import { startBare } from '../processes.ts'
import { compareRates, type Work } from '../rates.ts'
import { withSides } from '../sides.ts'

let count = 0
const newPath = (): string => `/${++count}.bin`
const body = Buffer.alloc(4_096, 'x')

const WORKS: readonly Work[] = [
  { name: 'PUT new files of 4 KiB', method: 'PUT', path: newPath, body, goal: 0.5 },
  { name: 'PUT over one file of 4 KiB', method: 'PUT', path: '/same.bin', body, goal: 0.5 },
]

/** Of all of them only Cloudlet and the bare server sync what they were sent before they answer. */
export const put: Part = (bench) =>
  withSides(bench.folder, ['Cloudlet', 'rclone', 'nginx'], async (sides) => {
    const folder = join(bench.folder, 'bare')
    mkdirSync(folder)
    const bare = await startBare({ kind: 'files', folder })
    try {
      const rows: Row[] = []
      for (const work of WORKS) rows.push(await compareRates(bench, work, sides, bare))
      return { rows, notes: ['rclone and nginx answer before anything is on the disk'] }
    } finally {
      await bare.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  })
