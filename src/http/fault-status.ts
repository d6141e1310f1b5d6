import type { FaultKind } from '../lib/fault.ts'

/** HTTP status of each kind of Fault, RFC 9110 and RFC 4918. */
export const HTTP_STATUS: Readonly<Record<FaultKind, number>> = {
  'bad-request': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  exists: 409,
  precondition: 412,
  locked: 423,
  'too-large': 413,
  'no-space': 507,
  unsupported: 415,
  'too-many': 429,
  unavailable: 503,
  internal: 500,
}
