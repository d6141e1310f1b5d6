import { globSync } from 'node:fs'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { SERVER_VARIABLE, startPostgres } from '../test/helpers/postgres.ts'

/**
 * Runs every test, or those whose path holds one of the words given. One PostgreSQL serves all of them.
 * Two files at a time: enough to use a small machine, few enough not to starve servers that the tests start.
 */
const CONCURRENCY = 2

const words = process.argv.slice(2)
const files = globSync(['{src,test,scripts}/**/*.test.ts'])
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .toSorted()

if (files.length === 0) {
  console.error(`No test file has ${words.join(' or ')} in its path`)
  process.exit(1)
}

console.log(`${files.length} test files`)
const postgres = await startPostgres()
process.env[SERVER_VARIABLE] = postgres.url

let failed = 0
let executed = 0
const stream = run({ files, concurrency: CONCURRENCY, isolation: 'process' })
stream.on('test:summary', ({ file, counts }) => {
  if (file === undefined) executed = counts.tests - counts.skipped
})
stream.on('test:fail', () => {
  failed += 1
})
stream.compose(spec).pipe(process.stdout)
await new Promise((resolve) => stream.once('end', resolve))
await postgres.stop()
if (executed === 0) console.error('No test was run')
process.exitCode = failed > 0 || executed === 0 ? 1 : 0
