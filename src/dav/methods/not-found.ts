import { Fault } from '../../lib/fault.ts'

export function notFound(path: readonly string[]): Fault {
  return new Fault('not-found', `File with name /${path.join('/')} could not be located`)
}

/** A verb that nothing at this address can do. */
export function notImplemented(method: string): Fault {
  return new Fault('unsupported', `There is nothing here that can do ${method}`, { reason: 'not-implemented' })
}

/** A verb that this tree does not have, or not for this resource. */
export function notAllowed(message: string): Fault {
  return new Fault('unsupported', message, { reason: 'method' })
}
