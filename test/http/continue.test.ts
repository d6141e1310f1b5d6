import assert from 'node:assert/strict'
import { Agent, request as httpRequest } from 'node:http'
import { after, before, describe, test } from 'node:test'
import {
  BOBS_PASSWORD,
  createDavApp,
  type DavApp,
  FILES,
  type Headers,
  LOCKINFO,
  stopShared,
  tokenOf,
} from '../helpers/dav.ts'
import { ADMIN_PASSWORD, basic } from '../helpers/test-app.ts'

const LARGE = Buffer.alloc(300_000, 'large ')
const AUTHORIZATION = basic('admin', ADMIN_PASSWORD)

interface Told {
  readonly status: number
  /** Whether it was told to send its body. */
  readonly wasAskedFor: boolean
  readonly connection: string
}

describe('a client that asks before it sends its body (RFC 9110 section 10.1.1)', () => {
  let dav: DavApp
  let agent: Agent
  before(async () => {
    dav = await createDavApp()
    agent = new Agent({ keepAlive: true, maxSockets: 1 })
  })
  after(async () => {
    agent.destroy()
    await dav.close()
    await stopShared()
  })

  /** Sends the body only when it is told to, as curl does with large files. */
  function ask(method: string, path: string, headers: Headers, body: Buffer = LARGE): Promise<Told> {
    const { hostname, port } = new URL(dav.base)
    const all = { host: 'cloud.test', 'content-length': String(body.byteLength), expect: '100-continue', ...headers }
    return new Promise((resolve, reject) => {
      const request = httpRequest({ hostname, port, method, path, agent, headers: all })
      let wasAskedFor = false
      request.on('continue', () => {
        wasAskedFor = true
        request.end(body)
      })
      request.on('response', (answer) => {
        answer.resume()
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, wasAskedFor, connection: String(answer.headers.connection) })
          if (!wasAskedFor) request.destroy()
        })
      })
      request.on('error', (error) => {
        if (!request.destroyed) reject(error)
      })
      request.flushHeaders()
    })
  }

  const put = (path: string, headers: Headers = {}): Promise<Told> =>
    ask('PUT', `${FILES}/admin${path}`, { authorization: AUTHORIZATION, ...headers })

  test('is told to go on when its file is wanted, and keeps its connection', async () => {
    for (const name of ['/one', '/other', '/one']) {
      const told = await put(name)
      assert.ok(told.status === 201 || told.status === 204, String(told.status))
      assert.deepEqual([told.wasAskedFor, told.connection], [true, 'keep-alive'])
    }
    assert.equal((await dav.send('GET', '/one')).bytes.byteLength, LARGE.byteLength)
    const form = Buffer.from('fileId=999999')
    const ocs = { authorization: AUTHORIZATION, 'ocs-apirequest': 'true' }
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const asked = await ask('POST', '/ocs/v2.php/apps/dav/api/v1/direct', { ...ocs, ...type }, form)
    assert.deepEqual([asked.status, asked.wasAskedFor], [404, true])
  })

  test('is refused without having sent it: who it is, what it wants to replace, where, how much', async () => {
    const locked = await dav.send('LOCK', '/file', {}, LOCKINFO)
    const refused = async (what: string, asking: Promise<Told>, status: number): Promise<void> => {
      assert.deepEqual(await asking, { status, wasAskedFor: false, connection: 'close' }, what)
    }
    await refused('wrong password', put('/new', { authorization: basic('admin', 'wrong') }), 401)
    await refused('nobody', ask('PUT', `${FILES}/admin/new`, {}), 401)
    await refused('a newer version', put('/folder/inner', { 'if-match': '"another"' }), 412)
    await refused('a lock of another', put('/file'), 423)
    await refused('a folder that is not there', put('/nowhere/new'), 404)
    await refused('a folder', put('/folder'), 409)
    await refused('a name that cannot be', put('/new.part'), 400)
    const set = { key: 'quota', value: '100 KB' }
    const json = { authorization: AUTHORIZATION, 'ocs-apirequest': 'true', 'content-type': 'application/json' }
    const changed = await dav.send('PUT', '/ocs/v2.php/cloud/users/bob', json, JSON.stringify(set))
    assert.equal(changed.status, 200)
    await refused('room', ask('PUT', `${FILES}/bob/new`, { authorization: basic('bob', BOBS_PASSWORD) }), 507)
    await refused('another account', ask('PUT', `${FILES}/bob/new`, { authorization: AUTHORIZATION }), 404)
    await dav.send('UNLOCK', '/file', { 'lock-token': `<${tokenOf(locked)}>` })
    const after = await put('/file')
    assert.deepEqual([after.status, after.wasAskedFor], [204, true])
  })
})
