import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ADMIN_PASSWORD, createTestApp, OCS } from '../helpers/test-app.ts'

const PAGE = join(import.meta.dirname, '../../docs/reference/capabilities.md')

test('every capability that is announced has its line with its type, and every line its capability', async () => {
  const app = await createTestApp()
  const found = new Map<string, string>()
  const collect = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [name, inner] of Object.entries(value)) collect(inner, path === '' ? name : `${path}.${name}`)
      return
    }
    found.set(path, Array.isArray(value) ? 'array' : typeof value === 'number' ? 'integer' : typeof value)
  }
  const url = '/ocs/v2.php/cloud/capabilities?format=json'
  collect((await app.request({ url, headers: OCS })).json().ocs.data.capabilities, '')
  const signedIn = await app.request({ url, headers: OCS, as: ['admin', ADMIN_PASSWORD] })
  collect(signedIn.json().ocs.data.capabilities, '')
  const lines = [...readFileSync(PAGE, 'utf8').matchAll(/^\| `([^`]+)` \| (\w+) \|/gm)]
  const documented = new Map(lines.map(([, name = '', type = '']) => [name, type]))
  assert.deepEqual(Object.fromEntries([...documented].toSorted()), Object.fromEntries([...found].toSorted()))
  await app.close()
})
