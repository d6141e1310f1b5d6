import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { contrast } from '../../src/features/theming/colors.ts'
import { chromiumPath, type Visit, visit, WITHOUT_CHROMIUM } from '../helpers/browser.ts'
import { startJourney } from '../helpers/journey.ts'
import { ADMIN_PASSWORD } from '../helpers/test-app.ts'

/** Colours as they are drawn, as `#rrggbb`. */
const DRAWN_COLORS = `(() => {
  const paint = document.createElement('canvas').getContext('2d')
  const drawn = (color) => {
    paint.fillStyle = color
    paint.fillRect(0, 0, 1, 1)
    const bytes = [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3)
    return '#' + bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')
  }
  const style = (selector) => getComputedStyle(document.querySelector(selector))
  return {
    card: drawn(style('.card').backgroundColor),
    focus: drawn(style('#user:focus').outlineColor),
    field: drawn(style('#password').borderTopColor),
  }
})()`

const skip = chromiumPath === undefined ? WITHOUT_CHROMIUM : false

describe('signing in with a browser that runs no scripts', { skip }, () => {
  const journey = startJourney()

  async function visitor(options: object = {}): Promise<Visit> {
    const { page, context, problems } = await visit(journey.browser, options)
    page.on('response', (response) => {
      if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`)
    })
    return { page, context, problems }
  }

  async function signIn(page: Page, password: string, arrival: RegExp): Promise<void> {
    await page.goto(`${journey.base}/`)
    // By keyboard alone: the name has the focus, Enter sends.
    await page.locator('#user:focus').waitFor()
    await page.keyboard.type('admin')
    await page.keyboard.press('Tab')
    await page.keyboard.type(password)
    await page.keyboard.press('Enter')
    await page.waitForURL(arrival)
  }

  test('the start page leads to the form, by keyboard in and by button out', async () => {
    const { page, context, problems } = await visitor()
    await signIn(page, ADMIN_PASSWORD, /:\d+\/$/)
    assert.match((await page.textContent('main')) ?? '', /admin/)
    const [cookie] = await context.cookies()
    assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Lax'])
    await page.click('button')
    await page.waitForURL(/\/login/)
    assert.match((await page.textContent('main')) ?? '', /signed out/i)
    await page.goto(`${journey.base}/`)
    assert.match(page.url(), /\/login$/)
    assert.deepEqual(problems, [])
    await context.close()
  })

  test('a wrong password says so and keeps the name; the session is a new one afterwards (bug class: fixation)', async () => {
    const { page, context } = await visitor()
    await signIn(page, 'not the password', /direct=1/)
    assert.match((await page.textContent('[role=alert]')) ?? '', /do not fit together/)
    assert.equal(await page.inputValue('#user'), 'admin')
    await page.locator('#password:focus').waitFor()
    const before = (await context.cookies())[0]?.value
    await page.fill('#password', ADMIN_PASSWORD)
    await page.click('button')
    await page.waitForURL(`${journey.base}/`)
    assert.notEqual((await context.cookies())[0]?.value, before)
    await context.close()
  })

  test('speaks the language of the browser', async () => {
    for (const [locale, word] of [
      ['de-DE', /Anmelden/],
      ['fr-FR', /connecter/i],
      ['en-GB', /Sign in/],
      ['ja-JP', /Sign in/],
    ] as const) {
      const { page, context } = await visitor({ locale })
      await page.goto(`${journey.base}/login`)
      assert.match((await page.textContent('button')) ?? '', word)
      await context.close()
    }
  })

  test('every field has a label, and nothing is wider than a small phone', async () => {
    const { page, context } = await visitor({ javaScriptEnabled: true, viewport: { width: 320, height: 560 } })
    for (const path of ['/login', '/nothing-here', '/ocs/docs']) {
      await page.goto(`${journey.base}${path}`)
      const width = await page.evaluate('document.documentElement.scrollWidth')
      assert.ok(Number(width) <= 320, `${path} is ${width} pixels wide`)
      const unlabelled = await page.evaluate(
        `[...document.querySelectorAll('input:not([type=hidden])')].filter((input) => input.labels.length === 0).length`,
      )
      assert.equal(unlabelled, 0, path)
      assert.equal(
        await page.evaluate(`document.documentElement.lang !== '' && document.querySelectorAll('h1').length`),
        1,
      )
    }
    await context.close()
  })

  test('whatever colour a theme has, the focus and the fields are told from the card', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, context } = await visitor({ javaScriptEnabled: true, colorScheme })
      for (const color of ['#ffffff', '#000000', '#ffe000', '#1f6f8b', '#808080']) {
        await journey.app.features.theming.set('primary_color', color, 'test')
        await page.goto(`${journey.base}/login`)
        // The browser gives the focus a moment after the page has come.
        await page.locator('#user:focus').waitFor()
        const drawn = (await page.evaluate(DRAWN_COLORS)) as { card: string; focus: string; field: string }
        for (const part of ['focus', 'field'] as const) {
          const ratio = contrast(drawn[part], drawn.card)
          assert.ok(ratio >= 3, `${part} of ${color} in ${colorScheme}: ${ratio} (WCAG 2.2, 1.4.11)`)
        }
      }
      await context.close()
    }
    await journey.app.features.theming.reset('primary_color', 'test')
  })

  test('another site’s form cannot sign anybody in (bug class: login CSRF)', async () => {
    const { page, context } = await visitor()
    await page.route('http://elsewhere.test/**', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<form method="post" action="${journey.base}/login"><input name="user" value="admin"><input name="password" value="${ADMIN_PASSWORD}"><button>go</button></form>`,
      }),
    )
    await page.goto('http://elsewhere.test/')
    await page.click('button')
    await page.waitForLoadState('load')
    await page.goto(`${journey.base}/`)
    assert.match(page.url(), /\/login/)
    await context.close()
  })
})
