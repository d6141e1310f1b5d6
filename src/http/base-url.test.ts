import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Fault } from '../lib/fault.ts'
import { baseUrlOf } from './base-url.ts'

const base = (headers: Record<string, string>, isFromTrustedProxy: boolean): string =>
  baseUrlOf({ headers, isFromTrustedProxy, fallbackHost: '127.0.0.1:8080' })

describe('scheme and host of links', () => {
  const forwarded = { host: 'inner:8080', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'cloud.example.org' }

  test('come from a trusted proxy', () => assert.equal(base(forwarded, true), 'https://cloud.example.org'))
  test('come from the request when the proxy is not trusted', () => {
    assert.equal(base(forwarded, false), 'http://inner:8080')
  })
  test('the first of several proxies is the one the client saw', () => {
    const chain = { host: 'inner', 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'Cloud.example.org, inner' }
    assert.equal(base(chain, true), 'https://cloud.example.org')
  })
  test('fall back to where the server listens', () => assert.equal(base({}, false), 'http://127.0.0.1:8080'))
  test('an IPv6 host is a host', () => assert.equal(base({ host: '[::1]:8080' }, false), 'http://[::1]:8080'))

  for (const host of ['evil.example/', 'a b', 'user@host', 'host"><script>', '', 'host:port', 'a\\b', '-a']) {
    test(`${JSON.stringify(host)} is refused (bug class: poisoned links)`, () => {
      const isRefusal = (error: unknown): boolean => error instanceof Fault && error.kind === 'bad-request'
      assert.throws(() => base({ host }, false), isRefusal)
      assert.throws(() => base({ host: 'inner', 'x-forwarded-host': host || ' ' }, true), isRefusal)
    })
  }
})
