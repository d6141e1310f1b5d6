import { requireReach } from '../../http/reach.ts'
import type { Viewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import type { Credential, CredentialHolder, CredentialVersion } from '../auth/index.ts'

/** Whose connection it is, and the credential that it lives and dies with. */
export interface Holder extends CredentialHolder, Credential {}

/**
 * Keeps nothing else of the viewer: a connection may last for days. Throws Fault `unauthenticated`, or `forbidden` for an
 * app password that opens a single folder: ids of other files and notifications are not for it.
 */
export async function holderOf(credentialVersion: CredentialVersion, viewer: Viewer): Promise<Holder> {
  requireReach(viewer, 'read')
  const credential = viewer.kind === 'account' ? await credentialVersion(viewer) : undefined
  if (viewer.kind !== 'account' || credential === undefined) throw new Fault('unauthenticated', 'Unauthorised')
  const { accountId, via, appPasswordId, sessionKey } = viewer
  return {
    accountId,
    via,
    ...credential,
    ...(appPasswordId === undefined ? {} : { appPasswordId }),
    ...(sessionKey === undefined ? {} : { sessionKey }),
  }
}
