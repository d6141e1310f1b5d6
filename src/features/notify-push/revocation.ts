import type { Stamps } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { accountTopic } from '../../lib/topics.ts'
import type { CredentialVersion } from '../auth/index.ts'
import type { Hub } from './hub.ts'

export interface RevocationDeps {
  readonly hub: Hub
  readonly clock: Clock
  readonly stamps: Stamps
  readonly log: Log
  readonly credentialVersion: CredentialVersion
}

export interface Revocation {
  start(): void
  stop(): void
  /** Looks at everybody once. */
  look(): Promise<void>
}

const LOOK_EVERY_MS = 100
/** Accounts looked at in one go, so that thousands of them never hold up the process. */
const AT_A_TIME = 500

/** Ends connections whose password was changed, whose app password was revoked, whose account is disabled or gone. */
export function createRevocation({ hub, clock, stamps, log, credentialVersion }: RevocationDeps): Revocation {
  const seen = new Map<number, number>()
  let left: number[] = []
  let timer: NodeJS.Timeout | undefined
  const check = async (accountId: number): Promise<void> => {
    for (const client of hub.clientsOf(accountId)) {
      if ((await credentialVersion(client.holder))?.version !== client.holder.version) client.close()
    }
  }
  /** Credentials that end by themselves change nothing when they do. */
  const endThose = (accountId: number): void => {
    const nowMs = clock.nowMs()
    for (const client of hub.clientsOf(accountId)) {
      if (client.holder.endsAtMs !== undefined && client.holder.endsAtMs <= nowMs) client.close()
    }
  }
  const lookAt = async (accountIds: readonly number[]): Promise<void> => {
    for (const accountId of accountIds) {
      endThose(accountId)
      const stamp = stamps.of(accountTopic(accountId))
      if (seen.get(accountId) === stamp) continue
      // The stamp first: what changes during the check is seen the next time.
      seen.set(accountId, stamp)
      await check(accountId)
    }
  }
  const step = (): void => {
    if (left.length === 0) {
      left = [...hub.accountIds()]
      for (const accountId of seen.keys()) if (!hub.has(accountId)) seen.delete(accountId)
    }
    lookAt(left.splice(0, AT_A_TIME)).catch((error: unknown) => {
      // Not looked at is not good: everybody is looked at again.
      seen.clear()
      log.error({ err: error }, 'Connections cannot be checked')
    })
  }
  return {
    start() {
      timer ??= setInterval(step, LOOK_EVERY_MS).unref()
    },
    stop() {
      clearInterval(timer)
      timer = undefined
    },
    look: () => lookAt([...hub.accountIds()]),
  }
}
