import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const ACCEPTED = /^[\w.+/=-]{8,64}$/

/** Makes an id for each request: the one a caller sends when it is well formed, else a new one. */
export function createRequestIds(): (request: Pick<IncomingMessage, 'headers'>) => string {
  const prefix = randomBytes(9).toString('base64url')
  let count = 0
  return ({ headers }) => {
    const given = headers['x-request-id']
    if (typeof given === 'string' && ACCEPTED.test(given)) return given
    count += 1
    return `${prefix}${count.toString(36).padStart(6, '0')}`
  }
}
