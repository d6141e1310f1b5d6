import { globSync } from 'node:fs'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { SERVER_VARIABLE, startPostgres } from '../test/helpers/postgres.ts'

/**
 * Runs every test, or those whose path holds one of the words given (`npm test -- users`), or whose name matches
 * `--name=PATTERN`. One PostgreSQL serves all of them, unless the environment names one that is already there.
 * Two files at a time: enough to use a small machine, few enough not to starve servers that the tests start.
 */
const CONCURRENCY = 2
/** No test takes nearly as long. One that waits for what never comes is named, and the others go on. */
const HANGS_AFTER_MS = 20 * 60_000

const { values, positionals: words } = parseArgs({
  options: { name: { type: 'string', multiple: true } },
  allowPositionals: true,
})
const files = globSync('{src,test,scripts}/**/*.test.ts')
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .toSorted()

if (files.length === 0) {
  console.error(`No test file has ${words.join(' or ')} in its path`)
  process.exit(1)
}

// Asked to stop, the run ends as one that failed, with its servers stopped and their folders removed.
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopping.abort())

console.log(`${files.length} test files`)
const postgres = process.env[SERVER_VARIABLE] === undefined ? await startPostgres() : undefined
if (postgres !== undefined) process.env[SERVER_VARIABLE] = postgres.url

let failed = 0
let executed = 0
/** A file without a test that runs is reported as one test of its own name. */
const empty: string[] = []
const stream = run({
  files,
  concurrency: CONCURRENCY,
  isolation: 'process',
  timeout: HANGS_AFTER_MS,
  execArgv: [`--import=${import.meta.resolve('./test-end.ts')}`],
  signal: stopping.signal,
  ...(values.name === undefined ? {} : { testNamePatterns: values.name }),
})
stream.on('test:pass', ({ name, nesting, details, skip }) => {
  if (nesting === 0 && files.includes(name)) empty.push(name)
  else if (details.type !== 'suite' && skip === undefined) executed += 1
})
stream.on('test:fail', () => {
  failed += 1
  executed += 1
})
stream.compose(spec).pipe(process.stdout)
await new Promise((resolve) => stream.once('end', resolve))
await postgres?.stop()
if (executed === 0) console.error('No test was run')
const mustHaveTests = values.name === undefined
if (mustHaveTests && empty.length > 0) console.error(`No test in ${empty.join(', ')}`)
const isGood = failed === 0 && executed > 0 && !(mustHaveTests && empty.length > 0) && !stopping.signal.aborted
process.exitCode = isGood ? 0 : 1
