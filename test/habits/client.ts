import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe } from 'node:test'
import type { DatabaseKind } from '../../src/db/database.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestAnswer, type TestApp } from '../helpers/test-app.ts'

export const USER = 'ann'
export const PASSWORD = 'ann-password'

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** One client of one account. Paths are as the client writes them. */
export interface HabitClient {
  readonly app: TestApp
  /** Sends what the client sends; the answer has one of the statuses. */
  send(method: string, path: string, wanted: number | readonly number[], sent?: Sent): Promise<TestAnswer>
  /** Gives the account a limit, as an administrator writes it: `1 KB`, `none`. */
  setQuota(quota: string): Promise<void>
}

export const FILES = `/remote.php/dav/files/${USER}`
export const UPLOADS = `/remote.php/dav/uploads/${USER}`

/** Tests of one client's habits, on both databases. The client is there from the first test on. */
export function describeHabits(
  name: string,
  define: (client: HabitClient) => void,
  common: Readonly<Record<string, string>> = {},
): void {
  for (const database of ['sqlite', 'postgres'] as const satisfies readonly DatabaseKind[]) {
    describe(`${name} on ${database}`, () => {
      let app: TestApp | undefined
      const running = (): TestApp => {
        assert.ok(app !== undefined)
        return app
      }
      before(async () => {
        app = await createTestApp({ database })
        await app.features.accounts.add({ userId: USER, password: PASSWORD, displayName: 'Ann', groupIds: [] }, 'test')
      })
      after(async () => {
        await app?.close()
        await stopSharedPostgres()
      })
      define({
        get app() {
          return running()
        },
        async send(method, path, wanted, { headers = {}, body } = {}) {
          const answer = await running().request({
            method,
            url: path,
            headers: { ...common, ...headers },
            as: [USER, PASSWORD],
            ...(body === undefined ? {} : { body }),
          })
          const statuses = typeof wanted === 'number' ? [wanted] : wanted
          assert.ok(
            statuses.includes(answer.status),
            `${method} ${path}: ${answer.status} ${answer.text.slice(0, 500)}`,
          )
          return answer
        },
        async setQuota(quota) {
          const { status } = await running().request({
            method: 'PUT',
            url: `/ocs/v2.php/cloud/users/${USER}`,
            headers: { ...OCS, 'content-type': 'application/json' },
            as: ['admin', ADMIN_PASSWORD],
            body: JSON.stringify({ key: 'quota', value: quota }),
          })
          assert.equal(status, 200)
        },
      })
    })
  }
}

/** One `d:response`, found as clients find it that take prefixes literally and read no XML. */
export interface LiteralResponse {
  readonly href: string
  /** Inner XML by prefixed name, of the first propstat alone. */
  readonly first: ReadonlyMap<string, string>
  readonly firstStatus: string
  /** Prefixed names of all other propstats. */
  readonly others: readonly string[]
}

export function literalResponses(xml: string): LiteralResponse[] {
  return xml
    .split('<d:response>')
    .slice(1)
    .map((response) => {
      const [first = '', ...others] = response.split('<d:propstat>').slice(1)
      return {
        href: between(response, '<d:href>', '</d:href>'),
        first: literalProperties(first),
        firstStatus: between(first, '<d:status>', '</d:status>'),
        others: others.flatMap((propstat) => [...literalProperties(propstat).keys()]),
      }
    })
}

function between(text: string, start: string, end: string): string {
  const from = text.indexOf(start)
  const to = text.indexOf(end, from)
  return from === -1 || to === -1 ? '' : text.slice(from + start.length, to)
}

function literalProperties(propstat: string): Map<string, string> {
  const prop = propstat.slice(propstat.indexOf('<d:prop>') + '<d:prop>'.length, propstat.lastIndexOf('</d:prop>'))
  const found = new Map<string, string>()
  for (let rest = prop; rest !== ''; ) {
    const [, name = '', isEmpty] = /^<([\w-]+:[\w-]+)(?: [^>]*?)?(\/)?>/.exec(rest) ?? []
    assert.notEqual(name, '', `No property with a prefix at ${rest.slice(0, 80)}`)
    const start = rest.indexOf('>') + 1
    const end = isEmpty === undefined ? rest.indexOf(`</${name}>`, start) : start
    found.set(name, rest.slice(start, end))
    rest = isEmpty === undefined ? rest.slice(end + `</${name}>`.length) : rest.slice(end)
  }
  return found
}

/** The body of a recorded request, which is what that client really sends. */
export function recordedBody(topic: string, name: string): string {
  const file = join(import.meta.dirname, '../golden/recordings', `${topic}.json`)
  const { exchanges } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly exchanges: readonly { readonly name: string; readonly request: { readonly body?: string } }[]
  }
  const body = exchanges.find((exchange) => exchange.name === name)?.request.body
  assert.ok(body !== undefined, `${topic} has no body of "${name}"`)
  return body
}
