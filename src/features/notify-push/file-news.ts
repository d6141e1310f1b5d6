import type { Log } from '../../lib/log.ts'
import type { Hub } from './hub.ts'

export interface FileNews {
  /** Ids of what has changed; undefined when they are not known. */
  changed(accountId: number, nodeIds: readonly number[] | undefined): void
}

export interface FileNewsDeps {
  readonly hub: Hub
  readonly log: Log
  readonly withAncestors: (nodeIds: readonly number[]) => Promise<number[]>
}

/** More ids than this in one go are told as "something has changed". */
const MAX_IDS = 200

/**
 * Turns what was changed into what clients must hear: the folders above as well, up to the root, or a client whose
 * folder is somewhere in between does not notice (recording notify-push). They are looked up once for all that happens
 * meanwhile, and only for accounts of which somebody is connected.
 */
export function createFileNews({ hub, log, withAncestors }: FileNewsDeps): FileNews {
  const waiting = new Map<number, Set<number> | undefined>()
  const busy = new Set<number>()
  const tellAll = async (accountId: number): Promise<void> => {
    while (waiting.has(accountId)) {
      const ids = waiting.get(accountId)
      waiting.delete(accountId)
      hub.tell(accountId, 'file', ids === undefined ? undefined : await withAncestors([...ids]))
    }
    // In the same turn as the last look, so that what comes later begins anew.
    busy.delete(accountId)
  }
  return {
    changed(accountId, nodeIds) {
      if (!hub.has(accountId)) return
      const known = waiting.has(accountId) ? waiting.get(accountId) : new Set<number>()
      const ids = nodeIds === undefined || known === undefined ? undefined : known.union(new Set(nodeIds))
      waiting.set(accountId, ids === undefined || ids.size > MAX_IDS ? undefined : ids)
      if (busy.has(accountId)) return
      busy.add(accountId)
      tellAll(accountId).catch((error: unknown) => {
        busy.delete(accountId)
        log.error({ err: error }, 'Clients could not be told of changed files')
        hub.tell(accountId, 'file')
      })
    },
  }
}
