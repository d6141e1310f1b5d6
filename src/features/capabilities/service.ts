import { LRUCache } from 'lru-cache'
import type { Stamps } from '../../db/database.ts'
import { opensAccount } from '../../http/reach.ts'
import type { Viewer } from '../../http/viewer.ts'
import { REPORTED_VERSION } from '../../lib/version.ts'
import { etagOf, OcsShared } from '../../ocs/route.ts'
import type { Feature } from '../feature.ts'
import { mergeCapabilities } from './merge.ts'

export interface Capabilities {
  /** The document for this viewer. At once when it is remembered and nothing it rests on has changed. */
  document(viewer: Viewer, baseUrl: string): OcsShared | Promise<OcsShared>
}

interface Remembered {
  readonly topics: readonly string[]
  readonly stamps: readonly number[]
  readonly document: OcsShared
}

const MAX_REMEMBERED = 2_000

export function createCapabilities(features: readonly Feature[], stamps: Stamps): Capabilities {
  const remembered = new LRUCache<string, Remembered>({ max: MAX_REMEMBERED })
  const contributors = features.filter((feature) => feature.capabilities !== undefined)

  const isFresh = (entry: Remembered): boolean =>
    entry.topics.every((topic, index) => stamps.of(topic) === entry.stamps[index])

  const topicsFor = (viewer: Viewer): string[] => [
    ...new Set(contributors.flatMap((feature) => feature.capabilityTopics?.(viewer) ?? [])),
  ]

  const build = async (viewer: Viewer, baseUrl: string): Promise<OcsShared> => {
    const blocks = []
    for (const feature of contributors) blocks.push((await feature.capabilities?.(viewer, baseUrl)) ?? {})
    const { major, minor, micro, string } = REPORTED_VERSION
    const document = {
      version: { major, minor, micro, string, edition: '', extendedSupport: false },
      capabilities: mergeCapabilities(blocks),
    }
    return new OcsShared(document, etagOf(document))
  }
  return {
    document(viewer, baseUrl) {
      const key = keyOf(viewer, baseUrl)
      const entry = remembered.get(key)
      if (entry !== undefined && isFresh(entry)) return entry.document
      const topics = topicsFor(viewer)
      // Taken before the document is built: a change meanwhile makes it stale, never the other way round.
      const now = topics.map((topic) => stamps.of(topic))
      return build(viewer, baseUrl).then((document) => {
        // The same content keeps its ETag and its written forms.
        const kept = entry !== undefined && entry.document.etag === document.etag ? entry.document : document
        remembered.set(key, { topics, stamps: now, document: kept })
        return kept
      })
    },
  }
}

function keyOf(viewer: Viewer, baseUrl: string): string {
  if (viewer.kind === 'anonymous') return baseUrl
  return `${viewer.accountId} ${viewer.via}${opensAccount(viewer) ? '' : ' folder'} ${baseUrl}`
}
