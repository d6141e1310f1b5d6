import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chromiumPath, type Visit, visit, WITHOUT_CHROMIUM } from '../helpers/browser.ts'
import { startJourney } from '../helpers/journey.ts'
import { startMailServer, type TestMailServer, textOf } from '../helpers/smtp.ts'

const skip = chromiumPath === undefined ? WITHOUT_CHROMIUM : false

/** Links in mail name the address that people use, which is known before the server listens somewhere. */
const base = 'http://cloud.test'

describe('passwords by mail, with a browser that runs no scripts', { skip }, () => {
  let mail: TestMailServer
  const journey = startJourney(async (closing) => {
    mail = closing.adopt(await startMailServer(), (each) => each.close())
    return { env: { CLOUDLET_SMTP_URL: `smtp://127.0.0.1:${mail.port}`, CLOUDLET_PUBLIC_URL: base } }
  })

  const visitor = (options?: object): Promise<Visit> => visit(journey.browser, options)

  /** The link in the only letter that has come since. */
  async function mailedLink(): Promise<string> {
    await journey.app.jobs.runDue()
    const [letter] = mail.letters.splice(0)
    assert.ok(letter !== undefined, 'a letter has come')
    return new RegExp(`${base}/login/password/[\\w-]+`).exec(textOf(letter))?.[0] ?? assert.fail('no link')
  }

  test('who is invited chooses a password by keyboard alone, and signs in with it', async () => {
    await journey.app.features.accounts.add({ userId: 'paula', email: 'paula@example.com', isWelcomed: true }, 'test')
    const link = await mailedLink()
    const { page, context, problems } = await visitor()
    await page.goto(link)
    await page.locator('#password:focus').waitFor()
    await page.keyboard.type('several words make it')
    await page.keyboard.press('Tab')
    await page.keyboard.type('several words make it')
    await page.keyboard.press('Enter')
    await page.locator('[role=status]').waitFor()
    await page.click('a.button')
    assert.equal(await page.inputValue('#user'), 'paula')
    await page.locator('#password:focus').waitFor()
    await page.keyboard.type('several words make it')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${base}/`)
    assert.match((await page.textContent('main')) ?? '', /paula/)
    assert.deepEqual(problems, [])
    await page.goto(link)
    assert.match((await page.textContent('[role=alert]')) ?? '', /used already/)
    await context.close()
  })

  test('who has forgotten the password finds the way from the login page, in each language', async () => {
    const { accounts } = journey.app.features
    await accounts.add({ userId: 'rosa', password: 'forgotten-1', email: 'rosa@example.com' }, 'test')
    for (const [locale, sent] of [
      ['en-GB', /mailbox/],
      ['de-DE', /Postfach/],
      ['fr-FR', /réception/],
    ] as const) {
      const { page, context } = await visitor({ locale })
      await page.goto(`${base}/login`)
      await page.click('a[href="/login/forgotten"]')
      await page.fill('#user', 'rosa@example.com')
      await page.click('button')
      assert.match((await page.textContent('main')) ?? '', sent)
      await page.goto(await mailedLink())
      assert.match((await page.textContent('main')) ?? '', /rosa/)
      await page.fill('#password', 'new-password-1')
      await page.fill('#again', 'other-password-1')
      await page.click('button')
      await page.locator('[role=alert]').waitFor()
      await context.close()
    }
  })

  test('every field has a label, and nothing is wider than a small phone', async () => {
    await journey.app.features.accounts.add({ userId: 'sven', email: 'sven@example.com', isWelcomed: true }, 'test')
    const link = await mailedLink()
    const { page, context } = await visitor({ javaScriptEnabled: true, viewport: { width: 320, height: 560 } })
    for (const address of [link, `${base}/login/forgotten`, `${base}/login/password/none`]) {
      await page.goto(address)
      const width = await page.evaluate('document.documentElement.scrollWidth')
      assert.ok(Number(width) <= 320, `${address} is ${width} pixels wide`)
      const unlabelled = await page.evaluate(
        `[...document.querySelectorAll('input:not([type=hidden]):not([hidden])')].filter((input) => input.labels.length === 0).length`,
      )
      assert.equal(unlabelled, 0, address)
    }
    await context.close()
  })
})
