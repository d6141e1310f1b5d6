import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Ajv } from 'ajv'
import { createTestApp, OCS, type TestApp } from '../helpers/test-app.ts'

/**
 * An operation as the reference publishes it: names, types and codes, none of its words. `replies` has the shape of
 * `data` by status; null for an answer without a body.
 */
interface Published {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, object>>
  readonly body?: { readonly required?: readonly string[]; readonly properties: Readonly<Record<string, object>> }
  readonly replies: Readonly<Record<string, object | null>>
}

interface Call {
  readonly as?: 'alice' | 'bob' | 'erin'
  readonly operation: string
  readonly params?: Readonly<Record<string, string>>
  readonly query?: string
  readonly body?: unknown
  readonly status: number
}

const read = (file: string): Published[] =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'published', file), 'utf8')) as Published[]

const STATUS = '/apps/user_status/api/v1'
const ABSENCE = '/apps/dav/api/v1/outOfOffice/{userId}'
const LEAVE = { firstDay: '2026-11-20', lastDay: '2099-12-31', status: 'On leave', message: 'Back some day' }

/** In their order, so that every code of every operation is come to. */
const CALLS: Readonly<Record<string, readonly Call[]>> = {
  'user_status.json': [
    { operation: `GET ${STATUS}/user_status`, status: 404 },
    { operation: `PUT ${STATUS}/user_status/message/custom`, body: {}, status: 404 },
    { operation: `PUT ${STATUS}/heartbeat`, body: { status: 'online' }, status: 200 },
    { operation: `PUT ${STATUS}/heartbeat`, body: { status: 'dnd' }, status: 400 },
    { operation: `PUT ${STATUS}/user_status/status`, body: { statusType: 'dnd' }, status: 200 },
    { operation: `PUT ${STATUS}/user_status/status`, body: { statusType: 'x' }, status: 400 },
    { operation: `PUT ${STATUS}/heartbeat`, body: { status: 'online' }, status: 204 },
    { operation: `PUT ${STATUS}/user_status/message/predefined`, body: { messageId: 'meeting' }, status: 200 },
    { operation: `PUT ${STATUS}/user_status/message/predefined`, body: { messageId: 'x' }, status: 400 },
    { operation: `GET ${STATUS}/user_status`, status: 200 },
    { operation: `PUT ${STATUS}/user_status/message/custom`, body: { statusIcon: '🎉', message: 'Hi' }, status: 200 },
    { operation: `PUT ${STATUS}/user_status/message/custom`, body: { statusIcon: 'x' }, status: 400 },
    { operation: `GET ${STATUS}/statuses`, as: 'bob', query: 'limit=5&offset=0', status: 200 },
    { operation: `GET ${STATUS}/statuses/{userId}`, as: 'bob', status: 200 },
    { operation: `GET ${STATUS}/statuses/{userId}`, params: { userId: 'erin' }, status: 404 },
    { operation: `GET ${STATUS}/predefined_statuses`, status: 200 },
    { operation: `DELETE ${STATUS}/user_status/message`, status: 200 },
    { operation: `DELETE ${STATUS}/user_status/revert/{messageId}`, params: { messageId: 'meeting' }, status: 200 },
  ],
  'dav.json': [
    { operation: `GET ${ABSENCE}`, status: 404 },
    { operation: `GET ${ABSENCE}/now`, status: 404 },
    { operation: `POST ${ABSENCE}`, body: { ...LEAVE, replacementUserId: 'bob' }, status: 200 },
    { operation: `POST ${ABSENCE}`, body: { ...LEAVE, replacementUserId: 'nobody' }, status: 404 },
    { operation: `POST ${ABSENCE}`, body: { ...LEAVE, lastDay: '2026-11-19' }, status: 400 },
    { operation: `GET ${ABSENCE}`, as: 'bob', status: 200 },
    { operation: `GET ${ABSENCE}/now`, as: 'bob', status: 200 },
    { operation: `DELETE ${ABSENCE}`, status: 200 },
  ],
}

for (const [file, calls] of Object.entries(CALLS)) {
  describe(`what the reference publishes in ${file}`, () => {
    const published = read(file)
    const ajv = new Ajv({ allErrors: true, allowUnionTypes: true })
    let app: TestApp
    before(async () => {
      app = await createTestApp()
      for (const userId of ['alice', 'bob', 'erin']) {
        await app.features.accounts.add({ userId, password: `${userId}-password-1` }, 'test')
      }
    })
    after(() => app.close())

    const nameOf = ({ method, path }: Published): string => `${method} ${path}`
    const send = async (call: Call, version: 'v1' | 'v2', isSignedIn = true) => {
      const [method = '', path = ''] = call.operation.split(' ')
      const params: Readonly<Record<string, string>> = { userId: 'alice', ...call.params }
      const address = path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? 'none')
      const { as = 'alice' } = call
      return app.request({
        method,
        url: `/ocs/${version}.php${address}?format=json${call.query === undefined ? '' : `&${call.query}`}`,
        headers: { ...OCS, ...(call.body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(isSignedIn ? { as: [as, `${as}-password-1`] as const } : {}),
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      })
    }

    test('every operation is there, with the same parameters, and asks for no more of them', () => {
      const routes = app.features.list.flatMap(({ ocs = [] }) => ocs)
      for (const operation of published) {
        const { method, path, query = {}, body } = operation
        const route = routes.find(
          (known) => known.method === method && known.path === path.replace(/\{(\w+)\}/g, ':$1'),
        )
        assert.ok(route !== undefined, nameOf(operation))
        const properties = Object.keys(route.input?.properties ?? {})
        assert.deepEqual(
          properties.toSorted(),
          [...Object.keys(query), ...Object.keys(body?.properties ?? {})].toSorted(),
          nameOf(operation),
        )
        const required = (route.input as { readonly required?: readonly string[] } | undefined)?.required ?? []
        assert.deepEqual(
          required.filter((name) => body?.required?.includes(name) !== true),
          [],
          nameOf(operation),
        )
      }
    })

    test('every answer has the published shape, and every code is come to', async () => {
      const seen = new Set<string>()
      for (const call of calls) {
        const answer = await send(call, 'v2')
        assert.equal(answer.status, call.status, `${call.operation} ${JSON.stringify(call.body)}: ${answer.text}`)
        const operation = published.find((known) => nameOf(known) === call.operation)
        const shape = operation?.replies[call.status]
        assert.ok(shape !== undefined, `${call.operation} publishes no ${call.status}`)
        seen.add(`${call.operation} ${call.status}`)
        if (shape === null) assert.equal(answer.text, '')
        else {
          const isRight = ajv.compile(shape)
          assert.ok(
            isRight(answer.json().ocs.data),
            `${call.operation}: ${ajv.errorsText(isRight.errors)} ${answer.text}`,
          )
        }
      }
      const codes = published.flatMap((operation) =>
        Object.keys(operation.replies).map((code) => `${nameOf(operation)} ${code}`),
      )
      assert.deepEqual(codes.filter((code) => !code.endsWith(' 401')).toSorted(), [...seen].toSorted())
    })

    test('nobody who is not signed in is answered, in either version', async () => {
      for (const call of calls) {
        for (const version of ['v1', 'v2'] as const) {
          const answer = await send(call, version, false)
          assert.deepEqual([answer.status, answer.json().ocs.meta.statuscode], [401, 997], call.operation)
        }
      }
    })
  })
}
