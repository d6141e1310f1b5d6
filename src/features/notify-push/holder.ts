import type { Viewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import type { CredentialHolder, CredentialVersion } from '../auth/index.ts'

/** Whose connection it is, and the credential that it lives and dies with. */
export interface Holder extends CredentialHolder {
  /** Of the credential when the connection was opened. */
  readonly version: string
}

/** Keeps nothing else of the viewer: a connection may last for days. Throws Fault `unauthenticated`. */
export async function holderOf(credentialVersion: CredentialVersion, viewer: Viewer): Promise<Holder> {
  const version = viewer.kind === 'account' ? await credentialVersion(viewer) : undefined
  if (viewer.kind !== 'account' || version === undefined) throw new Fault('unauthenticated', 'Unauthorised')
  const { accountId, via, appPasswordId, sessionKey } = viewer
  return {
    accountId,
    via,
    version,
    ...(appPasswordId === undefined ? {} : { appPasswordId }),
    ...(sessionKey === undefined ? {} : { sessionKey }),
  }
}
