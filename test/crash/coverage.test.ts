import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { OPERATIONS } from './operations.ts'
import { PLAN } from './plan.ts'
import { PUSH_POINTS } from './push.ts'
import { SWEEP_POINTS } from './sweep.ts'

const ROOT = join(import.meta.dirname, '../..')

test('every crash point of the program is come to, and every one that is named exists', () => {
  const inSource = new Set<string>()
  for (const file of globSync('src/**/*.ts', { cwd: ROOT })) {
    for (const [, name = ''] of readFileSync(join(ROOT, file), 'utf8').matchAll(/\bcrashPoint\('([^']*)'\)/g)) {
      inSource.add(name)
    }
  }
  const planned = [...PLAN.flatMap(([, ...points]) => points), ...SWEEP_POINTS, ...PUSH_POINTS]
  const used = planned.map((at) => at.split(':')[0] ?? '')
  assert.deepEqual([...new Set(used)].filter((name) => name !== '*').toSorted(), [...inSource].toSorted())
})

test('every operation is cut off somewhere', () => {
  const planned = new Set(PLAN.map(([name]) => name))
  assert.deepEqual([...planned].toSorted(), Object.keys(OPERATIONS).toSorted())
})
