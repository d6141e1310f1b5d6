import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { chromiumPath, startBrowser, WITHOUT_CHROMIUM } from '../helpers/browser.ts'
import { CLIENT_ID, CLIENT_SECRET, startProvider, type TestProvider } from '../helpers/oidc.ts'
import { createTestApp, type TestApp } from '../helpers/test-app.ts'

const skip = chromiumPath === undefined ? WITHOUT_CHROMIUM : false

describe('single sign-on at a real provider, with a browser that runs no scripts', { skip }, () => {
  let app: TestApp
  let provider: TestProvider
  let browser: Browser
  before(async () => {
    provider = await startProvider()
    app = await createTestApp({
      env: {
        CLOUDLET_OIDC_ISSUER: provider.issuer,
        CLOUDLET_OIDC_CLIENT_ID: CLIENT_ID,
        CLOUDLET_OIDC_CLIENT_SECRET: CLIENT_SECRET,
        CLOUDLET_OIDC_BUTTON: 'Sign in with Example',
      },
    })
    browser = await startBrowser({ 'cloud.test': new URL(await app.listen()).host })
  })
  after(async () => {
    await browser.close()
    await app.close()
    await provider.close()
  })

  test('in by the button, to the page that was asked for, and out at both', async () => {
    provider.person = { sub: 'carol-1', preferred_username: 'carol', name: 'Carol' }
    const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en' })
    const page = await context.newPage()
    const problems: string[] = []
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) problems.push(message.text())
    })
    await page.goto('http://cloud.test/settings/user/security')
    await page.getByRole('link', { name: 'Sign in with Example' }).click()
    await page.waitForURL('http://cloud.test/settings/user/security')
    assert.match((await page.textContent('main')) ?? '', /Connected devices and apps/)
    await page.getByRole('link', { name: 'Back to the start' }).click()
    assert.match((await page.textContent('main')) ?? '', /carol/)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(`${provider.issuer}/session/end*`)
    await page.goto('http://cloud.test/')
    assert.match(page.url(), /\/login$/)
    assert.deepEqual(problems, [], 'the policy of the page lets the form lead there')
    await context.close()
  })
})
