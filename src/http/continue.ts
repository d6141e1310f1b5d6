import type { IncomingMessage, Server, ServerResponse } from 'node:http'

/**
 * A client that asks before it sends a body (RFC 9110 section 10.1.1) is told to go on when somebody begins to read it,
 * and not at once as Node does: a large file for which there is no room, no right or no reason is never sent. Such a
 * client may leave the body out, so a connection on which it was refused is not used again.
 */
export function answerExpectations(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    const { shouldKeepAlive } = response
    response.shouldKeepAlive = false
    const read = request._read
    request._read = (sizeBytes) => {
      request._read = read
      if (!response.headersSent) {
        response.writeContinue()
        response.shouldKeepAlive = shouldKeepAlive
      }
      read.call(request, sizeBytes)
    }
    server.emit('request', request, response)
  })
}
