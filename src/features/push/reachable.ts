import type { WebPush } from '../../config/load.ts'
import { isAllowedProxy } from './device-rules.ts'

/** A device or subscription, as far as it matters whether it may still be told anything. */
export interface Addressee {
  readonly account_id: number
  readonly app_password_id: number | null
  readonly session_key?: string | null
  /** Of a device. */
  readonly proxy_url?: string
}

export interface ReachableDeps {
  /** `host` or `host:port`. */
  readonly proxies: readonly string[]
  readonly webPush: WebPush
  readonly isEnabled: (accountId: number) => Promise<boolean>
  /** The credentials among these that still open their accounts. */
  readonly listLive: (credentials: {
    readonly appPasswordIds: readonly number[]
    readonly sessionKeys: readonly string[]
  }) => Promise<{ readonly appPasswordIds: ReadonlySet<number>; readonly sessionKeys: ReadonlySet<string> }>
}

/** Those whose way is switched on, whose account is enabled and whose credential still opens it. */
export type Reachable = <A extends Addressee>(addressees: readonly A[]) => Promise<ReadonlySet<A>>

export function createReachable({ isEnabled, listLive, proxies, webPush }: ReachableDeps): Reachable {
  const isSwitchedOn = ({ proxy_url, app_password_id }: Addressee): boolean => {
    if (proxy_url !== undefined) return isAllowedProxy(new URL(proxy_url), proxies)
    return webPush === 'all' || (webPush === 'apps' && app_password_id !== null)
  }
  return async (known) => {
    const addressees = known.filter(isSwitchedOn)
    const live = await listLive({
      appPasswordIds: addressees.flatMap(({ app_password_id }) => app_password_id ?? []),
      sessionKeys: addressees.flatMap(({ session_key }) => session_key ?? []),
    })
    const enabled = new Map<number, boolean>()
    for (const accountId of new Set(addressees.map(({ account_id }) => account_id))) {
      enabled.set(accountId, await isEnabled(accountId))
    }
    const isReached = ({ account_id, app_password_id, session_key }: Addressee): boolean => {
      if (enabled.get(account_id) !== true) return false
      return app_password_id === null
        ? live.sessionKeys.has(session_key ?? '')
        : live.appPasswordIds.has(app_password_id)
    }
    return new Set(addressees.filter(isReached))
  }
}
