import { after, before } from 'node:test'
import type { Browser } from 'playwright-core'
import { startBrowser } from './browser.ts'
import { createTestApp, type TestApp, type TestAppOptions } from './test-app.ts'

/** What a browser goes to. There from the first test on. */
export interface Journey {
  readonly app: TestApp
  readonly browser: Browser
  /** Scheme, host and port at which the server listens; `http://cloud.test` leads there as well. */
  readonly base: string
}

/**
 * A server and a browser for the tests of one `describe`: made before them and closed after them, also when something
 * failed half-way. `prepare` says how the server is set up, and leaves what must be closed too with `closing`.
 */
export function startJourney(
  prepare: (closing: AsyncDisposableStack) => Promise<TestAppOptions> = async () => ({}),
): Journey {
  const closing = new AsyncDisposableStack()
  const journey = {} as { -readonly [Part in keyof Journey]: Journey[Part] }
  before(async () => {
    journey.app = closing.adopt(await createTestApp(await prepare(closing)), (app) => app.close())
    journey.base = await journey.app.listen()
    const hosts = { 'cloud.test': new URL(journey.base).host }
    journey.browser = closing.adopt(await startBrowser(hosts), (browser) => browser.close())
  })
  after(() => closing.disposeAsync())
  return journey
}
