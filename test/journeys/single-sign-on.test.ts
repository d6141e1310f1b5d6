import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chromiumPath, WITHOUT_CHROMIUM } from '../helpers/browser.ts'
import { startJourney } from '../helpers/journey.ts'
import { CLIENT_ID, CLIENT_SECRET, startProvider, type TestProvider } from '../helpers/oidc.ts'

const skip = chromiumPath === undefined ? WITHOUT_CHROMIUM : false

describe('single sign-on at a real provider, with a browser that runs no scripts', { skip }, () => {
  let provider: TestProvider
  const journey = startJourney(async (closing) => {
    provider = closing.adopt(await startProvider(), (each) => each.close())
    return {
      env: {
        CLOUDLET_OIDC_ISSUER: provider.issuer,
        CLOUDLET_OIDC_CLIENT_ID: CLIENT_ID,
        CLOUDLET_OIDC_CLIENT_SECRET: CLIENT_SECRET,
        CLOUDLET_OIDC_BUTTON: 'Sign in with Example',
      },
    }
  })

  test('in by the button, to the page that was asked for, and out at both', async () => {
    provider.person = { sub: 'carol-1', preferred_username: 'carol', name: 'Carol' }
    const context = await journey.browser.newContext({ javaScriptEnabled: false, locale: 'en' })
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
