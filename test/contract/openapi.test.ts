import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Ajv, type ErrorObject } from 'ajv'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestAnswer, type TestApp } from '../helpers/test-app.ts'
import { CALLS, type ContractCall, NOT_HERE, OTHERWISE } from './openapi-calls.ts'

/** Paths, parameters, types and codes of the API that the reference publishes, and nothing else of it. */
interface Operation {
  readonly method: string
  /** Below `/ocs/v2.php` when it is OCS. */
  readonly path: string
  readonly isOcs: boolean
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
  readonly body?: { readonly properties?: Readonly<Record<string, object>> }
  /** Schema of `data`, or of the whole body where it is not OCS; null for an answer that is no JSON. */
  readonly replies: Readonly<Record<string, object | null>>
  readonly $defs: object
}

function readPublished(name: string): Operation[] {
  const file = join(import.meta.dirname, 'openapi', `${name}.json`)
  const { operations, $defs } = JSON.parse(readFileSync(file, 'utf8')) as {
    operations: Omit<Operation, '$defs'>[]
    $defs: object
  }
  return operations.map((operation) => ({ ...operation, $defs }))
}

const PUBLISHED = ['provisioning-api', 'core-account'].flatMap(readPublished)
const nameOf = ({ method, path }: { readonly method: string; readonly path: string }): string => `${method} ${path}`

/** The same for `{userId}` and `:userId`. */
const shapeOf = (name: string): string => name.replace(/\{\w+\}|:\w+/g, '*').replace('/index.php', '')

const MAIL = { CLOUDLET_SMTP_URL: 'smtp://127.0.0.1:9', CLOUDLET_PUBLIC_URL: 'https://cloud.example.org' }

const ENVELOPE = {
  type: 'object',
  required: ['ocs'],
  properties: {
    ocs: {
      type: 'object',
      required: ['meta', 'data'],
      properties: {
        meta: {
          type: 'object',
          required: ['status', 'statuscode'],
          properties: {
            status: { enum: ['ok', 'failure'] },
            statuscode: { type: 'integer' },
            message: { type: 'string' },
          },
        },
      },
    },
  },
}

describe('the published API', () => {
  let app: TestApp
  let mounted = new Map<string, readonly string[]>()
  before(async () => {
    app = await createTestApp({ env: MAIL })
    const { accounts, groups } = app.features
    await groups.add('staff', 'staff', 'test')
    await accounts.add({ userId: 'alice', password: 'alice-password-1', groupIds: ['staff'] }, 'test')
    await accounts.add(
      { userId: 'carol', password: 'carol-password-1', groupIds: ['staff'], administeredGroupIds: ['staff'] },
      'test',
    )
    mounted = mountedIn(app)
  })
  after(() => app.close())

  test('each operation is here, or stands on the list with its reason', () => {
    const [here, missing] = [[], []] as [string[], string[]]
    for (const operation of PUBLISHED.map(nameOf)) (mounted.has(shapeOf(operation)) ? here : missing).push(operation)
    assert.deepEqual(
      missing.filter((operation) => NOT_HERE[operation] === undefined),
      [],
      'not here, and no reason given',
    )
    assert.deepEqual(
      Object.keys(NOT_HERE).filter((operation) => !PUBLISHED.map(nameOf).includes(operation)),
      [],
      'on the list, although it was never published',
    )
    assert.deepEqual(
      [...here, ...Object.keys(NOT_HERE)].filter((operation) => !CALLS.some((call) => call.operation === operation)),
      [],
      'never called below',
    )
    assert.ok(here.length > 40)
  })

  test('each operation takes the parameters that it is published with', () => {
    const lacking = PUBLISHED.filter(({ isOcs }) => isOcs).flatMap((operation) => {
      const known = mounted.get(shapeOf(nameOf(operation)))
      if (known === undefined) return []
      const query = operation.parameters.filter((each) => each.in === 'query').map(({ name }) => name.replace('[]', ''))
      return [...query, ...Object.keys(operation.body?.properties ?? {})]
        .filter((name) => !known.includes(name))
        .map((name) => `${nameOf(operation)}: ${name}`)
    })
    assert.deepEqual(lacking, [])
  })

  for (const call of CALLS) {
    test(`${call.operation} as ${call.as ?? 'admin'}: ${call.status}`, async (context) => {
      const operation = PUBLISHED.find((each) => nameOf(each) === call.operation)
      assert.ok(operation !== undefined, 'it was published')
      if (!mounted.has(shapeOf(call.operation))) {
        context.skip(NOT_HERE[call.operation])
        return
      }
      const answer = await send(app, operation, call)
      assert.equal(answer.status, call.status, answer.text.slice(0, 300))
      if (OTHERWISE[call.operation] === undefined) checkAnswer(operation, answer)
      else validate(ENVELOPE, answer.json())
    })
  }
})

/** Names of the parameters of each operation by its shape. */
function mountedIn(app: TestApp): Map<string, readonly string[]> {
  const all = new Map<string, readonly string[]>()
  for (const { ocs = [], http = [] } of app.features.list) {
    for (const { method, path, input } of ocs)
      all.set(shapeOf(`${method} ${path}`), Object.keys(input?.properties ?? {}))
    for (const { method, path } of http) for (const one of [method].flat()) all.set(shapeOf(`${one} ${path}`), [])
  }
  return all
}

async function send(app: TestApp, operation: Operation, call: ContractCall): Promise<TestAnswer> {
  // Nobody is held up by the limit of changes in ten minutes.
  app.clock.advance(60_000)
  const { as = 'admin', params = {}, query = {}, body } = call
  const path = operation.path.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(params[name] ?? ''))
  const search = new URLSearchParams(operation.isOcs ? { format: 'json', ...query } : query)
  const secret = as === 'app-password' ? await appPassword(app) : as === 'admin' ? ADMIN_PASSWORD : `${as}-password-1`
  return app.request({
    method: operation.method,
    url: `${operation.isOcs ? '/ocs/v2.php' : ''}${path}?${search}`,
    headers: { ...OCS, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(as === 'nobody' ? {} : { as: [as === 'app-password' ? 'admin' : as, secret] }),
  })
}

async function appPassword(app: TestApp): Promise<string> {
  const { row } = await app.features.accounts.get('admin')
  return (await app.features.auth.appPasswords.add(row.id, 'contract', 'test')).secret
}

/** Success has the published shape. A failure too, where one is published for its code; else it is an empty envelope. */
function checkAnswer({ isOcs, replies, $defs }: Operation, answer: TestAnswer): void {
  const schema = replies[answer.status]
  if (answer.status < 400) assert.ok(schema !== undefined, `${answer.status} was never published`)
  if (!isOcs && (schema === null || schema === undefined)) {
    if (answer.status < 400) assert.match(String(answer.headers['content-type']), /^image\//)
    return
  }
  const json: unknown = answer.json()
  if (isOcs) validate(ENVELOPE, json)
  const data = isOcs ? (json as { ocs: { data: unknown } }).ocs.data : json
  if (schema === undefined || schema === null) assert.deepEqual(data, [])
  else validate({ ...schema, $defs }, data)
}

/** On the wire an empty map is an empty list, as in PHP; the published schemas do not know it (recordings everywhere). */
function isEmptyMap({ keyword, params, instancePath }: ErrorObject, value: unknown): boolean {
  if (keyword !== 'type' || params['type'] !== 'object') return false
  const at = instancePath.split('/').slice(1)
  const found = at.reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], value)
  return Array.isArray(found) && found.length === 0
}

function validate(schema: object, value: unknown): void {
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false })
  const isRight = ajv.compile(schema)
  if (isRight(value)) return
  const errors = (isRight.errors ?? []).filter((error) => !isEmptyMap(error, value))
  assert.deepEqual(errors, [], `${ajv.errorsText(errors)} in ${JSON.stringify(value).slice(0, 400)}`)
}
