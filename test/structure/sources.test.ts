import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findIn, functionsOf, importsOf, readSources } from './sources.ts'

// The rules of the house are only as good as what finds the offenders.

const source = (text: string) => ({ file: 'src/db/a.ts', text })

test('sources are read from the project, wherever the test is started', () => {
  assert.ok(readSources('bin/*.ts').some(({ file, text }) => file === 'bin/cloudlet.ts' && text.length > 0))
})

test('imports of every form are found, with their line', () => {
  const text = [
    "import { test } from 'node:test'",
    "import type { A } from '../lib/a.ts'",
    'import {',
    '  b,',
    "} from './b.ts'",
    "export { c } from './c/c.ts'",
    "const d = await import('../http/d.ts')",
    "// import { e } from './e.ts'",
  ].join('\n')
  assert.deepEqual(
    importsOf([source(text)]).map(({ to, where }) => [to, where.split(' ')[0]]),
    [
      ['src/lib/a.ts', 'src/db/a.ts:2:'],
      ['src/db/b.ts', 'src/db/a.ts:5:'],
      ['src/db/c/c.ts', 'src/db/a.ts:6:'],
      ['src/http/d.ts', 'src/db/a.ts:7:'],
    ],
  )
})

test('what stands in a comment is not found', () => {
  const text = '/** process.exit(1) */\n * process.exit(1)\n// process.exit(1)\nprocess.exit(1)\n'
  assert.deepEqual(
    findIn([source(text)], /process\.exit\(/).map(({ where }) => where),
    ['src/db/a.ts:4: process.exit(1)'],
  )
})

test('functions, methods and arrow functions are measured', () => {
  const text = `export async function outer({
  a,
}: A): Promise<void> {
  const inner = (b: string): void => {
    if (b === a) {
      b()
    }
  }
  return {
    async method<T>(c: T): Promise<T> {
      return c
    },
  }
}

function* generator() {
  yield 1
}
`
  assert.deepEqual(
    functionsOf(source(text)).map(({ name, lines, where }) => [name, lines, where]),
    [
      ['outer', 14, 'src/db/a.ts:1: outer'],
      ['inner', 5, 'src/db/a.ts:4: inner'],
      ['method', 3, 'src/db/a.ts:10: method'],
      ['generator', 3, 'src/db/a.ts:16: generator'],
    ],
  )
})
