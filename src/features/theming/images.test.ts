import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { describe, test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import { Fault } from '../../lib/fault.ts'
import { averageColor, encodeImage, MAX_INPUT_BYTES } from './images.ts'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const svg = (inner: string, attributes = ''): Uint8Array =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" ${attributes}>${inner}</svg>`)

const isRefusal = (error: unknown): boolean => error instanceof Fault && error.kind === 'bad-request'

/** A PNG of one colour. Zeroes compress so well that 12,000 x 12,000 pixels are a few kilobytes: a bomb. */
function png(width: number, height: number, rgb: readonly [number, number, number] = [0, 0, 0]): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data])
    const head = Buffer.alloc(4)
    head.writeUInt32BE(data.length)
    const tail = Buffer.alloc(4)
    tail.writeUInt32BE(crc32(body))
    return Buffer.concat([head, body, tail])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from(rgb))])
  const pixels = deflateSync(Buffer.concat(Array.from({ length: Math.min(height, 1_000) }, () => row)))
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

describe('images that an administrator uploads', () => {
  test('a hostile SVG becomes pixels: nothing of its text is left', async () => {
    const hostile = svg(
      '<script>alert(document.domain)</script><rect width="20" height="20" fill="red" onload="alert(1)"/>' +
        '<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="javascript:alert(2)"/></foreignObject>',
      'onload="alert(3)"',
    )
    const { content, contentType } = await encodeImage('logo', hostile)
    assert.equal(contentType, 'image/png')
    assert.deepEqual([...content.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47])
    assert.doesNotMatch(text(content), /script|alert|svg|onload/i)
  })

  test('an SVG cannot make the server fetch or read anything', async () => {
    let calls = 0
    const spy = createServer((_, response) => {
      calls += 1
      response.end()
    })
    await new Promise<void>((resolve) => spy.listen(0, '127.0.0.1', resolve))
    const address = spy.address()
    const port = typeof address === 'object' ? address?.port : 0
    const outward = svg(
      `<image href="http://127.0.0.1:${port}/a.png" width="10" height="10"/>` +
        `<image href="file:///etc/hostname" width="10" height="10"/>` +
        `<style>@import url(http://127.0.0.1:${port}/a.css);</style><use href="http://127.0.0.1:${port}/a.svg#x"/>`,
    )
    await encodeImage('logo', outward).catch((error) => assert.ok(isRefusal(error)))
    const entity = Buffer.from(
      `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&x;</text></svg>`,
    )
    await encodeImage('logo', entity).catch((error) => assert.ok(isRefusal(error)))
    assert.equal(calls, 0)
    await new Promise((resolve) => spy.close(resolve))
  })

  test('a bomb of pixels, a truncated picture and what is no picture are refused', async () => {
    const real = png(40, 40, [200, 30, 60])
    const billion = `<!DOCTYPE svg [<!ENTITY a "${'x'.repeat(1_000)}">${'bcdefg'
      .split('')
      .map((name, index) => `<!ENTITY ${name} "${`&${'abcdef'[index]};`.repeat(30)}">`)
      .join('')}]>`
    for (const bad of [
      png(12_000, 12_000),
      svg('', 'viewBox="0 0 1 1"').subarray(0, 30),
      svg('<rect/>').toString().replaceAll('"20"', '"2000000"'),
      `${billion}<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&g;</text></svg>`,
      real.subarray(0, real.length - 30),
      'GIF89a',
      '<html><script>alert(1)</script></html>',
      '%PDF-1.4',
      new Uint8Array(0),
      new Uint8Array(MAX_INPUT_BYTES + 1),
    ]) {
      const input = typeof bad === 'string' ? Buffer.from(bad) : bad
      await assert.rejects(encodeImage('background', input), isRefusal, text(input.subarray(0, 60)))
    }
  })

  test('a picture that is also a page loses the page', async () => {
    const both = Buffer.concat([png(8, 8, [1, 2, 3]), Buffer.from('<html><script>alert(1)</script>')])
    const { content } = await encodeImage('favicon', both)
    assert.doesNotMatch(text(content), /script/)
  })

  test('large pictures are made smaller, small ones stay, and the average colour is theirs', async () => {
    const { content } = await encodeImage('favicon', png(900, 900, [200, 30, 60]))
    assert.equal(Buffer.from(content).readUInt32BE(16), 512)
    const small = await encodeImage('favicon', png(30, 30))
    assert.equal(Buffer.from(small.content).readUInt32BE(16), 30)
    assert.equal(await averageColor(png(30, 30, [0xc8, 0x1e, 0x3c])), '#c81e3c')
  })

  test('the same picture has the same ETag', async () => {
    const [one, other] = [await encodeImage('logo', png(9, 9)), await encodeImage('logo', png(9, 9))]
    assert.equal(one.etag, other.etag)
    assert.match(one.etag, /^"[0-9a-f]{32}"$/)
  })
})
