import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

/** Longest time that a client may take nothing of an answer. */
const STALLED_MS = 120_000

/** Sends a stream as fast as the client takes it. One that takes nothing for long loses its connection. */
export function sendStream(reply: FastifyReply, stream: Readable): FastifyReply {
  // The socket's own time-out: ends with the answer, since Node sets another between two requests.
  // A request that was injected has no socket that could stall.
  const { socket } = reply.raw
  if (socket instanceof Socket) socket.setTimeout(STALLED_MS)
  return reply.send(stream)
}
