import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const env = { ...process.env, PATH: [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter) }

/** `npm run check`: the one gate. Every step runs, even when one before it failed. Nothing is changed. */
const steps: readonly (readonly [name: string, command: string, args: readonly string[]])[] = [
  ['format and lint', 'biome', ['ci', '--error-on-warnings', '.']],
  ['types', 'tsc', ['--noEmit', '-p', '.']],
  ['unused code and dependencies', 'knip', []],
  ['structure and docs', process.execPath, ['--test', ...globSync('test/{structure,docs}/*.test.ts', { cwd: root })]],
]

const results: string[] = []
let failed = 0
for (const [name, command, args] of steps) {
  const begun = performance.now()
  console.log(`\n== ${name}`)
  const code = await run(command, args)
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1)
  results.push(`${code === 0 ? 'ok    ' : 'FAILED'}  ${seconds.padStart(5)} s  ${name}`)
  console.log(code === 0 ? `ok (${seconds} s)` : `FAILED with code ${code} (${seconds} s)`)
  if (code !== 0) failed += 1
}
console.log(`\n${results.join('\n')}`)
console.log(failed === 0 ? '\nAll checks passed' : `\n${failed} of ${steps.length} checks failed`)
process.exitCode = failed === 0 ? 0 : 1

function run(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', cwd: root, env })
    child.once('error', (error) => {
      console.error(error.message)
      resolve(127)
    })
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
