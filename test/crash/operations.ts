import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Answer, Client } from './client.ts'
import type { Change } from './expected.ts'

/** One request that is cut off by a crash, and what the tree is before, and after it when it has happened. */
export interface Operation {
  /** Done by an account that has never had a file; then nobody can look before. */
  readonly isFirst?: boolean
  prepare(client: Client, base: string): Promise<void>
  /** Does it, and does it again: what a client does whose request was not answered. */
  run(client: Client, base: string): Promise<Answer>
  /** What it changes below `base`, or above. */
  change(base: string): Change
  /** Answers to the repeated request: when it had not happened before the crash, and when it had. */
  readonly repeated: { readonly fresh: number; readonly done: number }
}

/** Bytes that are like no others: `seed` makes them different. */
export function bytesOf(sizeBytes: number, seed: string): Buffer {
  const block = createHash('sha512').update(seed).digest()
  return Buffer.alloc(sizeBytes, block)
}

const SMALL = bytesOf(900, 'small')
const LARGE = bytesOf(2_600_000, 'large')
const OTHER = bytesOf(70_000, 'other')
const CHUNKS = [bytesOf(1_200_000, 'one'), bytesOf(1_200_000, 'two'), bytesOf(5_000, 'three')]
const WHOLE = Buffer.concat(CHUNKS)

async function well(answer: Promise<Answer>): Promise<void> {
  const { status, bytes } = await answer
  assert.ok(status < 300, `${status} ${bytes.toString().slice(0, 300)}`)
}

async function folder(client: Client, base: string): Promise<void> {
  await well(client.send('MKCOL', base))
  await well(client.send('PUT', `${base}/keep.txt`, { body: 'keep' }))
}

/** A folder with a small and a large file in two levels. */
async function subtree(client: Client, path: string): Promise<void> {
  await well(client.send('MKCOL', path))
  await well(client.send('PUT', `${path}/small.txt`, { body: SMALL }))
  await well(client.send('MKCOL', `${path}/deep`))
  await well(client.send('PUT', `${path}/deep/other.bin`, { body: OTHER }))
}

async function withSubtree(client: Client, base: string): Promise<void> {
  await folder(client, base)
  await subtree(client, `${base}/from`)
}

async function withBoth(client: Client, base: string): Promise<void> {
  await withSubtree(client, base)
  await well(client.send('MKCOL', `${base}/to`))
  await well(client.send('PUT', `${base}/to/replaced.bin`, { body: bytesOf(50_000, 'replaced') }))
}

async function withUpload(client: Client, base: string, count: number): Promise<void> {
  await folder(client, base)
  await well(client.send('MKCOL', `uploads:${base}`))
  for (const [index, body] of CHUNKS.slice(0, count).entries()) {
    await well(client.send('PUT', `uploads:${base}/${index + 1}`, { body }))
  }
}

const relocate =
  (method: 'MOVE' | 'COPY', from: string, to: string): Operation['run'] =>
  (client, base) =>
    client.send(method, `${base}/${from}`, { headers: { destination: client.address(`${base}/${to}`) } })

const assemble: Operation['run'] = (client, base) =>
  client.send('MOVE', `uploads:${base}/.file`, {
    headers: {
      destination: client.address(`${base}/whole.bin`),
      'oc-total-length': String(WHOLE.length),
      'oc-checksum': `SHA1:${createHash('sha1').update(WHOLE).digest('hex')}`,
    },
  })

const PATCH = `<d:propertyupdate xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:x="urn:crash"><d:set><d:prop>
<d:lastmodified>1700000000</d:lastmodified><oc:favorite>1</oc:favorite><x:color>red</x:color></d:prop></d:set>
</d:propertyupdate>`
const LOCK = `<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype>
</d:lockinfo>`

/** Every way to change something, by name. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'first file of an account': {
    isFirst: true,
    async prepare() {},
    run: (client, base) => client.send('PUT', `${base}.txt`, { body: SMALL }),
    change: (base) => ({ writes: { [`${base}.txt`]: SMALL } }),
    repeated: { fresh: 201, done: 204 },
  },
  'new small file': {
    prepare: folder,
    run: (client, base) => client.send('PUT', `${base}/new.txt`, { body: SMALL }),
    change: (base) => ({ writes: { [`${base}/new.txt`]: SMALL } }),
    repeated: { fresh: 201, done: 204 },
  },
  'new large file': {
    prepare: folder,
    run: (client, base) => client.send('PUT', `${base}/new.bin`, { body: LARGE }),
    change: (base) => ({ writes: { [`${base}/new.bin`]: LARGE } }),
    repeated: { fresh: 201, done: 204 },
  },
  'new file with its folders': {
    prepare: folder,
    run: (client, base) =>
      client.send('PUT', `${base}/a/b/new.txt`, { body: SMALL, headers: { 'x-nc-webdav-auto-mkcol': '1' } }),
    change: (base) => ({ writes: { [`${base}/a`]: null, [`${base}/a/b`]: null, [`${base}/a/b/new.txt`]: SMALL } }),
    repeated: { fresh: 201, done: 204 },
  },
  'large file over another': {
    async prepare(client, base) {
      await folder(client, base)
      await well(client.send('PUT', `${base}/file.bin`, { body: OTHER }))
    },
    run: (client, base) => client.send('PUT', `${base}/file.bin`, { body: LARGE }),
    change: (base) => ({ writes: { [`${base}/file.bin`]: LARGE } }),
    repeated: { fresh: 204, done: 204 },
  },
  'new folder': {
    prepare: folder,
    run: (client, base) => client.send('MKCOL', `${base}/made`),
    change: (base) => ({ writes: { [`${base}/made`]: null } }),
    repeated: { fresh: 201, done: 405 },
  },
  properties: {
    prepare: folder,
    run: (client, base) => client.send('PROPPATCH', `${base}/keep.txt`, { body: PATCH }),
    change: (base) => ({
      properties: {
        [`${base}/keep.txt`]: { isFavorite: true, color: 'red', mtime: new Date(1_700_000_000_000).toUTCString() },
      },
    }),
    repeated: { fresh: 207, done: 207 },
  },
  lock: {
    prepare: folder,
    run: (client, base) => client.send('LOCK', `${base}/keep.txt`, { body: LOCK, headers: { timeout: 'Second-60' } }),
    change: (base) => ({ locks: { [`${base}/keep.txt`]: 1 } }),
    repeated: { fresh: 200, done: 423 },
  },
  'lock of a free name': {
    prepare: folder,
    run: (client, base) => client.send('LOCK', `${base}/free.txt`, { body: LOCK }),
    change: (base) => ({ writes: { [`${base}/free.txt`]: Buffer.alloc(0) }, locks: { [`${base}/free.txt`]: 1 } }),
    repeated: { fresh: 201, done: 423 },
  },
  unlock: {
    async prepare(client, base) {
      await folder(client, base)
      await well(client.send('LOCK', `${base}/keep.txt`, { body: LOCK }))
    },
    async run(client, base) {
      const token = (await client.snapshot(base)).get(`${base}/keep.txt`)?.locks[0] ?? 'opaquelocktoken:gone'
      return client.send('UNLOCK', `${base}/keep.txt`, { headers: { 'lock-token': `<${token}>` } })
    },
    change: (base) => ({ locks: { [`${base}/keep.txt`]: 0 } }),
    repeated: { fresh: 204, done: 409 },
  },
  'move of a file': {
    prepare: withSubtree,
    run: relocate('MOVE', 'from/small.txt', 'moved.txt'),
    change: (base) => ({ moves: { [`${base}/from/small.txt`]: `${base}/moved.txt` } }),
    repeated: { fresh: 201, done: 404 },
  },
  'move of a folder over another': {
    prepare: withBoth,
    run: relocate('MOVE', 'from', 'to'),
    change: (base) => ({ removes: [`${base}/to`], moves: { [`${base}/from`]: `${base}/to` } }),
    repeated: { fresh: 204, done: 404 },
  },
  'copy of a folder': {
    prepare: withSubtree,
    run: relocate('COPY', 'from', 'copied'),
    change: (base) => ({ copies: { [`${base}/from`]: `${base}/copied` } }),
    repeated: { fresh: 201, done: 204 },
  },
  'copy of a folder over another': {
    prepare: withBoth,
    run: relocate('COPY', 'from', 'to'),
    change: (base) => ({ removes: [`${base}/to`], copies: { [`${base}/from`]: `${base}/to` } }),
    repeated: { fresh: 204, done: 204 },
  },
  'delete of a folder': {
    prepare: withSubtree,
    run: (client, base) => client.send('DELETE', `${base}/from`),
    change: (base) => ({ removes: [`${base}/from`] }),
    repeated: { fresh: 204, done: 404 },
  },
  'start of an upload': {
    prepare: folder,
    run: (client, base) => client.send('MKCOL', `uploads:${base}`),
    change: () => ({ chunks: {} }),
    repeated: { fresh: 201, done: 405 },
  },
  'new chunk': {
    prepare: (client, base) => withUpload(client, base, 1),
    run: (client, base) => client.send('PUT', `uploads:${base}/2`, { body: CHUNKS[1] ?? '' }),
    change: () => ({ chunks: { 1: 1_200_000, 2: 1_200_000 } }),
    repeated: { fresh: 201, done: 204 },
  },
  'chunk again': {
    prepare: (client, base) => withUpload(client, base, 2),
    run: (client, base) => client.send('PUT', `uploads:${base}/2`, { body: OTHER }),
    change: () => ({ chunks: { 1: 1_200_000, 2: OTHER.length } }),
    repeated: { fresh: 204, done: 204 },
  },
  'chunks to a new file': {
    prepare: (client, base) => withUpload(client, base, 3),
    run: assemble,
    change: (base) => ({ writes: { [`${base}/whole.bin`]: WHOLE }, chunks: undefined }),
    repeated: { fresh: 201, done: 201 },
  },
  'chunks over a file': {
    async prepare(client, base) {
      await withUpload(client, base, 3)
      await well(client.send('PUT', `${base}/whole.bin`, { body: LARGE }))
    },
    run: assemble,
    change: (base) => ({ writes: { [`${base}/whole.bin`]: WHOLE }, chunks: undefined }),
    repeated: { fresh: 204, done: 204 },
  },
  'delete of an upload': {
    prepare: (client, base) => withUpload(client, base, 2),
    run: (client, base) => client.send('DELETE', `uploads:${base}`),
    change: () => ({ chunks: undefined }),
    repeated: { fresh: 204, done: 404 },
  },
}
