import type { Row } from '../measure.ts'
import type { Bench, Part } from '../part.ts'
import { DESKTOP_PROPFIND, POLL_PROPFIND } from '../propfind-bodies.ts'
import { bareAnswer, compareRates, type Steady } from '../rates.ts'
import { type Side, withSides } from '../sides.ts'

const PROPFINDS: readonly Steady[] = [
  {
    name: 'PROPFIND depth 0, one property',
    method: 'PROPFIND',
    path: '/',
    headers: { depth: '0' },
    body: POLL_PROPFIND,
    goal: 0.4,
  },
  {
    name: 'PROPFIND depth 0, the desktop’s set',
    method: 'PROPFIND',
    path: '/many/',
    headers: { depth: '0' },
    body: DESKTOP_PROPFIND,
    goal: 0.4,
  },
  {
    name: 'PROPFIND depth 1 of 1,000',
    method: 'PROPFIND',
    path: '/many/',
    headers: { depth: '1' },
    body: DESKTOP_PROPFIND,
  },
]

export const propfind: Part = (bench) =>
  withSides(bench.folder, ['Cloudlet', 'rclone', 'nginx'], async (sides, cloudlet) => {
    for (const side of sides) await side.seed('many', 1_000, 100)
    const rows: Row[] = []
    for (const work of PROPFINDS) rows.push(await besideBareAnswer(bench, work, sides, cloudlet))
    return { rows, notes: [] }
  })

export const get: Part = (bench) =>
  withSides(bench.folder, ['Cloudlet', 'rclone', 'nginx'], async (sides, cloudlet) => {
    for (const side of sides) await side.seed('small', 1, 4_096)
    const work = { name: 'GET 4 KiB', method: 'GET', path: '/small/00000.bin' }
    return { rows: [await besideBareAnswer(bench, work, sides, cloudlet)], notes: [] }
  })

async function besideBareAnswer(bench: Bench, work: Steady, sides: readonly Side[], cloudlet: Side): Promise<Row> {
  const bare = await bareAnswer(cloudlet, work)
  try {
    return await compareRates(bench, work, sides, bare)
  } finally {
    await bare.stop()
  }
}
