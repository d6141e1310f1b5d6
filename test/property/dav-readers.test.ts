import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { createDavApp, type DavApp, FILES, INSTALLATIONS, stopShared } from '../helpers/dav.ts'
import type { Sender } from './dav-model/client.ts'
import { createSender, RUNS } from './dav-model/runs.ts'
import { signed, signerOf } from './dav-model/signed.ts'

const WRITES = RUNS * 4
/** In a row of the database, as one blob, as many chunks. */
const SIZES = [300, 12_000, 90_000, 1_200_000]

/** Overwrites `/file` again and again, as one request and in chunks, and puts others in the place of `/replaced`. */
async function overwrite(sender: Sender): Promise<void> {
  for (let number = 1; number <= WRITES; number++) {
    const content = signed('writer', number, SIZES[number % SIZES.length] ?? 0)
    const home = `${FILES}/${sender.userId}`
    if (number % 5 === 0) {
      const folder = `/remote.php/dav/uploads/${sender.userId}/${number}`
      await sender.send('MKCOL', folder)
      for (let part = 0; part < 5; part++) {
        const piece = content.subarray((part * content.length) / 5, ((part + 1) * content.length) / 5)
        assert.equal((await sender.send('PUT', `${folder}/${part}`, {}, piece)).status, 201)
      }
      assert.equal((await sender.send('MOVE', `${folder}/.file`, { destination: `${home}/file` })).status, 204)
    } else if (number % 5 === 1) {
      assert.equal((await sender.send('PUT', '/other', {}, content)).status, 201)
      assert.equal((await sender.send('MOVE', '/other', { destination: `${home}/replaced` })).status, 204)
    } else {
      assert.equal((await sender.send('PUT', '/file', {}, content)).status, 204)
    }
  }
}

/** Every answer is the whole of one version, with the etag of that version. */
async function readWhole(sender: Sender, url: string, isOver: () => boolean): Promise<number> {
  const versions = new Map<string, string>()
  while (!isOver()) {
    const { status, bytes, headers } = await sender.send('GET', url)
    assert.equal(status, 200)
    assert.equal(headers['content-length'], String(bytes.length))
    const signer = signerOf(bytes)
    const etag = String(headers['etag'])
    assert.equal(versions.get(etag) ?? signer, signer, 'an etag stands for one content')
    versions.set(etag, signer)
  }
  return versions.size
}

/** A download in two halves: the second half is of the same version, or the whole of another one. */
async function readInHalves(sender: Sender, url: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const first = await sender.send('GET', url, { range: 'bytes=0-149' })
    assert.equal(first.status, 206)
    const etag = String(first.headers['etag'])
    const second = await sender.send('GET', url, { range: 'bytes=150-', 'if-range': etag })
    assert.ok(second.status === 200 || second.status === 206, String(second.status))
    assert.equal(second.status === 206, second.headers['etag'] === etag)
    signerOf(second.status === 206 ? Buffer.concat([first.bytes, second.bytes]) : second.bytes)
    const byDate = { range: 'bytes=150-', 'if-range': String(first.headers['last-modified']) }
    assert.equal((await sender.send('GET', url, byDate)).status, 200, 'a date does not tell two versions apart')
  }
}

async function linkTo(dav: DavApp, sender: Sender): Promise<string> {
  const id = String((await sender.send('PUT', '/file', {}, signed('writer', 0, 300))).headers['oc-fileid'])
  const answer = await sender.send(
    'POST',
    '/ocs/v2.php/apps/dav/api/v1/direct?format=json',
    { 'ocs-apirequest': 'true', 'content-type': 'application/json' },
    JSON.stringify({ fileId: String(Number.parseInt(id, 10)) }),
  )
  assert.equal(answer.status, 200, `${answer.text} ${dav.base}`)
  return new URL(answer.json().ocs.data.url).pathname
}

for (const { name, options, nodes } of INSTALLATIONS) {
  describe(`readers while a file is overwritten on ${name}`, () => {
    after(stopShared)

    test('get the whole old or the whole new content, by path and by link, whole and in ranges', async (context) => {
      const dav = await createDavApp(options)
      try {
        const bases = nodes === 1 ? [dav.base] : [dav.base, await dav.anotherNode()]
        const writer = await createSender(dav, bases)
        let isOver = false
        const link = await linkTo(dav, writer)
        await writer.send('PUT', '/replaced', {}, signed('writer', 0, 300))
        const readers = [
          readWhole(writer, '/file', () => isOver),
          readWhole(writer, '/replaced', () => isOver),
          readWhole(writer, link, () => isOver),
          readInHalves(writer, '/file', () => isOver),
          readInHalves(writer, link, () => isOver),
        ]
        const writing = overwrite(writer).finally(() => {
          isOver = true
        })
        const [, seen] = await Promise.all([writing, ...readers])
        context.diagnostic(`${WRITES} versions, of which one reader saw ${seen}`)
        assert.ok(Number(seen) > 3, 'it was read while it was written')
      } finally {
        await dav.close()
      }
    })
  })
}
