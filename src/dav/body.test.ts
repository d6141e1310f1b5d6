import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { bodyOf } from './body.ts'

const requestOf = (stream: PassThrough) => ({ raw: stream as unknown as IncomingMessage })

test('a body comes as it was sent', async () => {
  const stream = new PassThrough()
  stream.write('one')
  stream.end('two')
  assert.equal(Buffer.concat(await Array.fromAsync(bodyOf(requestOf(stream)))).toString(), 'onetwo')
})

test('whoever stops reading early leaves the stream alive, so that an answer can be sent', async () => {
  const stream = new PassThrough()
  stream.write('one')
  for await (const _ of bodyOf(requestOf(stream))) break
  assert.equal(stream.destroyed, false)
  stream.destroy()
})

test('a client that goes away is no error of the server', async () => {
  const stream = new PassThrough()
  const next = bodyOf(requestOf(stream)).next()
  stream.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
  await assert.rejects(next, { name: 'Fault', kind: 'bad-request' })
})
