import type { Stamps } from '../../db/database.ts'
import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { Feature } from '../feature.ts'
import { type Capabilities, createCapabilities } from './service.ts'

const CapabilityDocument = Type.Object({
  version: Type.Object({
    major: Type.Integer(),
    minor: Type.Integer(),
    micro: Type.Integer(),
    string: Type.String(),
    edition: Type.String(),
    extendedSupport: Type.Boolean(),
  }),
  capabilities: Type.Record(Type.String(), Type.Unknown()),
})

/** Joins what the given features contribute, and its own part: what holds for the server as a whole. */
export function createCapabilitiesFeature(features: readonly Feature[], stamps: Stamps): Feature {
  const capabilities = createCapabilities([serverCapabilities, ...features], stamps)
  return { name: 'capabilities', ocs: [getCapabilities(capabilities)] }
}

const getCapabilities = (capabilities: Capabilities): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/cloud/capabilities',
    summary: 'What this server can do for the one who asks; signed in, more than for anybody',
    auth: 'public',
    reach: 'self',
    reply: CapabilityDocument,
    handler: ({ viewer, request }) => capabilities.document(viewer, request.baseUrl),
  })

/** Seconds between two looks for news by a client that is not told of them. */
const POLL_INTERVAL_SECONDS = 60

const serverCapabilities: Feature = {
  name: 'server',
  capabilities: (viewer) => ({
    // Guesses are refused (429), never answered slowly, so there is no delay to show (recording capabilities).
    bruteforce: { delay: 0, 'allow-listed': false },
    ...(viewer.kind === 'anonymous'
      ? {}
      : { core: { pollinterval: POLL_INTERVAL_SECONDS, 'mod-rewrite-working': true } }),
  }),
}
