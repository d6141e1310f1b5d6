import { Fault } from '../lib/fault.ts'
import { MESSAGES } from './fault-messages.ts'
import type { Viewer } from './viewer.ts'

/**
 * How far an address reaches, for app passwords with limits:
 * - `self`: who asks, what the server can do, and the credential itself. Every app password may.
 * - `read`: reads what an account has beside files. Not with an app password for a single folder.
 * - `file`: reads one file, and looks at the limits itself.
 * - `all`: anything else. Only without limits. What says nothing of itself is this.
 */
export type Reach = 'self' | 'read' | 'file' | 'all'

/** Throws Fault `forbidden`: a 401 would make clients forget the app password, which is good. */
export function requireReach(viewer: Viewer, reach: Reach): void {
  if (viewer.kind === 'anonymous' || viewer.limits === undefined || reach === 'self') return
  if (viewer.limits.isOneTime === true) throw limited()
  if (reach === 'file' || (reach === 'read' && opensAccount(viewer))) return
  throw limited()
}

/** Whether the account itself can be read, and not a single folder alone. */
export function opensAccount(viewer: Viewer): boolean {
  return viewer.kind === 'account' && viewer.limits?.folderId === undefined
}

export function limited(): Fault {
  return new Fault('forbidden', MESSAGES.limitedAppPassword, { reason: 'limited' })
}
