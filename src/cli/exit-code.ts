import type { FaultKind } from '../lib/fault.ts'

/** Exit codes: 0 done, 1 refused or failed, 2 wrong usage or setting. */
export const EXIT_CODE: Readonly<Record<FaultKind, number>> = {
  'bad-request': 2,
  unauthenticated: 1,
  forbidden: 1,
  'not-found': 1,
  conflict: 1,
  exists: 1,
  precondition: 1,
  locked: 1,
  'too-large': 1,
  'no-space': 1,
  unsupported: 1,
  'too-many': 1,
  unavailable: 1,
  internal: 1,
}
