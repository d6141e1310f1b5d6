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

  test('that are not there, or not any more, are told in a page, and folders say how they are opened', {
    skip,
  }, async () => {
    const browser: Browser = await startBrowser()
    try {
      const context = await browser.newContext({ viewport: { width: 360, height: 640 } })
      const page = await context.newPage()
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      const open = async (path: string): Promise<{ status: number; title: string; text: string }> => {
        const answer = await page.goto(`${base}${path}`, { waitUntil: 'load' })
        const text = await page.locator('main').innerText()
        const isTooWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
        assert.equal(isTooWide, false, `${path} is wider than a small phone`)
        return { status: answer?.status() ?? 0, title: await page.title(), text }
      }
      const link = await directLink('page.html')
      await app.request({ method: 'DELETE', url: '/remote.php/dav/files/admin/page.html', as: admin })
      for (const path of [link, `/remote.php/direct/${'a'.repeat(60)}`, '/remote.php/direct/short']) {
        const { status, title, text } = await open(path)
        assert.deepEqual([status, title], [404, 'Nothing here'])
        assert.match(text, /not any more/)
        assert.doesNotMatch(text, /Sabre|Exception/)
      }
      await context.setExtraHTTPHeaders({ authorization: basic(...admin) })
      assert.equal((await open('/remote.php/dav/files/admin/%3Cb%3Enone')).status, 404)
      const folder = await open('/remote.php/dav/files/admin/')
      assert.deepEqual([folder.status, folder.title], [200, 'Files over WebDAV'])
      assert.ok(folder.text.includes(`${base}/remote.php/dav/files/admin/`))
      assert.deepEqual(errors, [])
    } finally {
      await browser.close()
    }
  })
})
