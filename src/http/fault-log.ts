import type { Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'

/**
 * Tells the administrator what is theirs to look at: mistakes of the program, a disk that is full, a database or a store
 * that does not answer. What is only a matter between the server and its client, such as a quota, has no cause.
 */
export function logFault(log: Log, requestId: string, fault: Fault): void {
  const { kind, message, cause } = fault
  if (kind === 'internal') log.error({ requestId, err: cause ?? fault }, 'Request failed')
  else if (cause !== undefined && (kind === 'unavailable' || kind === 'no-space')) {
    log.error({ requestId, err: cause }, message)
  }
}
