import assert from 'node:assert/strict'
import type { Log } from '../../src/lib/log.ts'
import { stopSharedStub } from './blob-stores.ts'
import { stopSharedPostgres } from './postgres.ts'
import { sendRaw } from './send-raw.ts'
import { ADMIN_PASSWORD, basic, createTestApp, type TestAnswer, type TestApp, type TestAppOptions } from './test-app.ts'

export const FILES = '/remote.php/dav/files'
export const BOBS_PASSWORD = 'bobs-password'

export type Headers = Readonly<Record<string, string | readonly string[]>>
type Send = (method: string, path: string, headers?: Headers, body?: string | Uint8Array) => Promise<TestAnswer>

/** An app that listens, with two accounts who have a few files each, and no error in its log when it is closed. */
export interface DavApp {
  readonly app: TestApp
  readonly base: string
  /** By the administrator; paths are below their home, or begin with `/remote.php` or `/ocs`. Nothing straightens them. */
  readonly send: Send
  readonly sendAsBob: Send
  /** All files of both with their ids and etags: two that are equal mean that nothing at all has happened. */
  everything(): Promise<string>
  /** Refused in the protocol's own words, with the tree as it was before. */
  refused(answer: TestAnswer, statuses: readonly number[], before: string): Promise<void>
  /** What the server has logged as errors. A test that means to have some takes them away. */
  readonly errors: unknown[]
  /** Another node of the same installation, over the same database and object storage. Resolves to its address. */
  anotherNode(): Promise<string>
  close(): Promise<void>
}

const STATE =
  '<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><d:getetag/><oc:fileid/><oc:size/></d:prop></d:propfind>'

/** One process with everything in its folder; and two nodes over PostgreSQL and an object storage. */
export const INSTALLATIONS = [
  { name: 'SQLite and a folder', options: { database: 'sqlite', blobs: 'disk' }, nodes: 1 },
  { name: 'PostgreSQL and S3, two nodes', options: { database: 'postgres', blobs: 's3' }, nodes: 2 },
] as const

/** Ends what the installations of this process share. */
export async function stopShared(): Promise<void> {
  await stopSharedPostgres()
  await stopSharedStub()
}

export async function createDavApp(options: TestAppOptions = {}): Promise<DavApp> {
  const errors: unknown[] = []
  const log = logOfErrors(errors)
  const app = await createTestApp({ log, ...options })
  const others: TestApp[] = []
  const base = await app.listen()
  const by =
    (user: string, password: string): Send =>
    (method, path, headers = {}, body) => {
      const url = /^\/(?:remote\.php|ocs)/.test(path) ? path : `${FILES}/${user}${path}`
      const sent = { host: 'cloud.test', authorization: basic(user, password), ...headers }
      return sendRaw(base, { method, url, headers: sent, ...(body === undefined ? {} : { body }) })
    }
  const send = by('admin', ADMIN_PASSWORD)
  const sendAsBob = by('bob', BOBS_PASSWORD)
  const everything = async (): Promise<string> => {
    const answers = [send, sendAsBob].map((ask) => ask('PROPFIND', '/', { depth: 'infinity' }, STATE))
    return (await Promise.all(answers)).map(({ text }) => text).join('')
  }
  await app.features.accounts.add({ userId: 'bob', password: BOBS_PASSWORD }, 'test')
  assert.equal((await send('MKCOL', '/folder')).status, 201)
  assert.equal((await send('PUT', '/file', {}, 'content')).status, 201)
  assert.equal((await send('PUT', '/folder/inner', {}, 'inner')).status, 201)
  assert.equal((await sendAsBob('PUT', '/secret', {}, 'of bob')).status, 201)
  return {
    app,
    base,
    send,
    sendAsBob,
    everything,
    errors,
    async refused(answer, statuses, before) {
      assertDavError(answer, statuses)
      assert.equal(await everything(), before, 'something has changed')
    },
    async anotherNode() {
      const other = await createTestApp({ log, beside: app })
      others.push(other)
      return other.listen()
    },
    async close() {
      for (const other of others) await other.close()
      await app.close()
      assert.deepEqual(errors, [], 'the log of the server has errors')
    },
  }
}

export function assertDavError({ status, headers, text }: TestAnswer, statuses: readonly number[]): void {
  assert.ok(statuses.includes(status), `${status}, not ${statuses.join(' or ')}: ${text.slice(0, 500)}`)
  assert.equal(headers['content-type'], 'application/xml; charset=utf-8')
  assert.match(
    text,
    /^<\?xml version="1.0" encoding="utf-8"\?>\n<d:error xmlns:d="DAV:" xmlns:s="http:\/\/sabredav.org\/ns"/,
  )
  assert.match(text, /<s:exception>[\w\\]+<\/s:exception>\n {2}<s:message>[^<]*<\/s:message>/)
}

function logOfErrors(errors: unknown[]): Log {
  const log = {
    debug() {},
    info() {},
    warn() {},
    error: (...words: unknown[]) => errors.push(words),
    fatal: (...words: unknown[]) => errors.push(words),
    child: () => log,
  }
  return log as unknown as Log
}

/** What a PROPFIND asks for, by names with the usual prefixes. */
export function propfind(...names: readonly string[]): string {
  const prop = names.map((name) => `<${name}/>`).join('')
  return `<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:prop>${prop}</d:prop></d:propfind>`
}

/** A PROPPATCH that sets what is given as XML. */
export function proppatch(prop: string): string {
  return `<d:propertyupdate xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:set><d:prop>${prop}</d:prop></d:set></d:propertyupdate>`
}

export const LOCKINFO =
  '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>'

export function tokenOf({ headers }: TestAnswer): string {
  return /<([^>]+)>/.exec(String(headers['lock-token']))?.[1] ?? ''
}
