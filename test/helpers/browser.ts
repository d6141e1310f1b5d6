import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The Chromium of this machine, or undefined: then a journey is skipped and says so. */
export const chromiumPath: string | undefined = process.env['CHROMIUM_PATH'] ?? PLACES.find((path) => existsSync(path))

export const WITHOUT_CHROMIUM = 'no Chromium on this machine: install the package "chromium"'

/** `hosts` are names that lead to addresses of this machine: `cloud.test` to `127.0.0.1:8080`. */
export async function startBrowser(hosts: Readonly<Record<string, string>> = {}): Promise<Browser> {
  const rules = Object.entries(hosts).map(([name, address]) => `MAP ${name} ${address}`)
  return chromium.launch({
    executablePath: chromiumPath ?? '',
    // The sandbox of Chromium cannot be had as root, and the pages are our own.
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', `--host-resolver-rules=${rules.join(',')}`],
  })
}

export interface Visit {
  readonly context: BrowserContext
  readonly page: Page
  /** Errors that the browser has written on its console. */
  readonly problems: string[]
}

/** A visitor without cookies, whose browser runs no scripts and speaks English unless `options` say otherwise. */
export async function visit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en', ...options })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  return { context, page, problems }
}
