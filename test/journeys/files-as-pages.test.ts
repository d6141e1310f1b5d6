import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { chromiumPath, startBrowser, WITHOUT_CHROMIUM } from '../helpers/browser.ts'
import { ADMIN_PASSWORD, basic, createTestApp, OCS, type TestApp } from '../helpers/test-app.ts'

const skip = chromiumPath === undefined ? WITHOUT_CHROMIUM : false

const SCRIPT = 'document.documentElement.dataset.ran = "yes"; fetch("/ocs/v2.php/cloud/user")'
const PAGES = {
  'page.html': `<!doctype html><title>page</title><script>${SCRIPT}</script><img src="x" onerror='${SCRIPT}'>`,
  'drawing.svg': `<svg xmlns="http://www.w3.org/2000/svg" onload='${SCRIPT}'><script>${SCRIPT}</script></svg>`,
  'page.xhtml': `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>page</title><script>${SCRIPT}</script></head><body/></html>`,
}

describe('files that are pages (bug class: stored scripts)', () => {
  let app: TestApp
  let base = ''
  const admin = ['admin', ADMIN_PASSWORD] as const
  before(async () => {
    app = await createTestApp()
    base = await app.listen()
    for (const [name, body] of Object.entries(PAGES)) {
      await app.request({ method: 'PUT', url: `/remote.php/dav/files/admin/${name}`, body, as: admin })
    }
  })
  after(() => app.close())

  async function directLink(name: string): Promise<string> {
    const found = await app.request({
      method: 'PROPFIND',
      url: `/remote.php/dav/files/admin/${name}`,
      headers: { depth: '0' },
      body: '<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><oc:fileid/></d:prop></d:propfind>',
      as: admin,
    })
    const made = await app.request({
      method: 'POST',
      url: '/ocs/v2.php/apps/dav/api/v1/direct?format=json',
      headers: { ...OCS, 'content-type': 'application/json' },
      body: JSON.stringify({ fileId: Number(/<oc:fileid>(\d+)</.exec(found.text)?.[1]) }),
      as: admin,
    })
    return new URL(made.json().ocs.data.url).pathname
  }

  test('are sent as files to keep, and a browser that shows them anyway is told to run nothing', async () => {
    for (const name of Object.keys(PAGES)) {
      const file = await app.request({ url: `/remote.php/dav/files/admin/${name}`, as: admin })
      const link = await app.request({ url: await directLink(name) })
      assert.match(String(file.headers['content-disposition']), /^attachment;/)
      for (const { status, headers, text } of [file, link]) {
        assert.deepEqual([status, text], [200, PAGES[name as keyof typeof PAGES]])
        assert.match(String(headers['content-security-policy']), /default-src 'none'.*sandbox(?:;|$)/)
        assert.equal(headers['x-content-type-options'], 'nosniff')
      }
    }
  })

  test('run no script in a browser that opens a direct link to them', { skip }, async () => {
    const browser: Browser = await startBrowser()
    try {
      const context = await browser.newContext()
      // Signed in, so that a script would have something to steal.
      await context.setExtraHTTPHeaders({ authorization: basic(...admin) })
      for (const name of Object.keys(PAGES)) {
        const page = await context.newPage()
        const asked: string[] = []
        page.on('request', (request) => asked.push(new URL(request.url()).pathname))
        await page.goto(`${base}${await directLink(name)}`, { waitUntil: 'load' })
        assert.equal(await page.evaluate('document.documentElement.dataset.ran'), undefined, name)
        assert.ok(!asked.some((path) => path.startsWith('/ocs/')), name)
        await page.close()
      }
    } finally {
      await browser.close()
    }
  })
})
