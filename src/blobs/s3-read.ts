import { finished, Readable } from 'node:stream'
import { Fault } from '../lib/fault.ts'
import type { ByteRange } from './blob-store.ts'

/** A part of an object on its way, and the last byte that the object or the range has. */
export interface OpenedObject {
  readonly body: Readable
  readonly end: number
}

/** Asks for the bytes from `start` on; to the end of the object when `end` is undefined. Throws Faults. */
export type OpenObject = (start: number, end: number | undefined, signal: AbortSignal) => Promise<OpenedObject>

const READ_BYTES = 1024 * 1024
/** Answers in a row that end before they have brought a byte. */
const MAX_FRUITLESS = 3

/**
 * An object as a stream. Where a connection breaks the rest is asked for again: objects never change. The stream ends
 * only when every byte has come; it fails when the storage brings no more.
 */
export function readObject(open: OpenObject, range: ByteRange | undefined): Readable {
  const aborting = new AbortController()
  let at = range?.start ?? 0
  let end = range?.end
  let body: Readable | undefined
  let isOpening = false
  let isWanted = false
  let fruitless = 0

  const stream = new Readable({
    highWaterMark: READ_BYTES,
    read() {
      isWanted = true
      if (body === undefined) void openNext()
      else body.resume()
    },
    destroy(error, callback) {
      aborting.abort()
      body?.destroy()
      callback(error)
    },
  })
  const openNext = async (): Promise<void> => {
    if (isOpening) return
    isOpening = true
    try {
      const opened = await open(at, end, aborting.signal)
      end ??= opened.end
      if (stream.destroyed) opened.body.destroy()
      else follow(opened.body)
    } catch (error) {
      stream.destroy(error as Error)
    } finally {
      isOpening = false
    }
  }
  const follow = (next: Readable): void => {
    const began = at
    body = next
    next.on('data', (piece: Uint8Array) => {
      at += piece.byteLength
      if (stream.push(piece)) return
      isWanted = false
      next.pause()
    })
    finished(next, { writable: false }, (error) => {
      body = undefined
      if (stream.destroyed) return
      if (at > (end ?? -1)) {
        stream.push(null)
        return
      }
      fruitless = at > began ? 0 : fruitless + 1
      if (fruitless >= MAX_FRUITLESS) stream.destroy(brokenOff(error))
      // A reader that pauses for long is not read ahead for.
      else if (isWanted) void openNext()
    })
  }
  return stream
}

function brokenOff(cause: unknown): Fault {
  return new Fault('unavailable', 'The object storage of the server breaks off', {}, { cause })
}
