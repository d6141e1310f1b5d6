import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { chromiumPath, type Visit, visit, WITHOUT_CHROMIUM } from '../helpers/browser.ts'
import { startJourney } from '../helpers/journey.ts'
import { basic, OCS } from '../helpers/test-app.ts'

const skip = chromiumPath === undefined ? WITHOUT_CHROMIUM : false
const PASSWORD = 'alice-password'
const BETTER = 'a-better-password'

describe('profile and password, with a browser that runs no scripts', { skip }, () => {
  const journey = startJourney()
  before(async () => {
    const { app } = journey
    await app.features.accounts.add({ userId: 'alice', password: PASSWORD, displayName: 'Alice Example' }, 'test')
    const body = new URLSearchParams({ key: 'biography', value: 'One line\nand another' }).toString()
    const headers = { ...OCS, 'content-type': 'application/x-www-form-urlencoded' }
    await app.request({ method: 'PUT', url: '/ocs/v2.php/cloud/users/alice', headers, as: ['alice', PASSWORD], body })
  })

  async function open(path: string, options: object = {}): Promise<Visit> {
    const visitor = await visit(journey.browser, options)
    await visitor.page.goto(journey.base + path)
    return visitor
  }

  test('a profile shows its picture, for the light that the browser wants', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const seen: string[] = []
      const { page, problems } = await open('/index.php/u/alice', { colorScheme })
      page.on('response', (response) => seen.push(`${response.status()} ${new URL(response.url()).pathname}`))
      await page.reload()
      assert.match((await page.textContent('.profile')) ?? '', /Alice Example[\s\S]*One line\nand another/)
      const picture = colorScheme === 'dark' ? '/avatar/alice/512/dark' : '/avatar/alice/512'
      assert.ok(seen.includes(`200 ${picture}`), seen.join())
      assert.deepEqual(
        seen.filter((line) => !/^(?:200|304) /.test(line)),
        [],
      )
      assert.deepEqual(problems, [])
      await page.context().close()
    }
  })

  test('a new password is typed twice, and then it is the only one', async () => {
    const { page, problems } = await open('/.well-known/change-password')
    await page.fill('#user', 'alice')
    await page.fill('#password', PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/settings\/user\/password$/)
    const fill = async (current: string, wanted: string, again: string): Promise<void> => {
      await page.getByLabel('Your password now').fill(current)
      await page.getByLabel('New password', { exact: true }).fill(wanted)
      await page.getByLabel('New password, once more').fill(again)
      await page.getByRole('button', { name: 'Change password' }).click()
    }
    await fill(PASSWORD, BETTER, `${BETTER}x`)
    assert.match((await page.getByRole('alert').textContent()) ?? '', /differ/)
    // Browsers note a form that was refused as an error of the page.
    problems.length = 0
    journey.app.clock.advance(1_000)
    await fill(PASSWORD, BETTER, BETTER)
    assert.match((await page.getByRole('status').textContent()) ?? '', /changed/)
    const signIn = (secret: string): Promise<Response> =>
      fetch(`${journey.base}/remote.php/webdav/`, {
        method: 'OPTIONS',
        headers: { authorization: basic('alice', secret) },
      })
    assert.equal((await signIn(PASSWORD)).status, 401)
    assert.equal((await signIn(BETTER)).status, 200)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.waitForURL(/\/login$/)
    assert.deepEqual(problems, [])
    await page.context().close()
  })
})
