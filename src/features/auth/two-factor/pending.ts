import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Database } from '../../../db/database.ts'
import { cookieValue } from '../../../http/credentials.ts'
import { isHttps } from '../../../http/page-request.ts'
import type { Clock } from '../../../lib/clock.ts'
import { sha256Hex } from '../../../lib/digest.ts'
import { randomBase64Url } from '../../../lib/ids.ts'
import type { AccountDirectory, AccountIdentity } from '../../users/index.ts'
import * as store from './store.ts'

export interface Pending {
  readonly account: AccountIdentity
  readonly redirectPath: string
}

/**
 * Sign-ins whose password was right and whose code is still to come. They have a cookie of their own and no session: so to
 * everything but the page that asks for the code they are nobody.
 */
export interface PendingLogins {
  begin(request: FastifyRequest, reply: FastifyReply, accountId: number, redirectPath: string): Promise<void>
  /** undefined when there is none, it is too old, or the account has changed its password or is disabled. */
  find(request: FastifyRequest): Promise<Pending | undefined>
  /** Counts an attempt before its code is looked at. False when there were too many: then it is over. */
  countAttempt(request: FastifyRequest): Promise<boolean>
  /** False when somebody has ended it already: of two right codes at once one signs in. */
  end(request: FastifyRequest, reply: FastifyReply): Promise<boolean>
  sweep(): Promise<void>
}

const LIFETIME_MS = 10 * 60_000
const MAX_ATTEMPTS = 5

const cookieName = (request: FastifyRequest): string =>
  isHttps(request) ? '__Host-cloudlet_second_step' : 'cloudlet_second_step'

function cookieHeader(request: FastifyRequest, value: string, seconds: number): string {
  const secure = isHttps(request) ? '; Secure' : ''
  return `${cookieName(request)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`
}

const digestIn = (request: FastifyRequest): string =>
  sha256Hex(cookieValue(request.headers.cookie ?? '', cookieName(request)) ?? '')

export function createPendingLogins({
  db,
  clock,
  accounts,
}: {
  readonly db: Database
  readonly clock: Clock
  readonly accounts: AccountDirectory
}): PendingLogins {
  return {
    async begin(request, reply, accountId, redirectPath) {
      const token = randomBase64Url(32)
      await db.write((tx) =>
        store.insertPending(tx, {
          token_digest: sha256Hex(token),
          account_id: accountId,
          redirect_path: redirectPath,
          attempts: 0,
          created_at_ms: clock.nowMs(),
        }),
      )
      reply.header('set-cookie', cookieHeader(request, token, LIFETIME_MS / 1_000))
    },
    async find(request) {
      const row = await store.findPending(db.read, digestIn(request))
      if (row === undefined || clock.nowMs() - row.created_at_ms >= LIFETIME_MS) return undefined
      const account = await accounts.identity(row.account_id)
      if (account === undefined || !account.enabled || account.passwordChangedAtMs > row.created_at_ms) return undefined
      return { account, redirectPath: row.redirect_path }
    },
    async countAttempt(request) {
      const digest = digestIn(request)
      return db.write(async (tx) => {
        const attempts = await store.countPendingAttempt(tx, digest)
        if (attempts === undefined) return false
        if (attempts <= MAX_ATTEMPTS) return true
        await store.deletePending(tx, digest)
        return false
      })
    },
    async end(request, reply) {
      reply.header('set-cookie', cookieHeader(request, '', 0))
      return db.write((tx) => store.deletePending(tx, digestIn(request)))
    },
    sweep: () => db.write((tx) => store.deletePendingBefore(tx, clock.nowMs() - LIFETIME_MS)),
  }
}
