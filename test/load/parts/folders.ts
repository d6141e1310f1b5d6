import { call } from '../call.ts'
import { compare, type Row } from '../measure.ts'
import type { Part } from '../part.ts'
import { type Side, withSides } from '../sides.ts'

/** A folder with many files, as one request. */
export const folders: Part = (bench) =>
  withSides(bench.folder, ['Cloudlet', 'rclone', 'nginx'], async (sides) => {
    const count = bench.isQuick ? 1_000 : 10_000
    const name = (verb: string): string => `${verb} a folder of ${count.toLocaleString('en')} files`
    for (const side of sides) await side.seed('a', count, 4_096)
    const inTurn = (work: (side: Side) => Promise<number>): Record<string, () => Promise<number>> =>
      Object.fromEntries(sides.map((side) => [side.name, () => work(side)]))
    const rounds = bench.isQuick ? 1 : 3
    const rows: Row[] = []
    const move = async (side: Side): Promise<number> => {
      const there = await timed(side, 'MOVE', 'a', 'b')
      await timed(side, 'MOVE', 'b', 'a')
      return there
    }
    const copy = async (side: Side): Promise<number> => {
      const copied = await timed(side, 'COPY', 'a', 'c')
      await timed(side, 'DELETE', 'c')
      return copied
    }
    const remove = async (side: Side): Promise<number> => {
      await timed(side, 'COPY', 'a', 'c')
      return timed(side, 'DELETE', 'c')
    }
    for (const [verb, work] of [
      ['MOVE', move],
      ['COPY', copy],
      ['DELETE', remove],
    ] as const) {
      rows.push(await compare({ name: name(verb), unit: 'ms', by: inTurn(work) }, rounds))
    }
    return { rows, notes: [] }
  })

async function timed(side: Side, method: string, from: string, to?: string): Promise<number> {
  const { origin, root } = side
  const target = to === undefined ? {} : { destination: `${origin}${root}/${to}/`, overwrite: 'F' }
  const headers = { ...side.headers, ...target }
  return (await call({ origin, method, path: `${root}/${from}/`, headers })).totalMs
}
