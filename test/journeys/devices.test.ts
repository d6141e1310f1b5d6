import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { chromiumPath, type Visit, visit, WITHOUT_CHROMIUM } from '../helpers/browser.ts'
import { startJourney } from '../helpers/journey.ts'
import { ADMIN_PASSWORD, basic } from '../helpers/test-app.ts'

const skip = chromiumPath === undefined ? WITHOUT_CHROMIUM : false

describe('the page of devices, with a browser that runs no scripts', { skip }, () => {
  const journey = startJourney()
  before(() =>
    journey.app.request({ method: 'MKCOL', url: '/remote.php/webdav/Photos', as: ['admin', ADMIN_PASSWORD] }),
  )

  async function signedIn(options: object = {}): Promise<Visit> {
    const visitor = await visit(journey.browser, options)
    const { page } = visitor
    await page.goto(`${journey.base}/login`)
    await page.fill('#user', 'admin')
    await page.fill('#password', ADMIN_PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForURL(/:\d+\/$/)
    return visitor
  }

  const webdav = (secret: string, method: string, path: string): Promise<Response> =>
    fetch(`${journey.base}/remote.php/webdav${path}`, { method, headers: { authorization: basic('admin', secret) } })

  test('makes an app password with limits, gives it another name and takes it back', async () => {
    const { page, problems } = await signedIn()
    await page.click('a[href="/settings/user/security"]')
    await page.getByLabel('Name', { exact: true }).fill('Picture frame')
    await page.getByLabel('Read only').check()
    await page.getByLabel('Only this folder').fill('/Photos')
    await page.getByRole('button', { name: 'Make an app password' }).click()
    const secret = (await page.locator('dd code').nth(1).textContent()) ?? ''
    assert.equal((await webdav(secret, 'PROPFIND', '/Photos')).status, 207)
    assert.equal((await webdav(secret, 'MKCOL', '/Photos/New')).status, 403)
    await page.getByRole('link', { name: 'Devices and apps' }).click()
    assert.match(
      (await page.textContent('.devices')) ?? '',
      /Picture frame[\s\S]*Read only[\s\S]*Only the folder \/Photos/,
    )
    await page.locator('summary').click()
    await page.locator('.devices input[name=name]').fill('Frame in the hall')
    await page.getByRole('button', { name: 'Save the name' }).click()
    assert.match((await page.textContent('[role=status]')) ?? '', /saved/)
    assert.match((await page.textContent('.devices')) ?? '', /Frame in the hall/)
    await page.locator('summary').click()
    await page.getByRole('button', { name: 'Revoke access' }).click()
    assert.match((await page.textContent('main')) ?? '', /Nothing is connected yet/)
    assert.equal((await webdav(secret, 'PROPFIND', '/Photos')).status, 401)
    assert.deepEqual(problems, [])
    await page.context().close()
  })

  test('every control has a name, every picture a text, in all three languages and on a phone', async () => {
    const { row } = await journey.app.features.accounts.get('admin')
    await journey.app.features.auth.appPasswords.add(row.id, 'Phone', 'test')
    for (const [locale, title] of [
      ['en', 'Devices and apps'],
      ['de', 'Geräte und Apps'],
      ['fr', 'Appareils et applications'],
    ] as const) {
      const { page, problems } = await signedIn({ locale, viewport: { width: 360, height: 640 } })
      await page.goto(`${journey.base}/settings/user/security`)
      assert.match(await page.title(), new RegExp(title))
      await page.locator('summary').click()
      for (const field of await page.locator('input:not([type=hidden])').all()) {
        const id = await field.getAttribute('id')
        const labels = await page.locator(`label[for="${id}"], label:has(input:not([id]))`).count()
        assert.ok(labels > 0, `${locale}: a field has no label`)
      }
      const [width, inner] = [await page.locator('html').evaluate((root) => root.scrollWidth), 360]
      assert.ok(width <= inner, `${locale}: the page is ${width} wide`)
      await page.locator('button[value=code]').click()
      assert.notEqual(await page.locator('.code img').getAttribute('alt'), '')
      assert.ok(((await page.locator('.code img').boundingBox())?.width ?? 0) > 200)
      assert.deepEqual(problems, [])
      await page.context().close()
    }
  })
})
