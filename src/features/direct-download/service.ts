import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256Hex } from '../../lib/digest.ts'
import { Fault } from '../../lib/fault.ts'
import { randomText } from '../../lib/ids.ts'
import type { NodeRow } from '../files/index.ts'
import * as store from './store.ts'

export interface DirectLinksDeps {
  readonly db: Database
  readonly clock: Clock
  /** Longest life of a link, and its life when the caller names none, in seconds. */
  readonly maxSeconds: number
  readonly findNode: (nodeId: number) => Promise<NodeRow | undefined>
  readonly ownerOf: (node: NodeRow) => Promise<number | undefined>
  /** Whether the account may sign in now. */
  readonly isEnabled: (accountId: number) => Promise<boolean>
}

/** Links that open one file without credentials, for media players and other programs, for a while. */
export interface DirectLinks {
  /** Resolves to the token. Throws Fault `not-found` or `bad-request`. */
  make(accountId: number, fileId: number, seconds: number | undefined): Promise<string>
  /** The file behind a token; undefined for every reason why there is none, after the same work. */
  open(token: string): Promise<NodeRow | undefined>
  sweep(): Promise<void>
}

const TOKEN_CHARS = 60

export function createDirectLinks(deps: DirectLinksDeps): DirectLinks {
  const { db, clock, maxSeconds } = deps
  return {
    async make(accountId, fileId, seconds = maxSeconds) {
      if (seconds <= 0 || seconds > maxSeconds) {
        const message = `Expiration time should be greater than 0 and less than or equal to ${maxSeconds}`
        throw new Fault('bad-request', message, { field: 'expirationTime' })
      }
      const node = Number.isSafeInteger(fileId) && fileId > 0 ? await deps.findNode(fileId) : undefined
      if (node === undefined || (await deps.ownerOf(node)) !== accountId) throw new Fault('not-found', '')
      if (node.is_folder === 1) throw new Fault('bad-request', 'Direct download only works for files')
      const token = randomText(TOKEN_CHARS)
      const expiresAtMs = clock.nowMs() + seconds * 1_000
      const link = {
        token_digest: sha256Hex(token),
        account_id: accountId,
        node_id: node.id,
        expires_at_ms: expiresAtMs,
      }
      await db.write((tx) => store.insertLink(tx, link))
      return token
    },
    async open(token) {
      // The digest is looked up, never the token, so that the time of the look-up says nothing about it.
      const link = await store.findLink(db.read, sha256Hex(token.slice(0, 512)))
      if (link === undefined || link.expires_at_ms <= clock.nowMs()) return undefined
      if (!(await deps.isEnabled(link.account_id))) return undefined
      const node = await deps.findNode(link.node_id)
      return node?.is_folder === 0 ? node : undefined
    },
    async sweep() {
      await db.write((tx) => store.deleteExpiredLinks(tx, clock.nowMs()))
    },
  }
}
