import type { Fault, FaultKind } from '../lib/fault.ts'

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

/**
 * The exit code of a Fault from inside a command. There a `bad-request` is a value that the rules refuse, not wrong
 * usage, unless its reason says `usage` or `setting`.
 */
export function exitCodeOfRun({ kind, detail }: Fault): number {
  const isUsage = detail.reason === 'usage' || detail.reason === 'setting'
  return kind === 'bad-request' && !isUsage ? 1 : EXIT_CODE[kind]
}
