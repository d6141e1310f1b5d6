import type { Database, Tx } from '../../db/database.ts'
import { isForeignKeyViolation, storageFault } from '../../db/errors.ts'
import type { Events } from '../../events/events.ts'
import type { AccountViewer, ViewerLimits } from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256Hex } from '../../lib/digest.ts'
import { Fault } from '../../lib/fault.ts'
import { randomText } from '../../lib/ids.ts'
import type { Grantor, IsGranted } from '../auth/index.ts'
import type { NodeRow } from '../files/index.ts'
import type {} from './events.ts'
import { MESSAGES } from './fault-messages.ts'
import * as store from './store.ts'

export interface DirectLinksDeps {
  readonly db: Database
  readonly clock: Clock
  readonly events: Events
  /** Longest life of a link, and its life when the caller names none, in seconds. */
  readonly maxSeconds: number
  readonly findNode: (nodeId: number) => Promise<NodeRow | undefined>
  /** Whether the limits of an app password let a file be read. */
  readonly isWithin: (limits: ViewerLimits | undefined, nodeId: number) => Promise<boolean>
  readonly ownerOf: (node: NodeRow) => Promise<number | undefined>
  /** Whether a link counts as far as its maker goes. */
  readonly isGranted: IsGranted
}

export type LinkMaker = Pick<AccountViewer, 'accountId' | 'limits' | 'endsAtMs' | 'appPasswordId'>

/** Links that open one file without credentials, for media players and other programs, for a while. */
export interface DirectLinks {
  /** Resolves to the token. Throws Fault `not-found` or `bad-request`. */
  make(viewer: LinkMaker, fileId: number, seconds: number | undefined): Promise<string>
  /** The file behind a token; undefined for every reason why there is none. */
  open(token: string): Promise<NodeRow | undefined>
  /** Forgets what has expired, and says what is about to. */
  sweep(): Promise<void>
}

const TOKEN_CHARS = 60
/** Sweeping comes every hour, so it is said one to two hours before. */
const TOLD_BEFORE_MS = 2 * 3_600_000

export function createDirectLinks(deps: DirectLinksDeps): DirectLinks {
  const { db, clock, maxSeconds } = deps
  return {
    async make({ accountId, limits, endsAtMs, appPasswordId }, fileId, seconds = maxSeconds) {
      if (seconds <= 0 || seconds > maxSeconds) {
        throw new Fault('bad-request', MESSAGES.expirationTime(maxSeconds), { field: 'expirationTime' })
      }
      const node = Number.isSafeInteger(fileId) && fileId > 0 ? await deps.findNode(fileId) : undefined
      if (node === undefined || (await deps.ownerOf(node)) !== accountId) throw new Fault('not-found', '')
      if (!(await deps.isWithin(limits, node.id))) throw new Fault('not-found', '')
      if (node.is_folder === 1) throw new Fault('bad-request', MESSAGES.onlyFiles)
      const token = randomText(TOKEN_CHARS)
      // Not longer than the credential that asks for it.
      const nowMs = clock.nowMs()
      const expiresAtMs = Math.min(nowMs + seconds * 1_000, endsAtMs ?? Number.MAX_SAFE_INTEGER)
      const link = {
        token_digest: sha256Hex(token),
        account_id: accountId,
        node_id: node.id,
        expires_at_ms: expiresAtMs,
        used_at_ms: null,
        // Of a short life it is known from the beginning.
        is_expiry_told: seconds * 1_000 <= TOLD_BEFORE_MS ? 1 : 0,
        folder_id: limits?.folderId ?? null,
        app_password_id: appPasswordId ?? null,
        made_at_ms: nowMs,
      }
      await db.write((tx) => store.insertLink(tx, link)).catch(asGone)
      return token
    },
    async open(token) {
      // The digest is looked up, never the token, so that the time of the look-up says nothing about it.
      const link = await store.findLink(db.read, sha256Hex(token.slice(0, 512)))
      if (link === undefined || link.expires_at_ms <= clock.nowMs()) return undefined
      if (!(await deps.isGranted(grantorOf(link)))) return undefined
      const node = await deps.findNode(link.node_id)
      if (node?.is_folder !== 0) return undefined
      const isInside = link.folder_id === null || (await deps.isWithin(folderAlone(link.folder_id), node.id))
      if (!isInside) return undefined
      if (link.used_at_ms === null) await noteFirstUse(deps, link).catch(ignoreTrouble)
      return node
    },
    async sweep() {
      await db.write(async (tx) => {
        const nowMs = clock.nowMs()
        await store.deleteExpiredLinks(tx, nowMs)
        for (const link of await store.noteExpiring(tx, nowMs + TOLD_BEFORE_MS)) {
          await tell(deps, tx, 'direct-link.expiring', link)
        }
      })
    },
  }
}

const folderAlone = (folderId: number): ViewerLimits => ({ isReadOnly: true, folderId })

function grantorOf({ account_id, app_password_id, made_at_ms }: store.DirectLinkRow): Grantor {
  const askedAtMs = made_at_ms ?? Number.MAX_SAFE_INTEGER
  return { accountId: account_id, appPasswordId: app_password_id ?? undefined, askedAtMs }
}

/** The file, the account or the app password was deleted meanwhile. */
function asGone(error: unknown): never {
  throw isForeignKeyViolation(error) ? new Fault('not-found', '', {}, { cause: error }) : error
}

async function noteFirstUse(deps: DirectLinksDeps, link: store.DirectLinkRow): Promise<void> {
  await deps.db.write(async (tx) => {
    const isFirst = await store.noteFirstUse(tx, link.token_digest, deps.clock.nowMs())
    if (isFirst) await tell(deps, tx, 'direct-link.used', link)
  })
}

/** Nobody is refused a file because it cannot be noted that it was opened: on a full disk reads go on. */
function ignoreTrouble(error: unknown): void {
  const { kind } = storageFault(error)
  if (kind !== 'no-space' && kind !== 'unavailable') throw error
}

async function tell(
  { events }: DirectLinksDeps,
  tx: Tx,
  event: 'direct-link.used' | 'direct-link.expiring',
  { account_id, node_id, token_digest }: store.DirectLinkRow,
): Promise<void> {
  await events.add(tx, event, { accountId: account_id, nodeId: node_id, linkDigest: token_digest })
}
