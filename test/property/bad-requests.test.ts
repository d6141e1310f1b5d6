import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { mountedRoutes } from '../helpers/mounted-routes.ts'
import { ADMIN_PASSWORD, createTestApp, type TestApp } from '../helpers/test-app.ts'

let app: TestApp
before(async () => {
  app = await createTestApp()
})
after(() => app.close())

const junk = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '%zz',
    '%ff',
    '%00',
    '..%2f..',
    '[]',
    'a[b][c]',
    '__proto__',
    "'; drop table account; --",
    'x'.repeat(600),
  ),
)
const body = fc.oneof(
  junk,
  fc.json({ maxDepth: 4 }),
  fc.constantFrom(
    '{"a":',
    '<a><b>',
    '['.repeat(2_000),
    '{"__proto__":{"isAdmin":true}}',
    'key=%zz&value=%ff',
    'a[]=1&a[x]=2',
  ),
)

/** Header values that HTTP can carry at all; others never get past the parser. */
const headerText = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
})

test('nothing that anybody sends to any address is answered with a 5xx', async () => {
  const routes = await mountedRoutes(app.server)
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...routes),
      fc.array(junk, { minLength: 3, maxLength: 3 }),
      fc.option(body),
      fc.constantFrom(
        'application/json',
        'application/x-www-form-urlencoded',
        'text/xml',
        'application/json; charset=latin1',
      ),
      fc.boolean(),
      headerText,
      async ({ method, path }, words, payload, type, isAdmin, header) => {
        const filled = path
          .replace(/:\w+/g, () => encodeURIComponentLoosely(words[0] ?? ''))
          .replace('*', `/${words[1] ?? ''}`)
        const url = `${filled}?${words[2]}=${words[1]}`
        if (!/^[\x21-\x7e]*$/.test(url)) return
        const answer = await app.request({
          method,
          url,
          headers: {
            'ocs-apirequest': 'true',
            'content-type': type,
            'user-agent': header,
            'if-none-match': header,
            accept: header,
          },
          ...(payload === null || method === 'GET' ? {} : { body: payload }),
          ...(isAdmin ? { as: ['admin', ADMIN_PASSWORD] as const } : {}),
        })
        assert.ok(
          answer.status < 500 || answer.status === 501,
          `${method} ${url} answered ${answer.status}: ${answer.text.slice(0, 200)}`,
        )
        if (url.startsWith('/ocs/v') && method !== 'HEAD' && answer.status >= 400) assert.match(answer.text, /ocs/)
      },
    ),
    { numRuns: 600 },
  )
})

function encodeURIComponentLoosely(text: string): string {
  return text.startsWith('%') ? text : encodeURIComponent(text.toWellFormed())
}
