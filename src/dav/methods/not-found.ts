import { Fault } from '../../lib/fault.ts'

export function notFound(path: readonly string[]): Fault {
  return new Fault('not-found', `File with name /${path.join('/')} could not be located`)
}

/** A verb that this tree does not have, or not for this resource. */
export function notAllowed(message: string): Fault {
  return new Fault('unsupported', message, { reason: 'method' })
}
