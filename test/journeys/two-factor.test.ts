import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import type { Page } from 'playwright-core'
import { chromiumPath, WITHOUT_CHROMIUM } from '../helpers/browser.ts'
import { startJourney } from '../helpers/journey.ts'
import { ADMIN_PASSWORD } from '../helpers/test-app.ts'

const skip = chromiumPath === undefined ? WITHOUT_CHROMIUM : false

describe('the second step at sign-in, with a browser that runs no scripts', { skip }, () => {
  const journey = startJourney()

  async function typePassword(page: Page): Promise<void> {
    await page.goto(`${journey.base}/login`)
    await page.locator('#user:focus').waitFor()
    await page.keyboard.type('admin')
    await page.keyboard.press('Tab')
    await page.keyboard.type(ADMIN_PASSWORD)
    await page.keyboard.press('Enter')
  }

  test('is set up, asked for, and passed by keyboard alone or with a recovery code', async () => {
    const context = await journey.browser.newContext({ javaScriptEnabled: false, locale: 'en' })
    const page = await context.newPage()
    await typePassword(page)
    await page.getByRole('link', { name: 'Second step at sign-in' }).click()
    await page.getByRole('button', { name: 'Set up an authenticator app' }).click()
    assert.notEqual(await page.locator('.code img').getAttribute('alt'), '')
    const secret = (await page.locator('main > code').textContent()) ?? ''
    const code = () =>
      new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: journey.app.clock.nowMs() })
    await page.locator('#code:focus').waitFor()
    await page.keyboard.type(code())
    await page.keyboard.press('Enter')
    const recovery = (await page.locator('.codes code').first().textContent()) ?? ''
    assert.match(recovery, /^[A-Z0-9]{4}(?:-[A-Z0-9]{4}){3}$/)
    await context.clearCookies()
    journey.app.clock.advance(30_000)

    await typePassword(page)
    await page.waitForURL(/\/login\/challenge$/)
    await page.locator('#code:focus').waitFor()
    await page.keyboard.type('000000')
    await page.keyboard.press('Enter')
    assert.match((await page.textContent('[role=alert]')) ?? '', /not right/)
    await page.locator('#code:focus').waitFor()
    await page.keyboard.type(code())
    await page.keyboard.press('Enter')
    await page.waitForURL(/:\d+\/$/)
    await context.clearCookies()

    await typePassword(page)
    await page.getByLabel('Code').fill(recovery.toLowerCase())
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(/:\d+\/$/)
    assert.match((await page.textContent('main')) ?? '', /admin/)
    await context.close()
  })
})
