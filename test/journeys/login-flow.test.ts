import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { chromiumPath, WITHOUT_CHROMIUM } from '../helpers/browser.ts'
import { startJourney } from '../helpers/journey.ts'
import { ADMIN_PASSWORD } from '../helpers/test-app.ts'

const skip = chromiumPath === undefined ? WITHOUT_CHROMIUM : false

describe('letting an app in with a browser that runs no scripts', { skip }, () => {
  const journey = startJourney()

  async function visit(options: object = {}): Promise<Page> {
    const context = await journey.browser.newContext({ javaScriptEnabled: false, locale: 'en', ...options })
    return context.newPage()
  }
  async function begin(): Promise<{ token: string; login: string }> {
    const headers = { 'user-agent': 'Photo Frame/2.1 (Linux)' }
    const answer = await fetch(`${journey.base}/index.php/login/v2`, { method: 'POST', headers })
    const { poll, login } = (await answer.json()) as { poll: { token: string }; login: string }
    return { token: poll.token, login }
  }
  const poll = (token: string): Promise<Response> =>
    fetch(`${journey.base}/login/v2/poll`, { method: 'POST', body: new URLSearchParams({ token }) })

  test('from the app’s address to the app’s password, by keyboard alone', async () => {
    const { token, login } = await begin()
    const page = await visit()
    await page.goto(login)
    assert.match((await page.textContent('main')) ?? '', /Photo Frame\/2\.1 \(Linux\) asks for access/)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.locator('#user:focus').waitFor()
    await page.keyboard.type('admin')
    await page.keyboard.press('Tab')
    await page.keyboard.type(ADMIN_PASSWORD)
    await page.keyboard.press('Enter')
    // The login page carries the word too, in the address that it leads back to.
    await page.waitForURL(/^[^?]*\/login\/v2\/grant/)
    assert.match((await page.textContent('main')) ?? '', /signed in as admin/)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('status').waitFor()
    assert.match((await page.textContent('main')) ?? '', /go back to the app/)
    const granted = (await (await poll(token)).json()) as { loginName: string }
    assert.equal(granted.loginName, 'admin')
    await page.context().close()
  })

  test('refused, in German, on a small phone', async () => {
    const { token, login } = await begin()
    const page = await visit({ locale: 'de-DE', viewport: { width: 320, height: 568 } })
    await page.goto(login)
    await page.click('text=Anmelden')
    await page.fill('#user', 'admin')
    await page.fill('#password', ADMIN_PASSWORD)
    await page.keyboard.press('Enter')
    await page.click('text=Ablehnen')
    assert.match((await page.textContent('main')) ?? '', /hat nichts bekommen/)
    assert.equal((await poll(token)).status, 404)
    const wide = await page.locator('main').evaluate((main) => main.scrollWidth > main.clientWidth)
    assert.equal(wide, false)
    await page.context().close()
  })

  test('an address that is used up says what to do', async () => {
    const page = await visit()
    const answer = await page.goto(`${journey.base}/login/v2/flow/${'x'.repeat(128)}`)
    assert.equal(answer?.status(), 403)
    assert.match((await page.textContent('main')) ?? '', /start again in the app/)
    await page.context().close()
  })
})
