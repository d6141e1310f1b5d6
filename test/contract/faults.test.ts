import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EXIT_CODE } from '../../src/cli/exit-code.ts'
import { createCors } from '../../src/http/cors.ts'
import { HTTP_STATUS } from '../../src/http/fault-status.ts'
import { createMetrics } from '../../src/http/metrics.ts'
import { mountPages } from '../../src/http/mount.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { anonymous } from '../../src/http/viewer.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { FAULT_KINDS, Fault, type FaultKind } from '../../src/lib/fault.ts'
import type { Log } from '../../src/lib/log.ts'
import { mountOcs, ocsProtocolErrors } from '../../src/ocs/mount.ts'
import { defineOcs } from '../../src/ocs/route.ts'
import { OCS_CODE } from '../../src/ocs/status.ts'

const SECRET = 'the inner reason'
const logged: string[] = []
const keep = (fields: object, message: string): void => {
  logged.push(`${message} ${String((fields as { err?: Error }).err?.message)}`)
}
const log: Log = { debug: keep, info: keep, warn: keep, error: keep }

/** A server with one address of each protocol that fails in the way that is asked for. */
function failingServer() {
  const cors = createCors([])
  const server = createHttpServer({
    publicUrl: undefined,
    trustedProxies: [],
    fallbackHost: 'cloud.test',
    authenticator: { authenticate: () => anonymous, isRequestToken: () => false, confirm: () => {} },
    cors,
    protocolErrors: ocsProtocolErrors(log),
    metrics: createMetrics('0.0.0'),
    log,
    logsRequests: false,
  })
  const fail = (kind: string): never => {
    if (kind === 'thrown') throw new Error(SECRET)
    throw new Fault(kind as FaultKind, `message of ${kind}`, { retryAfterSeconds: 7 }, { cause: new Error(SECRET) })
  }
  const route = defineOcs({
    method: 'GET',
    path: '/fail/:kind',
    summary: 'Fails',
    auth: 'public',
    handler: ({ params }) => fail(params.kind),
  })
  mountOcs(server, { routes: [route], log, clock: systemClock, cors })
  mountPages(server, [
    {
      method: 'GET',
      path: '/fail/:kind',
      summary: 'Fails',
      access: 'public',
      handler: (request) => fail((request.params as { kind: string }).kind),
    },
  ])
  return server
}

describe('every kind of error in every protocol', () => {
  const server = failingServer()
  const get = (url: string, headers: Record<string, string> = {}) =>
    server.inject({ url, headers: { host: 'cloud.test', 'ocs-apirequest': 'true', ...headers } })

  for (const kind of FAULT_KINDS) {
    test(kind, async () => {
      const page = await get(`/fail/${kind}`)
      assert.equal(page.statusCode, HTTP_STATUS[kind])
      const v1 = await get(`/ocs/v1.php/fail/${kind}?format=json`)
      const v2 = await get(`/ocs/v2.php/fail/${kind}?format=json`)
      assert.equal(v1.json().ocs.meta.statuscode, OCS_CODE[kind])
      assert.equal(v2.json().ocs.meta.status, 'failure')
      assert.equal(v2.statusCode, kind === 'unauthenticated' ? 401 : kind === 'internal' ? 500 : HTTP_STATUS[kind])
      for (const { payload } of [page, v1, v2]) {
        assert.doesNotMatch(payload, new RegExp(SECRET))
        if (kind === 'internal') assert.doesNotMatch(payload, /message of/)
        else assert.match(payload, new RegExp(`message of ${kind}`))
      }
      assert.equal(page.headers['retry-after'], '7')
      assert.ok(Number.isInteger(EXIT_CODE[kind]) && EXIT_CODE[kind] > 0)
    })
  }

  test('what is no Fault is internal: the cause in the log, the request id beside the answer', async () => {
    for (const url of ['/fail/thrown', '/ocs/v2.php/fail/thrown?format=json']) {
      logged.length = 0
      const answer = await get(url)
      assert.equal(answer.statusCode, 500)
      assert.doesNotMatch(answer.payload, new RegExp(SECRET))
      assert.match(String(answer.headers['x-request-id']), /^[\w-]{8,}$/)
      assert.ok(logged.some((line) => line.includes(SECRET)))
    }
  })
})
