import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256Hex } from '../../lib/digest.ts'
import { Fault } from '../../lib/fault.ts'
import { randomText } from '../../lib/ids.ts'
import type { Audit } from '../../lib/log.ts'
import type { AppPasswords } from '../auth/index.ts'
import * as store from './store.ts'

/** What people see of a client that asks to be let in. */
export interface WaitingClient {
  readonly name: string
  readonly address: string
}

/** Sign-in of apps by the browser: the app never sees a password (documentation: login flow version 2). */
export interface LoginFlow {
  /** A client begins. Throws Fault `too-many`. */
  start(clientName: string, address: string): Promise<{ readonly pollToken: string; readonly flowToken: string }>
  /** undefined when it has been let in, was refused, has waited for too long, or never began. */
  find(flowToken: string): Promise<WaitingClient | undefined>
  /** False when it does not wait any more. */
  grant(flowToken: string, accountId: number, actor: string): Promise<boolean>
  refuse(flowToken: string): Promise<void>
  /** What the client was waiting for, once; undefined before and after. */
  collect(pollToken: string): Promise<{ readonly loginName: string; readonly appPassword: string } | undefined>
  sweep(): Promise<void>
}

export interface LoginFlowDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly appPasswords: Pick<AppPasswords, 'addIn'>
  /** The name of an account that may sign in; undefined for every other. */
  readonly enabledUserId: (accountId: number) => Promise<string | undefined>
}

/** 760 bits: nobody guesses one, so the fast digest in the database is enough. */
const TOKEN_CHARS = 128
const LIFETIME_MS = 20 * 60_000
const MAX_WAITING = 20_000
/** A school behind one address signs in together; a program in a loop does not get further. */
const MAX_PER_ADDRESS = 100
const MAX_NAME_CHARS = 120

export function createLoginFlow({ db, clock, audit, appPasswords, enabledUserId }: LoginFlowDeps): LoginFlow {
  return {
    async start(clientName, address) {
      const pollToken = randomText(TOKEN_CHARS)
      const flowToken = randomText(TOKEN_CHARS)
      const nowMs = clock.nowMs()
      await db.write(async (tx) => {
        await store.deleteExpired(tx, nowMs)
        const isFull = (await store.countFlows(tx)) >= MAX_WAITING
        if (isFull || (await store.countFlows(tx, address)) >= MAX_PER_ADDRESS) {
          const message = 'Too many apps wait to be let in. Try again in a few minutes'
          throw new Fault('too-many', message, { retryAfterSeconds: 300 })
        }
        await store.insertFlow(tx, {
          poll_digest: sha256Hex(pollToken),
          flow_digest: sha256Hex(flowToken),
          client_name: shownName(clientName),
          address,
          created_at_ms: nowMs,
          expires_at_ms: nowMs + LIFETIME_MS,
          account_id: null,
        })
      })
      return { pollToken, flowToken }
    },
    async find(flowToken) {
      const row = await store.findByFlow(db.read, digestOf(flowToken))
      if (row === undefined || row.account_id !== null || row.expires_at_ms <= clock.nowMs()) return undefined
      return { name: row.client_name, address: row.address }
    },
    async grant(flowToken, accountId, actor) {
      const isDone = await db.write((tx) => store.grantFlow(tx, digestOf(flowToken), accountId, clock.nowMs()))
      if (isDone) audit.record({ event: 'login-flow.granted', actor, detail: { accountId } })
      return isDone
    },
    refuse: (flowToken) => db.write((tx) => store.deleteByFlow(tx, digestOf(flowToken))),
    async collect(pollToken) {
      const pollDigest = digestOf(pollToken)
      // Clients ask every few seconds; only the last time is worth a write.
      const waiting = await store.findByPoll(db.read, pollDigest)
      if (waiting === undefined || waiting.account_id === null || waiting.expires_at_ms <= clock.nowMs())
        return undefined
      const { account_id: accountId } = waiting
      const loginName = await enabledUserId(accountId)
      if (loginName === undefined) return undefined
      const made = await db.write(async (tx) => {
        const taken = await store.takeGranted(tx, pollDigest)
        return taken === undefined ? undefined : appPasswords.addIn(tx, accountId, taken.client_name)
      })
      if (made === undefined) return undefined
      audit.record({ event: 'app-password.created', actor: loginName, detail: { accountId, id: made.id } })
      return { loginName, appPassword: made.secret }
    },
    sweep: () => db.write((tx) => store.deleteExpired(tx, clock.nowMs())),
  }
}

function digestOf(token: string): string {
  return sha256Hex(token.slice(0, TOKEN_CHARS + 1))
}

/** What a client calls itself, as people can read it. */
export function shownName(userAgent: string): string {
  const name = userAgent.replace(/[\p{C}\u2028\u2029]/gu, '').trim()
  return name === '' ? 'unknown' : name.slice(0, MAX_NAME_CHARS)
}
