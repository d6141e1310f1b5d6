import { after } from 'node:test'

/** Closing takes a moment; what is still open after this long was forgotten, or never came to be closed. */
const CLOSING_MS = 60_000

/**
 * Loaded before each test file. A file whose tests have ended, and which a socket or a server keeps alive (mostly
 * because its `before` failed half-way), would hold up the whole run for ever: it says what is open, and fails.
 */
after(() => {
  const giveUp = (): void => {
    const open = process.getActiveResourcesInfo().filter((kind) => kind !== 'PipeWrap')
    console.error(`The tests of this file have ended, and it is kept alive by: ${open.join(', ')}`)
    process.exit(1)
  }
  setTimeout(giveUp, CLOSING_MS).unref()
})
