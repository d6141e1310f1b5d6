import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256Hex } from '../../lib/digest.ts'
import type { Audit } from '../../lib/log.ts'
import type { Alongside, Sessions } from '../auth/index.ts'
import type { Person } from './claims.ts'
import type { ProviderLogout } from './logout-token.ts'
import { OidcRefusal } from './refusal.ts'
import * as store from './store.ts'

/** Sessions here that were begun at the provider, and end with the one there. */
export interface OidcSessions {
  /** Notes where a session comes from. It throws OidcRefusal `stale` when that has been ended at the provider meanwhile. */
  noteOf(person: Person): Alongside
  has(sessionKey: string): Promise<boolean>
  /**
   * Ends what the provider has ended, on every node. App passwords stay: they are credentials of their own, and whoever is to
   * lose everything is disabled. Throws OidcRefusal `failed` for a token that was here before.
   */
  end(logout: ProviderLogout): Promise<void>
  sweep(): Promise<void>
}

export interface OidcSessionsDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly sessions: Pick<Sessions, 'endIn'>
}

export function createOidcSessions({ db, clock, audit, sessions }: OidcSessionsDeps): OidcSessions {
  return {
    noteOf:
      ({ issuer, subject, session, issuedAtMs }) =>
      async (tx, sessionKey) => {
        const row = {
          session_key: sessionKey,
          issuer,
          subject,
          provider_session_digest: digestOf(session),
        }
        await store.lockLogouts(tx, db.kind)
        if (await store.isLoggedOut(tx, row, issuedAtMs)) throw new OidcRefusal('stale', 'Signed out meanwhile')
        await store.insertSession(tx, row)
      },
    has: (sessionKey) => store.isOidcSession(db.read, sessionKey),
    async end({ issuer, tokenId, subject, session, issuedAtMs, expiresAtMs }) {
      const logout = {
        token_digest: sha256Hex(`${issuer} ${tokenId}`),
        issuer,
        subject: subject ?? null,
        provider_session_digest: digestOf(session),
        issued_at_ms: issuedAtMs,
        expires_at_ms: expiresAtMs,
      }
      const count = await db.write(async (tx) => {
        await store.lockLogouts(tx, db.kind)
        if (!(await store.insertLogout(tx, logout))) throw new OidcRefusal('failed', 'The token was here before')
        return sessions.endIn(tx, await store.listSessionKeys(tx, logout))
      })
      const detail = { issuer, ...(subject === undefined ? {} : { subject }), sessions: count }
      audit.record({ event: 'oidc.signed-out', actor: 'oidc', detail })
    },
    sweep: () => db.write((tx) => store.deleteOldLogouts(tx, clock.nowMs())),
  }
}

function digestOf(session: string | undefined): string | null {
  return session === undefined ? null : sha256Hex(session)
}
