import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { describeHabits, FILES, literalResponses, UPLOADS } from './client.ts'

// Every way to name the chunks of an upload that clients have, or documentation asks for. Each has its order by number.

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')
const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')
const padded = (digits: number, from: number) => (index: number) => String(index + from).padStart(digits, '0')

const PIECES = Array.from({ length: 21 }, (_, index) => `${'ab'.repeat(index)}${index}|`)
const CONTENT = PIECES.join('')
const startOf = (index: number): number => PIECES.slice(0, index).join('').length

const HABITS: Readonly<Record<string, { readonly folder: string; readonly name: (index: number) => string }>> = {
  'numbers of five digits (desktop)': { folder: '2847462836', name: padded(5, 1) },
  'numbers of sixteen digits from 0 (older desktop)': { folder: '3928374', name: padded(16, 0) },
  'numbers of six digits (Android)': { folder: md5('a local file'), name: padded(6, 1) },
  'numbers without zeros (iOS)': { folder: '7A1B3C5D-0000-4000-8000-123456789ABC', name: padded(1, 1) },
  'offsets in bytes (older desktop)': {
    folder: '99',
    name: (index) => String(startOf(index)).padStart(16, '0'),
  },
  'ranges (version 1 of the documentation; rclone)': {
    folder: `rclone-chunked-upload-${md5('path')}`,
    name: (index) => [startOf(index), startOf(index + 1) - 1].map((at) => String(at).padStart(15, '0')).join('-'),
  },
  'numbers up to 10000 (version 2 of the documentation)': {
    folder: 'myapp-e1663913-4423-4efe-a9cd-26e7beeca3c0',
    name: (index) => String(10_000 - PIECES.length + 1 + index),
  },
  'numbers of a web page (files of the web interface)': {
    folder: `web-file-upload-${md5('x')}-17`,
    name: padded(1, 1),
  },
}

describeHabits('chunks', (client) => {
  const { send } = client
  const put = (folder: string, name: string, body: string, wanted: number | readonly number[] = 201) =>
    send('PUT', `${folder}/${name}`, wanted, { body })

  for (const [habit, { folder: id, name }] of Object.entries(HABITS)) {
    test(`with ${habit}: in their order, whatever order they came in`, async () => {
      const folder = `${UPLOADS}/${id}`
      const target = `${FILES}/${encodeURIComponent(habit.replace(/[/\\]/g, ' '))}`
      const order = PIECES.map((_, index) => index)
      const orders = [order, order.toReversed(), order.toSorted((a, b) => ((a * 8) % 21) - ((b * 8) % 21))]
      for (const [round, indexes] of orders.entries()) {
        await send('MKCOL', folder, 201)
        for (const index of indexes) await put(folder, name(index), PIECES[index] ?? '')
        // One that was sent before the connection broke, and is sent once more.
        await put(folder, name(4), 'something else', 204)
        await put(folder, name(4), PIECES[4] ?? '', 204)
        const listed = await send('PROPFIND', folder, 207, {
          headers: { depth: '1' },
          body: '<d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/><d:getcontentlength/></d:prop></d:propfind>',
        })
        const chunks = literalResponses(listed.text).filter(({ href }) => !/\/(?:\.file)?$/.test(href))
        assert.deepEqual(
          chunks.map(({ href, first }) => [href, first.get('d:getcontentlength')]),
          PIECES.map((piece, index) => [`${folder}/${name(index)}`, String(piece.length)]),
        )
        await send('MOVE', `${folder}/.file`, round === 0 ? 201 : 204, {
          headers: { destination: `http://cloud.test${target}`, 'oc-checksum': `SHA1:${sha1(CONTENT)}` },
        })
        assert.equal((await send('GET', target, 200)).text, CONTENT)
      }
    })
  }

  test('that come one after the other are verified as they come: nothing is read back when they are put together', async (t) => {
    const { blobs } = client.app
    const reads = t.mock.method(blobs, 'get').mock
    const upload = async ({ folder: id, name }: { folder: string; name(index: number): string }, sum: string) => {
      const folder = `${UPLOADS}/${id}`
      await send('MKCOL', folder, 201)
      for (const [index, piece] of PIECES.entries()) await put(folder, name(index), piece)
      reads.resetCalls()
      const headers = { destination: `http://cloud.test${FILES}/verified`, 'oc-checksum': sum }
      await send('MOVE', `${folder}/.file`, [201, 204], { headers })
      return reads.callCount()
    }
    for (const [habit, naming] of Object.entries(HABITS)) {
      assert.equal(await upload(naming, `SHA1:${sha1(CONTENT)}`), 0, habit)
    }
    const other = { folder: 'md5', name: padded(5, 1) }
    assert.equal(await upload(other, `MD5:${md5(CONTENT)}`), PIECES.length, 'a sum that nobody sends is computed then')
    assert.equal((await send('GET', `${FILES}/verified`, 200)).text, CONTENT)
  })

  test('of which the total length is missing, right, wrong or no number', async () => {
    const folder = `${UPLOADS}/total`
    const target = `${FILES}/total.bin`
    const move = (wanted: number, total?: string) =>
      send('MOVE', `${folder}/.file`, wanted, {
        headers: {
          destination: `http://cloud.test${target}`,
          ...(total === undefined ? {} : { 'oc-total-length': total }),
        },
      })
    await send('MKCOL', folder, 201, { headers: { 'oc-total-length': '999' } })
    await put(folder, '1', 'abc')
    await put(folder, '2', 'de')
    for (const total of ['4', '6', '0', '-5', '5.0', 'five', '9'.repeat(30)]) await move(400, total)
    await send('HEAD', target, 404)
    await put(folder, '3', 'f')
    await move(201, '6')
    assert.equal((await send('GET', target, 200)).text, 'abcdef')
    await move(201, '6')
    await send('MKCOL', folder, 201)
    await put(folder, '1', 'without')
    await move(204)
    assert.equal((await send('GET', target, 200)).text, 'without')
  })

  test('whose answer was lost: the same MOVE again says the same, until somebody changes the file', async () => {
    const folder = `${UPLOADS}/lost`
    const target = `${FILES}/lost.bin`
    const headers = { destination: `http://cloud.test${target}`, 'oc-total-length': '4', 'x-oc-mtime': '1700000000' }
    await send('MKCOL', folder, 201)
    await put(folder, '000001', 'lost')
    const first = await send('MOVE', `${folder}/.file`, 201, { headers })
    for (let round = 0; round < 3; round++) {
      const again = await send('MOVE', `${folder}/.file`, 201, { headers })
      for (const name of ['oc-fileid', 'etag', 'oc-etag', 'x-oc-mtime']) {
        assert.equal(again.headers[name], first.headers[name], name)
      }
    }
    const elsewhere = { ...headers, destination: `http://cloud.test${FILES}/elsewhere.bin` }
    await send('MOVE', `${folder}/.file`, 404, { headers: elsewhere })
    await send('PUT', target, 204, { body: 'newer' })
    await send('MOVE', `${folder}/.file`, 404, { headers })
    assert.equal((await send('GET', target, 200)).text, 'newer')
  })

  test('that nobody goes on with are swept a day after the last of them, and not before', async () => {
    const folder = `${UPLOADS}/slow`
    const sweep = async (): Promise<void> => {
      for (const feature of client.app.features.list) await feature.sweep?.()
    }
    await send('MKCOL', folder, 201)
    for (const number of [1, 2, 3]) {
      client.app.clock.advance(23 * 3_600_000)
      await sweep()
      await put(folder, String(number), 'x')
    }
    client.app.clock.advance(25 * 3_600_000)
    await sweep()
    await send('PROPFIND', folder, 404, { headers: { depth: '1' } })
    await put(folder, '4', 'x', 404)
  })
})
