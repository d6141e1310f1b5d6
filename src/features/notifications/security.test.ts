import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestAnswer, type TestApp } from '../../../test/helpers/test-app.ts'
import type { CommandOutput } from '../../cli/command.ts'
import { exitCodeOfRun } from '../../cli/exit-code.ts'
import { Fault } from '../../lib/fault.ts'
import { defineSource, isOwnPath } from './kinds.ts'
import { acceptParameters } from './rich-objects.ts'
import { plainText, shownName } from './rich-text.ts'

type As = readonly [string, string]

const ADMIN: As = ['admin', ADMIN_PASSWORD]
const ALICE: As = ['alice', 'alice-password']
const LEAD: As = ['lead', 'lead-password']
const API = '/ocs/v2.php/apps/notifications/api'

for (const database of ['sqlite', 'postgres'] as const) {
  const withApp = (name: string, run: (app: TestApp) => Promise<void>): void => {
    test(name, async () => {
      const app = await createTestApp({ database })
      try {
        const { accounts, groups } = app.features
        await groups.add('staff', 'Staff', 'test')
        await accounts.add({ userId: 'alice', password: ALICE[1], groupIds: ['staff'] }, 'test')
        await accounts.add({ userId: 'lead', password: LEAD[1] }, 'test')
        await groups.addAdmin('staff', (await accounts.get('lead')).row.id, 'test')
        await run(app)
      } finally {
        await app.close()
      }
    })
  }

  describe(`who may notify whom on ${database}`, () => {
    after(stopSharedPostgres)

    withApp('only administrators make notifications over the API (bug class 26: spoofing)', async (app) => {
      const bodies = { v1: { shortMessage: 'x' }, v2: { shortMessage: 'x' }, v3: { subject: 'x' } }
      for (const [version, body] of Object.entries(bodies)) {
        for (const as of [ALICE, LEAD, undefined]) {
          const answer = await send(app, `${version}/admin_notifications/alice`, body, as)
          assert.equal(answer.status, as === undefined ? 401 : 403, `${version} ${as?.[0]}`)
        }
        // Nothing is made, and a user learns nothing of who exists.
        const unknown = await send(app, `${version}/admin_notifications/nobody`, body, ALICE)
        assert.equal(unknown.status, 403)
      }
      assert.deepEqual(await list(app), [])
    })

    withApp('an app password of an administrator will do, for scripts', async (app) => {
      const admin = (await app.features.accounts.get('admin')).row.id
      const { secret } = await app.features.auth.appPasswords.add(admin, 'Script', 'test')
      const answer = await send(app, 'v3/admin_notifications/alice', { subject: 'x' }, ['admin', secret])
      assert.equal(answer.status, 200)
    })

    withApp('rich objects that clients would open or run are refused (bug class 26: link injection)', async (app) => {
      const refused: object[] = [
        { a: { type: 'highlight', id: '1', name: 'x', link: 'javascript:alert(1)' } },
        { a: { type: 'highlight', id: '1', name: 'x', link: 'data:text/html,x' } },
        { a: { type: 'highlight', id: '1', name: 'x', link: '//evil.example/x' } },
        { a: { type: 'call', id: '1', name: 'x', 'call-type': 'group', 'icon-url': 'file:///etc/passwd' } },
        { a: { type: 'constructor', id: '1', name: 'x' } },
        { a: { type: 'file', id: '1', name: 'x' } },
        { a: { type: 'user', id: 1, name: 'x' } },
        { a: { type: 'user', id: '1', name: 'x', nested: { deep: 'x' } } },
        { a: 'text' },
        { 'a b': { type: 'user', id: '1', name: 'x' } },
        { '<a>': { type: 'user', id: '1', name: 'x' } },
        { a: { type: 'user', id: '1', name: 'x'.repeat(2_000) } },
        many(40, 'x'),
        many(30, 'x'.repeat(1_000)),
      ]
      for (const subjectParameters of refused) {
        const answer = await send(app, 'v3/admin_notifications/alice', { subject: 'Hi', subjectParameters }, ADMIN)
        assert.equal(answer.status, 400, JSON.stringify(subjectParameters).slice(0, 80))
        assert.deepEqual(answer.json().ocs.data, { error: 'parameters' })
      }
      const body = '{"subject":"Hi {a}","subjectParameters":{"__proto__":{"type":"user","id":"1","name":"x"}}}'
      assert.equal((await send(app, 'v3/admin_notifications/alice', body, ADMIN)).status, 400)
      assert.deepEqual(await list(app), [])
    })

    withApp('an object that fits is shown as it was given, in JSON and in XML', async (app) => {
      const name = { type: 'user', id: 'bob', name: 'Bob <b>{place}</b> & Co' }
      const place = { type: 'highlight', id: 'p', name: 'here', link: 'https://example.com/?a=1&b=2' }
      const message = { subject: '{name} is {place}', subjectParameters: { name, place }, message: 'Literal {thing' }
      assert.equal((await send(app, 'v3/admin_notifications/alice', message, ADMIN)).status, 200)
      const [entry] = await list(app)
      assert.equal(entry?.['subject'], '@Bob <b>{place}</b> & Co is here')
      assert.deepEqual(entry?.['subjectRichParameters'], { name, place })
      const xml = await app.request({ url: `${API}/v2/notifications`, headers: OCS, as: ALICE })
      assert.match(xml.text, /<name>Bob &lt;b&gt;\{place\}&lt;\/b&gt; &amp; Co<\/name>/)
    })

    withApp('texts at their limits pass, beyond they are refused; letters count, not bytes', async (app) => {
      const cases: [object, number][] = [
        [{ subject: '😀'.repeat(255), message: 'ü'.repeat(4_000) }, 200],
        [{ subject: '😀'.repeat(256) }, 400],
        [{ subject: 'x', message: 'ü'.repeat(4_001) }, 400],
        [{ subject: '' }, 400],
        [{ subject: 'x', app: 'settings' }, 400],
      ]
      for (const [message, status] of cases) {
        const answer = await send(app, 'v3/admin_notifications/alice', message, ADMIN)
        assert.equal(answer.status, status, answer.text)
      }
    })

    withApp(
      'the command sends, replaces what is about the same, and says what was wrong by its exit code',
      async (app) => {
        const options = { 'object-type': 'update', 'object-id': 'libx', 'output-id-only': true }
        const [first] = (await run(app, 'generate', ['alice', 'Version 12'], options)).lines
        const second = await run(app, 'generate', ['alice', 'Version 13'], options)
        assert.match(first ?? '', /^\d+$/)
        assert.deepEqual(
          (await list(app)).map(({ subject, object_type, object_id }) => [subject, object_type, object_id]),
          [['Version 13', 'update', 'libx']],
        )
        const id = second.lines[0] ?? ''
        assert.equal((await run(app, 'delete', ['alice', id])).exitCode, 0)
        assert.deepEqual(await list(app), [])
        const failures: [string, string[], Record<string, string>, number][] = [
          ['delete', ['alice', id], {}, 1],
          ['delete', ['alice', 'x'], {}, 1],
          ['generate', ['nobody', 'x'], {}, 1],
          ['generate', ['alice', ''], {}, 1],
          ['generate', ['alice', 'x'.repeat(256)], {}, 1],
          ['generate', ['alice', 'Hi {a}'], { 'short-parameters': '{}' }, 1],
          ['generate', ['alice', 'Hi {a}'], { 'short-parameters': '{' }, 2],
          ['generate', ['alice', 'x'], { 'object-type': 'update' }, 2],
          ['generate', ['alice', 'x'], { 'object-type': 'update', 'object-id': 'x'.repeat(65) }, 1],
        ]
        for (const [name, args, given, exitCode] of failures) {
          assert.equal((await run(app, name, args, given)).exitCode, exitCode, `${name} ${JSON.stringify(given)}`)
        }
        assert.deepEqual(await list(app), [])
      },
    )

    withApp('one account can neither read, find nor dismiss what another was told', async (app) => {
      await send(app, 'v3/admin_notifications/alice', { subject: 'x' }, ADMIN)
      const id = Number((await list(app))[0]?.['notification_id'])
      const url = `${API}/v2/notifications/${id}?format=json`
      assert.equal((await app.request({ url, headers: OCS, as: LEAD })).status, 404)
      assert.deepEqual((await send(app, 'v2/notifications/exists', { ids: [id] }, LEAD)).json().ocs.data, [])
      assert.equal((await app.request({ method: 'DELETE', url, headers: OCS, as: LEAD })).status, 200)
      await app.request({ method: 'DELETE', url: `${API}/v2/notifications`, headers: OCS, as: LEAD })
      assert.equal((await list(app)).length, 1)
    })
  })
}

describe('texts and links', () => {
  test('links lead to this server alone, however they are written (bug class 26: link injection)', () => {
    for (const path of ['/', '/index.php/apps/files?dir=/a%20b#c', "/ocs/v2.php/x:y@z'(1)*"])
      assert.ok(isOwnPath(path), path)
    const foreign = [
      '',
      'x',
      '//evil.example',
      '/\\evil.example',
      '\\/evil.example',
      'https://evil.example/',
      'javascript:x',
    ]
    const hidden = ['/\t/evil.example', '/a\nb', '/ü', '/a b', '/<x>', `/${'a'.repeat(2_048)}`]
    for (const path of [...foreign, ...hidden]) assert.ok(!isOwnPath(path), path)
    for (const path of foreign.slice(2)) {
      const words = { en: { subject: '' }, de: { subject: '' }, fr: { subject: '' } }
      const source = {
        event: 'app-password.added',
        kind: 'x',
        app: 'x',
        icon: '/x',
        words,
        draft: async () => undefined,
      } as const
      assert.throws(() => defineSource({ ...source, actions: { open: { path, type: 'WEB' } } }), path)
      assert.throws(() => defineSource({ ...source, path }), path)
    }
  })

  test('what is filled in is not filled again, and nothing inherited is a parameter', () => {
    const parameters = {
      a: { type: 'highlight', id: '1', name: '{b}' },
      b: { type: 'user', id: '2', name: '{a}' },
    }
    assert.equal(plainText('{a} {b} {c} {constructor} {', parameters), '{b} @{a} {c} {constructor} {')
  })

  test('names are one line, in one direction, and not too long', () => {
    assert.equal(shownName(' a\r\nb\u202ec\u2066d\u0000 '), 'a b c d')
    const long = shownName('😀'.repeat(200))
    assert.ok(long.length <= 120 && long.endsWith('…') && long.isWellFormed())
  })

  test('no parameters are an empty list or object', () => {
    assert.deepEqual(acceptParameters([]), {})
    assert.deepEqual(acceptParameters({}), {})
    for (const wrong of [[1], 'x', 1, null, true]) assert.equal(acceptParameters(wrong), undefined)
  })
})

function many(length: number, name: string): object {
  return Object.fromEntries(Array.from({ length }, (_, index) => [`a${index}`, { type: 'user', id: '1', name }]))
}

async function send(app: TestApp, path: string, body: object | string, as?: As): Promise<TestAnswer> {
  return app.request({
    method: 'POST',
    url: `${API}/${path}?format=json`,
    headers: { ...OCS, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(as === undefined ? {} : { as }),
  })
}

async function list(app: TestApp): Promise<Record<string, unknown>[]> {
  const answer = await app.request({ url: `${API}/v2/notifications?format=json`, headers: OCS, as: ALICE })
  assert.equal(answer.status, 200, answer.text)
  return answer.json().ocs.data
}

async function run(
  app: TestApp,
  name: string,
  [userId = '', other = '']: readonly string[],
  options: Record<string, string | boolean> = {},
): Promise<{ readonly exitCode: number; readonly lines: readonly string[] }> {
  const commands = app.features.list.flatMap((feature) => feature.commands ?? [])
  const command = commands.find((known) => known.name === `notification:${name}`)
  const lines: string[] = []
  const out: CommandOutput = {
    line() {},
    progress() {},
    warn() {},
    result: (_value, texts = []) => void lines.push(...texts),
  }
  const args = { 'user-id': userId, 'short-message': other, 'notification-id': other }
  const prompt = { env: {}, secret: () => Promise.reject(new Error('nobody to ask')) }
  try {
    await command?.run({ args, rest: [], options }, out, prompt)
    return { exitCode: 0, lines }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { exitCode: exitCodeOfRun(error), lines }
  }
}
