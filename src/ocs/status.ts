import type { FaultKind } from '../lib/fault.ts'

export type OcsVersion = 'v1' | 'v2'

/** `statuscode` of each kind of Fault where the endpoint has no code of its own (recording ocs-envelope). */
export const OCS_CODE: Readonly<Record<FaultKind, number>> = {
  'bad-request': 400,
  unauthenticated: 997,
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
  internal: 996,
}

export const OCS_NOT_FOUND = 998

/** HTTP status of a `statuscode` under version 2: codes that are no HTTP status have one of their own. */
function httpStatusV2(code: number): number {
  if (code === 100) return 200
  if (code === 997) return 401
  if (code === OCS_NOT_FOUND) return 404
  if (code === 996 || code === 999) return 500
  return code >= 200 && code < 600 ? code : 400
}

/**
 * HTTP status of an answer. Version 1 says 200 for everything an endpoint decides, except 401; what is decided before an
 * endpoint runs (`early`: wrong method, unreadable request, missing proof, throttling, overload) keeps its own status.
 */
export function httpStatusOf(version: OcsVersion, code: number, early: boolean): number {
  const status = httpStatusV2(code)
  if (version === 'v2') return status
  return early || status === 401 ? status : 200
}
