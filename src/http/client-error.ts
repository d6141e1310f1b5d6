import type { Socket } from 'node:net'

const ANSWERS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** A request line with a method that no RFC knows (RFC 9110 section 9.1), and not the noise of another protocol. */
const UNKNOWN_METHOD = /^[A-Z][A-Z-]{0,30} \/\S* HTTP\/1\.[01]\r\n/

function statusOf({ code = '', rawPacket }: ClientError): string {
  const start = Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1', 0, MAX_LINE_BYTES) : ''
  if (code === 'HPE_INVALID_METHOD' && UNKNOWN_METHOD.test(start)) return '501 Not Implemented'
  return ANSWERS[code] ?? '400 Bad Request'
}

const MAX_LINE_BYTES = 16 * 1024

type ClientError = Error & { readonly code?: string; readonly rawPacket?: unknown }

/** Answers what is not even HTTP: nothing of it can be trusted, so the connection ends with it. */
export function answerClientError(error: ClientError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  socket.end(`HTTP/1.1 ${statusOf(error)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
