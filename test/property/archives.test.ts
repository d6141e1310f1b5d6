import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { type Members, readTar, readZip } from '../helpers/archives.ts'
import { createDavApp, INSTALLATIONS, stopShared } from '../helpers/dav.ts'
import type { Sender } from './dav-model/client.ts'
import { createSender, RUNS, SEED } from './dav-model/runs.ts'
import { signed, signerOf } from './dav-model/signed.ts'

const ZIP = { accept: 'application/zip' }
const TAR = { accept: 'application/x-tar' }

const ODD_NAMES = [
  'c: x',
  '-rf',
  ' lead',
  'trail. ',
  '%41',
  '#?&=',
  '"q"',
  "it's",
  '...',
  'PaxHeader',
  '~',
  'é',
  '日本語',
]

const anyName = fc.oneof(
  fc.constantFrom(...ODD_NAMES),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .map((text) => text.normalize('NFC').replace(/[\\/\u0000-\u001f\u007f]/g, '_'))
    .filter((name) => name !== '.' && name !== '..' && !/\.(?:file)?part$|^\.htaccess$/i.test(name)),
)

/** A file with so many bytes, or a folder. */
const anyEntry = fc.record({
  path: fc.array(anyName, { minLength: 1, maxLength: 4 }),
  bytes: fc.option(fc.oneof(fc.nat(300), fc.constantFrom(511, 512, 513, 16_384, 16_385, 70_000)), { nil: undefined }),
  mtimeS: fc.integer({ min: 100_000, max: 2_000_000_000 }),
})

interface Entry {
  readonly path: readonly string[]
  readonly bytes: number | undefined
  readonly mtimeS: number
}

interface Made {
  readonly content: Uint8Array | undefined
  readonly mtimeS: number | undefined
}

/** Makes the entries below `/top` as far as they do not stand in each other's way. */
async function makeTree(sender: Sender, entries: readonly Entry[]): Promise<Map<string, Made>> {
  const made = new Map<string, Made>([['top', { content: undefined, mtimeS: undefined }]])
  await sender.send('MKCOL', '/top')
  for (const { path, bytes, mtimeS } of entries) {
    const places = path.map((_, index) => ['top', ...path.slice(0, index + 1)].join('/'))
    const last = places.at(-1) ?? ''
    if (made.has(last) || places.some((place) => made.get(place)?.content !== undefined)) continue
    for (const place of bytes === undefined ? places : places.slice(0, -1)) {
      if (made.has(place)) continue
      assert.equal((await sender.send('MKCOL', addressOf(place))).status, 201)
      made.set(place, { content: undefined, mtimeS: undefined })
    }
    if (bytes === undefined) continue
    const content = Buffer.alloc(bytes, last)
    const answer = await sender.send('PUT', addressOf(last), { 'x-oc-mtime': String(mtimeS) }, content)
    assert.equal(answer.status, 201, answer.text)
    made.set(last, { content, mtimeS })
  }
  return made
}

const addressOf = (place: string): string => `/${place.split('/').map(encodeURIComponent).join('/')}`

function assertSame(members: Members, made: ReadonlyMap<string, Made>): void {
  assert.deepEqual([...members.keys()].toSorted(), [...made.keys()].toSorted())
  for (const [path, { content, mtimeS }] of made) {
    const member = members.get(path)
    assert.equal(member?.isFolder, content === undefined)
    if (content !== undefined) assert.ok(member?.content.equals(content), path)
    if (mtimeS !== undefined) assert.equal(member?.mtimeS, mtimeS)
  }
}

for (const { name, options, nodes } of INSTALLATIONS) {
  describe(`archives on ${name}`, () => {
    after(stopShared)

    test('hold what the tree holds, whatever it is', async () => {
      const dav = await createDavApp(options)
      try {
        const bases = nodes === 1 ? [dav.base] : [dav.base, await dav.anotherNode()]
        const property = fc.asyncProperty(fc.array(anyEntry, { maxLength: 12 }), async (entries) => {
          const sender = await createSender(dav, bases)
          const made = await makeTree(sender, entries)
          assertSame(readZip((await sender.send('GET', '/top', ZIP)).bytes), made)
          assertSame(readTar((await sender.send('GET', '/top', TAR)).bytes), made)
        })
        await fc.assert(property, { numRuns: RUNS * 2, seed: SEED })
      } finally {
        await dav.close()
      }
    })

    test('hold each file as a whole, old or new, while the tree is changed', async (context) => {
      const dav = await createDavApp(options)
      try {
        const sender = await createSender(dav, nodes === 1 ? [dav.base] : [dav.base, await dav.anotherNode()])
        await sender.send('MKCOL', '/d')
        await sender.send('MKCOL', '/d/sub')
        for (const file of ['/d/file', '/d/replaced', '/d/sub/still'])
          assert.equal((await sender.send('PUT', file, {}, signed('writer', 0, 300))).status, 201)
        let isOver = false
        const write = async (): Promise<void> => {
          for (let number = 1; number <= RUNS * 10; number++) {
            const content = signed('writer', number, [300, 12_000, 90_000, 600_000][number % 4] ?? 0)
            const before = signed('writer', number, 5_000)
            assert.equal((await sender.send('PUT', '/d/file', {}, content)).status, 204)
            await sender.send('PUT', '/d/.new', {}, content)
            const destination = `/remote.php/dav/files/${sender.userId}/d/replaced`
            assert.equal((await sender.send('MOVE', '/d/.new', { destination })).status, 204)
            assert.equal((await sender.send('PUT', '/d/sub/gone', {}, before)).status, 201)
            assert.equal((await sender.send('DELETE', '/d/sub/gone')).status, 204)
          }
        }
        const seen = new Set<string>()
        let archives = 0
        const read = async (headers: { readonly accept: string }): Promise<void> => {
          while (!isOver) {
            const { status, bytes } = await sender.send('GET', '/d', headers)
            assert.equal(status, 200)
            const members = headers === ZIP ? readZip(bytes) : readTar(bytes)
            for (const path of ['d/file', 'd/replaced', 'd/sub/still']) assert.ok(members.has(path), path)
            for (const { isFolder, content } of members.values()) if (!isFolder) seen.add(signerOf(content))
            archives += 1
          }
        }
        const writing = write().finally(() => {
          isOver = true
        })
        await Promise.all([writing, read(ZIP), read(TAR)])
        context.diagnostic(`${archives} archives with ${seen.size} versions`)
        assert.ok(seen.size > 3, 'it was read while it was written')
      } finally {
        await dav.close()
      }
    })
  })
}
