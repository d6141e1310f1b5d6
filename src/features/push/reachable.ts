/** A device or subscription, as far as it matters whether it may still be told anything. */
export interface Addressee {
  readonly account_id: number
  readonly app_password_id: number | null
  readonly session_key?: string | null
}

export interface ReachableDeps {
  readonly isEnabled: (accountId: number) => Promise<boolean>
  /** The credentials among these that still open their accounts. */
  readonly listLive: (credentials: {
    readonly appPasswordIds: readonly number[]
    readonly sessionKeys: readonly string[]
  }) => Promise<{ readonly appPasswordIds: ReadonlySet<number>; readonly sessionKeys: ReadonlySet<string> }>
}

/** Those whose account is enabled and whose credential still opens it. */
export type Reachable = <A extends Addressee>(addressees: readonly A[]) => Promise<ReadonlySet<A>>

export function createReachable({ isEnabled, listLive }: ReachableDeps): Reachable {
  return async (addressees) => {
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
