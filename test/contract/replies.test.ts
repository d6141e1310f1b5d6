import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Ajv } from 'ajv'
import type { OcsRoute } from '../../src/ocs/route.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestApp } from '../helpers/test-app.ts'

let app: TestApp
before(async () => {
  app = await createTestApp()
})
after(() => app.close())

/** What stands for a path parameter so that the address names something. */
const PARAMS: Readonly<Record<string, string>> = { userId: 'admin', groupId: 'admin' }

function addressOf({ path }: OcsRoute): string {
  return path.replace(/:(\w+)/g, (_, name: string) => PARAMS[name] ?? 'none')
}

describe('what the API page promises', () => {
  test('every answer of a reading endpoint has the shape that its route declares', async () => {
    const ajv = new Ajv({ allErrors: true })
    const routes = app.features.list.flatMap(({ ocs = [] }) => ocs).filter(({ method }) => method === 'GET')
    let checked = 0
    for (const route of routes) {
      if (route.reply === undefined) continue
      const url = `/ocs/v2.php${addressOf(route)}?format=json`
      const answer = await app.request({ url, headers: OCS, as: ['admin', ADMIN_PASSWORD] })
      if (answer.status !== 200) continue
      const isRight = ajv.compile(route.reply)
      assert.ok(isRight(answer.json().ocs.data), `${url}: ${ajv.errorsText(isRight.errors)}`)
      checked += 1
    }
    assert.ok(checked >= 8, `only ${checked} answers were looked at`)
  })

  test('openapi.json names every route of both versions', async () => {
    const { paths } = (await app.request({ url: '/ocs/openapi.json' })).json()
    for (const { ocs = [] } of app.features.list) {
      for (const { method, path } of ocs) {
        const address = path.replace(/:(\w+)/g, '{$1}')
        const found = Object.keys(paths).find((known) => known.endsWith(address))
        assert.ok(found !== undefined && method.toLowerCase() in paths[found], `${method} ${address}`)
      }
    }
  })
})
