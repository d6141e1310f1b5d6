import { LRUCache } from 'lru-cache'
import type { Database } from '../../db/database.ts'
import * as checkStore from './check-store.ts'
import * as store from './store.ts'

/** Where nodes are, for people: `alice:/Photos/sea.jpg`. */
export interface Places {
  of(nodeId: number): Promise<string>
}

export function createPlaces(db: Database, displayNameOf: (accountId: number) => Promise<string>): Places {
  const owners = new LRUCache<number, string>({ max: 1_000 })
  const ownerOf = async (treeId: number): Promise<string> => {
    const known = owners.get(treeId)
    if (known !== undefined) return known
    const accountId = await store.findOwner(db.read, treeId)
    const name = accountId === undefined ? `tree ${treeId}` : await displayNameOf(accountId)
    owners.set(treeId, name)
    return name
  }
  return {
    async of(nodeId) {
      const links = new Map((await checkStore.listChains(db.read, [nodeId])).map((link) => [link.id, link]))
      const path = pathIn(links, nodeId)
      const treeId = links.get(nodeId)?.tree_id
      if (treeId === undefined || path === undefined) return `node ${nodeId}`
      return `${await ownerOf(treeId)}:/${path.join('/')}`
    },
  }
}

/** Names from the root down; undefined when there is no way to it. */
function pathIn(links: ReadonlyMap<number, checkStore.Link>, nodeId: number): string[] | undefined {
  const path: string[] = []
  for (let link = links.get(nodeId); link !== undefined && path.length <= links.size; ) {
    if (link.parent_id === null) return path.toReversed()
    path.push(link.name)
    link = links.get(link.parent_id)
  }
  return undefined
}
