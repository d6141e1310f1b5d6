import { call } from '../call.ts'
import { BARE, compare, median, megabytes } from '../measure.ts'
import type { Part } from '../part.ts'
import { memoryOf, resetPeak } from '../processes.ts'
import { DESKTOP_PROPFIND } from '../propfind-bodies.ts'
import { bareAnswer } from '../rates.ts'
import { type Side, withSides } from '../sides.ts'

/** One very large folder: how long until all of it, and until the first byte of it, is there. */
export const listing: Part = (bench) =>
  withSides(bench.folder, ['Cloudlet', 'rclone', 'nginx'], async (sides, cloudlet) => {
    const count = bench.isQuick ? 10_000 : 100_000
    for (const side of sides) await side.seed('huge', count, 10)
    const idle = memoryOf(cloudlet.pid)?.nowBytes
    resetPeak(cloudlet.pid)
    const headers = { depth: '1' }
    const bare = await bareAnswer(cloudlet, {
      name: '',
      method: 'PROPFIND',
      path: '/huge/',
      headers,
      body: DESKTOP_PROPFIND,
    })
    const firstByteMs: number[] = []
    const list = async ({
      origin,
      root,
      headers: own,
      name,
    }: Pick<Side, 'origin' | 'root' | 'headers'> & { name: string }) => {
      const answer = await call({
        origin,
        method: 'PROPFIND',
        path: `${root}/huge/`,
        headers: { ...own, ...headers },
        body: DESKTOP_PROPFIND,
      })
      if (name === 'Cloudlet') firstByteMs.push(answer.firstByteMs)
      return answer.totalMs
    }
    try {
      const by = {
        [BARE]: () => list({ origin: bare.origin, root: '', headers: {}, name: '' }),
        ...Object.fromEntries(sides.map((side) => [side.name, () => list(side)])),
      }
      const rows = [
        await compare(
          { name: `PROPFIND depth 1 of ${count.toLocaleString('en')}`, unit: 'ms', by },
          bench.isQuick ? 1 : 3,
        ),
      ]
      const memory = `memory of Cloudlet: ${megabytes(idle)} before, ${megabytes(memoryOf(cloudlet.pid)?.peakBytes)} at most`
      return { rows, notes: [`first byte after ${Math.round(median(firstByteMs))} ms`, memory] }
    } finally {
      await bare.stop()
    }
  })
