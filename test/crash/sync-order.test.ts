import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import type { DatabaseKind } from '../../src/db/database.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { attachStrace, WITHOUT_STRACE } from '../helpers/strace.ts'
import type { Answer, Client } from './client.ts'
import { bytesOf } from './operations.ts'
import { createScene } from './scene.ts'

after(stopSharedPostgres)

/** A system call that somebody else could see, from the line on which it began to the one on which it had ended. */
interface Event {
  readonly kind:
    | 'content-written'
    | 'content-synced'
    | 'folder-synced'
    | 'commit-written'
    | 'commit-synced'
    | 'answered'
  readonly text: string
  readonly began: number
  readonly ended: number
}

const KINDS: readonly (readonly [Event['kind'], RegExp])[] = [
  ['content-written', /^p?writev?(?:64)?\(\d+<[^>]*\/blobs\/[0-9a-f]{2}\/[0-9a-f]{32}>/],
  ['content-synced', /^f(?:data)?sync\(\d+<[^>]*\/blobs\/[0-9a-f]{2}\/[0-9a-f]{32}>/],
  ['folder-synced', /^f(?:data)?sync\(\d+<[^>]*\/blobs\/[0-9a-f]{2}>/],
  ['commit-written', /^pwrite64\(\d+<[^>]*cloudlet\.db-wal>/],
  ['commit-synced', /^f(?:data)?sync\(\d+<[^>]*cloudlet\.db-wal>/],
  // With PostgreSQL a commit is durable when the database says so.
  ['commit-written', /^(?:write|sendto|writev|sendmsg)\(\d+<[^>]*>, .*[cC](?:ommit|OMMIT)/],
  ['answered', /^(?:write|sendto|writev|sendmsg)\(\d+<[^>]*>, .*HTTP\/1\.1 2/],
]

function eventsIn(lines: readonly string[]): Event[] {
  const open = new Map<string, { text: string; began: number }>()
  const events: Event[] = []
  for (const [index, line] of lines.entries()) {
    const [, process = '', text = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? []
    if (text.includes('<unfinished ...>')) {
      open.set(process, { text, began: index })
      continue
    }
    const call = text.startsWith('<...') ? open.get(process) : { text, began: index }
    const kind = call === undefined ? undefined : KINDS.find(([, pattern]) => pattern.test(call.text))?.[0]
    if (call !== undefined && kind !== undefined) events.push({ kind, ...call, ended: index })
  }
  return events
}

/** Each of these has ended before the next began. */
function assertOrder(events: readonly Event[], order: readonly Event['kind'][], what: string): void {
  let from = -1
  const told = (): string =>
    events.map(({ kind, began, ended, text }) => `${began}-${ended} ${kind} ${text}`).join('\n')
  for (const kind of order) {
    const next = events.find((event) => event.kind === kind && event.began > from)
    assert.ok(next !== undefined, `${what}: no ${kind} after line ${from}\n${told()}`)
    from = next.ended
  }
  const written = events.filter(({ kind }) => kind === 'content-written')
  const synced = events.filter(({ kind }) => kind === 'content-synced')
  assert.ok(
    written.every(({ ended }) => synced.some(({ began }) => began > ended)),
    `${what}: written and not synced`,
  )
}

const LARGE = bytesOf(2_600_000, 'large')
const CHUNK = bytesOf(300_000, 'chunk')

type Send = (client: Client) => Promise<Answer>
const REQUESTS: readonly (readonly [what: string, hasContent: boolean, send: Send])[] = [
  ['a new large file', true, (client) => client.send('PUT', 'new.bin', { body: LARGE })],
  ['a large file over another', true, (client) => client.send('PUT', 'new.bin', { body: bytesOf(900_000, 'other') })],
  ['a new small file', false, (client) => client.send('PUT', 'small.txt', { body: 'small' })],
  ['a small file over a large one', false, (client) => client.send('PUT', 'new.bin', { body: 'small' })],
  ['a new upload', false, (client) => client.send('MKCOL', 'uploads:up')],
  ['a chunk', true, (client) => client.send('PUT', 'uploads:up/1', { body: CHUNK })],
  [
    'the chunks as a file',
    false,
    (client) => {
      const sum = createHash('sha1').update(CHUNK).digest('hex')
      const headers = { destination: client.address('whole.bin'), 'oc-checksum': `SHA1:${sum}` }
      return client.send('MOVE', 'uploads:up/.file', { headers })
    },
  ],
  [
    'a move',
    false,
    (client) => client.send('MOVE', 'small.txt', { headers: { destination: client.address('moved') } }),
  ],
  ['a deletion', false, (client) => client.send('DELETE', 'moved')],
]

for (const database of ['sqlite', 'postgres'] as const satisfies readonly DatabaseKind[]) {
  test(`nothing is answered before it is durable: content, its folder, the database, and then the answer (${database})`, {
    skip: WITHOUT_STRACE,
  }, async (t) => {
    const scene = await createScene(t, database)
    const server = await scene.start()
    const client = scene.client()
    // Later requests find folders that exist, and what is remembered of the account.
    await client.send('PROPFIND', '')
    const trace = await attachStrace(t, server.pid, [
      '--decode-fds=path',
      '-e',
      'trace=fsync,fdatasync,write,writev,pwrite64,pwritev,sendto,sendmsg',
    ])
    for (const [what, , send] of REQUESTS) assert.ok((await send(client)).status < 300, what)
    const events = eventsIn(await trace.detach())
    const answers = events.filter(({ kind }) => kind === 'answered')
    assert.equal(answers.length, REQUESTS.length)
    const commit: Event['kind'][] = database === 'sqlite' ? ['commit-written', 'commit-synced'] : ['commit-written']
    for (const [index, [what, hasContent]] of REQUESTS.entries()) {
      const from = answers[index - 1]?.began ?? -1
      const to = answers[index]?.began ?? 0
      const own = events.filter(({ began }) => began > from && began <= to)
      const content: Event['kind'][] = hasContent ? ['content-synced', 'folder-synced'] : []
      assertOrder(own, [...content, ...commit, 'answered'], what)
    }
  })
}
