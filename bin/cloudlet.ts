import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { main } from '../src/main/cli.ts'

// Content passes through buffers outside of the heap. By itself V8 looks through the whole heap for garbage each time that
// 25 MB of them have passed, which takes longer than all else about a transfer (docs/adr/0011-when-memory-is-collected.md).
setFlagsFromString('--external-memory-accounted-in-global-limit')
setFlagsFromString('--heap-growing-percent=300')

// What this program writes is for its own user: the database, the copies of it, files, logs.
process.umask(0o077)

const asked = Promise.withResolvers<string>()
const stop = (reason: string): void => asked.resolve(reason)

// A log that cannot be written, on a full disk or into a pipe that nobody reads, is no reason to stop serving. Of any
// other command it is the result that is lost.
const isServing = process.argv[2] === 'serve'
let isLost = false
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => {
    isLost = !isServing
    if (isLost) process.exitCode ||= 1
  })
}

const code = await main({
  argv: process.argv.slice(2),
  env: process.env,
  stdin: process.stdin,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  stopped: () => {
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
    return asked.promise
  },
})
process.exitCode = code === 0 && isLost ? 1 : code
